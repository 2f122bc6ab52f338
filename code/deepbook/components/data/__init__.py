r"""The book's generated world and all that stands between pictures and a model: labels, datasets, splits, augmentation.

A map, from left to right as data flow:

    SceneConfig ── make_scenes ──► Scenes ── ask ──► Questions
                                     │
       make_digits ──► Digits ───────┤
                                     ├── split ──► positions of training, validation and test samples
                                     ├── Augmentation ──► Scenes or images, changed, with their labels
                                     └── ClassificationDataset, SegmentationDataset, DetectionDataset, PoseDataset,
                                         QuestionDataset ──► samples, or `.tensors` for `deepbook.training.train`

`MESSY`, `CROWD` and `FACES` are ready-made settings: one object for classification, several for segmentation, detection and
questions, and one with eyes for pose. `dataclasses.replace` changes a field of them. `class_weights`, `oversample` and
`balanced_accuracy` are for rare classes, `nearest` looks for copies across a split.

Examples:
    Scenes with all their labels, and a part of them:

    >>> import torch
    >>> from dataclasses import replace
    >>> generator = torch.Generator().manual_seed(0)
    >>> scenes = make_scenes(100, replace(CROWD, height=48, width=64), generator)
    >>> scenes.images.shape, scenes.semantic.shape, scenes.objects.boxes.shape
    (torch.Size([100, 3, 48, 64]), torch.Size([100, 48, 64]), torch.Size([100, 4, 4]))
    >>> questions = ask(scenes, 2, generator)
    >>> questions.english[1], ANSWERS[questions.answers[1]]
    ('Is there a purple star?', 'no')

    Training and test sets, the training images changed a little:

    >>> train, test = split(100, (0.8, 0.2), generator, labels=scenes.labels)
    >>> seen = Augmentation(flip=0.5, shift=0.1)(scenes[train], generator)
    >>> len(SegmentationDataset(seen)), len(SegmentationDataset(scenes[test]))
    (79, 21)
"""

from deepbook.components.data.augmentation import (
    Augmentation,
    AugmentInTraining,
)
from deepbook.components.data.config import (
    BACKGROUNDS,
    COLORS,
    CROWD,
    FACES,
    KEYPOINTS,
    MESSY,
    SHAPES,
    SKELETON,
    TEXTURES,
    SceneConfig,
)
from deepbook.components.data.datasets import (
    ClassificationDataset,
    DetectionDataset,
    Digits,
    PoseDataset,
    QuestionDataset,
    SegmentationDataset,
    make_digits,
)
from deepbook.components.data.imbalance import (
    balanced_accuracy,
    class_weights,
    oversample,
)
from deepbook.components.data.questions import (
    ANSWERS,
    ANSWERS_KO,
    KINDS,
    Questions,
    ask,
    tokenize,
)
from deepbook.components.data.scenes import (
    Objects,
    Scenes,
    boxes_from_masks,
    make_scenes,
)
from deepbook.components.data.splits import nearest, split

__all__ = [
    "ANSWERS",
    "ANSWERS_KO",
    "BACKGROUNDS",
    "COLORS",
    "CROWD",
    "FACES",
    "KEYPOINTS",
    "KINDS",
    "MESSY",
    "SHAPES",
    "SKELETON",
    "TEXTURES",
    "AugmentInTraining",
    "Augmentation",
    "ClassificationDataset",
    "DetectionDataset",
    "Digits",
    "Objects",
    "PoseDataset",
    "QuestionDataset",
    "Questions",
    "SceneConfig",
    "Scenes",
    "SegmentationDataset",
    "ask",
    "balanced_accuracy",
    "boxes_from_masks",
    "class_weights",
    "make_digits",
    "make_scenes",
    "nearest",
    "oversample",
    "split",
    "tokenize",
]
