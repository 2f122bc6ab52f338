r"""One `torch.utils.data.Dataset` for each task, and scikit-learn's digits behind the same interface.

A dataset has a length and gives its i-th sample as an input and a target. `tensors` gives all inputs and the targets at once, in
the form that `deepbook.training.train` takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from deepbook.components.data.questions import Questions, tokenize
from deepbook.components.data.scenes import Scenes, boxes_from_masks


@dataclass(frozen=True)
class Digits:
    r"""Handwritten digits, with the labels that they allow.

    Args:
        images: `(N, 1, H, W)` float32 in [0, 1]; ink is 1.
        labels: `(N,)` int64, the digit.
        masks: `(N, H, W)` bool, where there is more ink than paper.
        boxes: `(N, 4)` float32, tight around the mask: left, top, right, bottom edge in pixels.
    """

    images: Tensor
    labels: Tensor
    masks: Tensor
    boxes: Tensor

    @property
    def semantic(self) -> Tensor:
        r"""Class of each pixel, `(N, H, W)` int64: 0 is paper, 1 + label is ink."""
        return self.masks * (1 + self.labels[:, None, None])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor) -> Digits:
        return Digits(
            self.images[index],
            self.labels[index],
            self.masks[index],
            self.boxes[index],
        )


def make_digits(size: int = 8) -> Digits:
    r"""Read the 1,797 digits that come with scikit-learn, in the order in which they were collected.

    Args:
        size: Height and width in pixels, 8 or more; above 8 the images are enlarged bilinearly.

    Returns:
        `Digits`.

    Raises:
        ValueError: If size is below 8.

    Examples:
        >>> digits = make_digits()
        >>> tuple(digits.images.shape), digits.labels[:5].tolist()
        ((1797, 1, 8, 8), [0, 1, 2, 3, 4])
    """
    if size < 8:
        raise ValueError(
            f"size must be 8 pixels or more, got {size}; the images hold no more than 8 x 8"
        )
    bunch = load_digits()
    images = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
    if size > 8:
        images = F.interpolate(
            images, (size, size), mode="bilinear", align_corners=False
        )
    masks = images[:, 0] >= 0.5
    labels = torch.tensor(bunch.target, dtype=torch.int64)
    return Digits(images, labels, masks, boxes_from_masks(masks))


class ClassificationDataset(Dataset):
    r"""An image and its class.

    Args:
        scenes: `Scenes` or `Digits`.

    Raises:
        TypeError: If `scenes` is something else.

    Examples:
        >>> dataset = ClassificationDataset(make_digits())
        >>> image, label = dataset[3]
        >>> len(dataset), tuple(image.shape), label.item()
        (1797, (1, 8, 8), 3)
    """

    def __init__(self, scenes: Scenes | Digits) -> None:
        _check_scenes(scenes, Scenes | Digits)
        self.tensors = scenes.images, scenes.labels

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        images, labels = self.tensors
        return images[index], labels[index]


class SegmentationDataset(Dataset):
    r"""An image and the class of each of its pixels: 0 is ground, 1 + label is an object.

    Args:
        scenes: `Scenes` or `Digits`.

    Raises:
        TypeError: If `scenes` is something else.

    Examples:
        >>> image, classes = SegmentationDataset(make_digits())[3]
        >>> classes.shape, classes.unique()
        (torch.Size([8, 8]), tensor([0, 4]))
    """

    def __init__(self, scenes: Scenes | Digits) -> None:
        _check_scenes(scenes, Scenes | Digits)
        self.tensors = scenes.images, scenes.semantic

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        images, classes = self.tensors
        return images[index], classes[index]


class DetectionDataset(Dataset):
    r"""An image and the box and class of every object that can be seen in it.

    The number of objects differs from image to image, so a loader needs `collate_fn=DetectionDataset.collate`. In `tensors` the
    boxes `(N, M, 4)` and labels `(N, M)` are filled up to M objects, with label -1.

    Args:
        scenes: `Scenes`.

    Raises:
        TypeError: If `scenes` is something else.

    Examples:
        >>> from deepbook.components.data import CROWD, make_scenes
        >>> dataset = DetectionDataset(make_scenes(4, CROWD, torch.Generator().manual_seed(0)))
        >>> image, objects = dataset[0]
        >>> objects["boxes"].shape, objects["labels"]
        (torch.Size([2, 4]), tensor([1, 3]))
        >>> images, targets = DetectionDataset.collate([dataset[0], dataset[2]])
        >>> images.shape, [len(t["labels"]) for t in targets]
        (torch.Size([2, 3, 32, 32]), [2, 2])
    """

    def __init__(self, scenes: Scenes) -> None:
        _check_scenes(scenes, Scenes)
        objects = scenes.objects
        seen = objects.present & (objects.boxes[..., 2] > 0)
        labels = torch.where(seen, objects.labels, -1)
        self.tensors = scenes.images, objects.boxes, labels

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Tensor]]:
        images, boxes, labels = self.tensors
        there = labels[index] >= 0
        target = {
            "boxes": boxes[index][there],
            "labels": labels[index][there],
        }
        return images[index], target

    @staticmethod
    def collate(
        samples: list[tuple[Tensor, dict[str, Tensor]]],
    ) -> tuple[Tensor, list[dict[str, Tensor]]]:
        r"""Stack the images `(B, 3, H, W)` and leave the targets a list."""
        images, targets = zip(*samples, strict=True)
        return torch.stack(images), list(targets)


class PoseDataset(Dataset):
    r"""An image and the keypoints of its object in front, `(K, 3)`: x, y in pixels, and 1 where it can be seen, else 0.

    Args:
        scenes: `Scenes`.

    Raises:
        TypeError: If `scenes` is something else.

    Examples:
        >>> from deepbook.components.data import FACES, make_scenes
        >>> image, keypoints = PoseDataset(make_scenes(4, FACES, torch.Generator().manual_seed(0)))[0]
        >>> keypoints.shape
        torch.Size([7, 3])
    """

    def __init__(self, scenes: Scenes) -> None:
        _check_scenes(scenes, Scenes)
        visible = scenes.visible[..., None].float()
        self.tensors = scenes.images, torch.cat([scenes.keypoints, visible], 2)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        images, keypoints = self.tensors
        return images[index], keypoints[index]


class QuestionDataset(Dataset):
    r"""An image with a question about it as the input, and the answer, a position in `ANSWERS`.

    Args:
        scenes: `Scenes`.
        questions: What `ask` asked about them.
        language: "ko" or "en".
        words: Vocabulary of the questions; None collects it. Give that of the training data to validation and test data.

    Raises:
        TypeError: If `scenes` is something else.
        ValueError: If the language is another one.

    Examples:
        >>> from deepbook.components.data import CROWD, ask, make_scenes
        >>> seed = torch.Generator().manual_seed(0)
        >>> scenes = make_scenes(4, CROWD, seed)
        >>> dataset = QuestionDataset(scenes, ask(scenes, 2, seed), "en")
        >>> (image, tokens), answer = dataset[0]
        >>> " ".join(dataset.words[t] for t in tokens).strip()
        'what color is the square'
    """

    def __init__(
        self,
        scenes: Scenes,
        questions: Questions,
        language: str,
        words: tuple[str, ...] | None = None,
    ) -> None:
        _check_scenes(scenes, Scenes)
        if language not in ("ko", "en"):
            raise ValueError(
                f"language must be 'ko' or 'en', got {language!r}; the questions are in these two"
            )
        texts = questions.korean if language == "ko" else questions.english
        tokens, self.words = tokenize(texts, words)
        self.images, self.scenes = scenes.images, questions.scenes
        self.tokens, self.answers = tokens, questions.answers

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        r"""Images `(Q, 3, H, W)`, tokens `(Q, T)` and answers `(Q,)`."""
        return self.images[self.scenes], self.tokens, self.answers

    def __len__(self) -> int:
        return len(self.answers)

    def __getitem__(self, index: int) -> tuple[tuple[Tensor, Tensor], Tensor]:
        image = self.images[self.scenes[index]]
        return (image, self.tokens[index]), self.answers[index]


def _check_scenes(scenes: Scenes | Digits, wanted: type) -> None:
    if not isinstance(scenes, wanted):
        names = "Scenes or Digits" if wanted == Scenes | Digits else "Scenes"
        raise TypeError(
            f"scenes must be {names}, got {type(scenes).__name__}; make_scenes makes them"
        )
