r"""Questions about scenes, in Korean and in English, whose answers follow from what was drawn and cannot be guessed blindly.

A question is a small program, such as "the colour of the one star". Program, text in two languages and answer are made from the
same row of a table, so that both languages mean the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product

import torch
from torch import Tensor

from deepbook.components.data.config import (
    COLORS,
    SHAPES,
    TEXTURES,
    SceneConfig,
)
from deepbook.components.data.scenes import Scenes

KINDS = (
    "color", "shape", "texture", "count", "exists", "left", "above", "larger",
)  # fmt: skip
"""Kinds of questions: what color, what shape, what texture, how many, is there one, and three comparisons."""
NUMBERS = tuple(str(n) for n in range(9))
ANSWERS = ("no", "yes", *COLORS, *SHAPES, *TEXTURES, *NUMBERS)
"""The closed vocabulary of answers; an answer is a position in it."""
_KOREAN = {
    "no": "아니요", "yes": "예",
    "red": "빨간색", "orange": "주황색", "yellow": "노란색", "green": "초록색", "blue": "파란색", "purple": "보라색",
    "circle": "원", "square": "정사각형", "triangle": "삼각형", "star": "별",
    "plain": "민무늬", "stripes": "줄무늬", "dots": "물방울무늬",
}  # fmt: skip
ANSWERS_KO = tuple(_KOREAN.get(word, word) for word in ANSWERS)
"""The same answers in Korean, position by position."""

_ENGLISH_TEXT = {
    "color": "What color is the {0}?",
    "shape": "What shape is the {0} object?",
    "texture": "What pattern does the {0} have?",
    "count": "How many {0}s are there?",
    "exists": "Is there a {0}?",
    "left": "Is the {0} to the left of the {1}?",
    "above": "Is the {0} above the {1}?",
    "larger": "Is the {0} larger than the {1}?",
}
_KOREAN_TEXT = {
    "color": "{0}은 무슨 색인가요?",
    "shape": "{0} 도형은 무슨 모양인가요?",
    "texture": "{0}은 무슨 무늬인가요?",
    "count": "{0}은 몇 개인가요?",
    "exists": "{0}이 있나요?",
    "left": "{0}이 {1}보다 왼쪽에 있나요?",
    "above": "{0}이 {1}보다 위에 있나요?",
    "larger": "{0}이 {1}보다 큰가요?",
}


@dataclass(frozen=True)
class Questions:
    r"""Q questions about N scenes.

    Args:
        scenes: `(Q,)` int64, the scene that each question is about.
        kinds: `(Q,)` int64, position in `KINDS`.
        answers: `(Q,)` int64, position in `ANSWERS` (and in `ANSWERS_KO`).
        korean: Q texts.
        english: The same Q questions.

    Examples:
        >>> from deepbook.components.data import CROWD, make_scenes
        >>> seed = torch.Generator().manual_seed(1)
        >>> questions = ask(make_scenes(2, CROWD, seed), 2, seed)
        >>> for text, answer in zip(questions.english, questions.answers):
        ...     print(text, ANSWERS[answer])
        What shape is the blue object? star
        Is there a purple circle? no
        What shape is the yellow object? square
        Is the star larger than the square? yes
    """

    scenes: Tensor
    kinds: Tensor
    answers: Tensor
    korean: list[str]
    english: list[str]

    def __len__(self) -> int:
        return len(self.answers)

    def __getitem__(self, index: slice | Tensor) -> Questions:
        chosen = torch.arange(len(self))[index].tolist()
        return Questions(
            self.scenes[index],
            self.kinds[index],
            self.answers[index],
            [self.korean[i] for i in chosen],
            [self.english[i] for i in chosen],
        )


def ask(
    scenes: Scenes,
    per_scene: int,
    generator: torch.Generator,
    *,
    balanced: bool = True,
) -> Questions:
    r"""Ask about scenes.

    Args:
        scenes: What the questions are about. Colours are asked for where `SceneConfig.colors` names them, numbers and
            comparisons where a scene may hold several objects.
        per_scene: Questions of different kinds for each scene, 1 or more; fewer where a scene allows fewer.
        generator: Source of randomness.
        balanced: Whether, over all scenes, the answers to one and the same question come equally often as far as the scenes
            allow; else a question that a scene allows is as likely as any other.

    Returns:
        `Questions`, in the order of the scenes.

    Raises:
        ValueError: If per_scene is not from 1 to the number of `KINDS`.

    Examples:
        >>> from deepbook.components.data import SceneConfig, make_scenes
        >>> seed = torch.Generator().manual_seed(0)
        >>> ask(make_scenes(1, SceneConfig(shapes=("star",)), seed), 1, seed).english
        ['Is there a star?']
    """
    if not 1 <= per_scene <= len(KINDS):
        raise ValueError(
            f"per_scene must be 1 to {len(KINDS)}, the number of kinds, got {per_scene}; ask again for more"
        )
    programs = _programs(scenes)
    possible = torch.stack(
        [(answers >= 0).any(1) for answers in programs.values()], 1
    )  # (N, kinds)
    order = torch.rand(possible.shape, generator=generator) * possible
    picked = order.topk(min(per_scene, possible.shape[1]), dim=1)
    chosen = torch.zeros_like(possible).scatter(
        1, picked.indices, picked.values > 0
    )
    rows = []
    for k, (kind, answers) in enumerate(programs.items()):
        which = chosen[:, k].nonzero()[:, 0]
        argument = _choose(answers[which], balanced, generator)
        answer = answers[which].gather(1, argument[:, None])[:, 0]
        number = torch.full_like(which, KINDS.index(kind))
        rows.append(torch.stack([which, number, answer, argument], 1))
    table = torch.cat(rows)
    table = table[table[:, 0].argsort(stable=True)]
    korean = _texts(scenes.config, _KOREAN_TEXT, _KOREAN)
    english = _texts(scenes.config, _ENGLISH_TEXT, {})
    pairs = [(KINDS[k], a) for _, k, _, a in table.tolist()]
    return Questions(
        *table[:, :3].unbind(1),
        [korean[kind][a] for kind, a in pairs],
        [english[kind][a] for kind, a in pairs],
    )


def tokenize(
    texts: list[str], words: tuple[str, ...] | None = None
) -> tuple[Tensor, tuple[str, ...]]:
    r"""Turn texts into numbers, one a word.

    Args:
        texts: Q texts; words are what stands between spaces, without the question mark and in small letters.
        words: The vocabulary; None collects it from the texts. Position 0 fills up short texts, 1 is any unknown word.

    Returns:
        Positions `(Q, T)` int64, where T is the length of the longest text, and the vocabulary.

    Raises:
        ValueError: If there are no texts.

    Examples:
        >>> tokenize(["Is there a star?", "Is there?"])
        (tensor([[3, 5, 2, 4],
                [3, 5, 0, 0]]), ('', '?', 'a', 'is', 'star', 'there'))
    """
    if not texts:
        raise ValueError("texts must hold at least one text, got none")
    parts = [text.lower().rstrip("?").split() for text in texts]
    if words is None:
        words = ("", "?", *sorted({word for part in parts for word in part}))
    place = {word: i for i, word in enumerate(words)}
    tokens = torch.zeros(len(parts), max(map(len, parts)), dtype=torch.int64)
    for row, part in zip(tokens, parts, strict=True):
        row[: len(part)] = torch.tensor([place.get(w, 1) for w in part])
    return tokens, words


def _programs(scenes: Scenes) -> dict[str, Tensor]:
    # For each kind the answer (N, A) to each of its A questions, -1 where the scene does not allow the question.
    config, objects = scenes.config, scenes.objects
    seen = objects.present & (objects.boxes[..., 2] > 0)
    label = torch.where(seen, objects.labels, -1)
    is_shape = label[:, None] == torch.arange(len(config.shapes))[:, None]
    one_shape = is_shape.sum(2) == 1  # (N, S)
    which = is_shape.int().argmax(2)  # (N, S), the object, where it is one
    shape_answer = _positions(config.shapes)[objects.labels]
    found = {}
    if config.colors:
        color = torch.where(seen, objects.colors, -1)
        is_color = color[:, None] == torch.arange(len(config.colors))[:, None]
        color_answer = _positions(config.colors)[objects.colors]
        of_shape = color_answer.gather(1, which)
        found["color"] = torch.where(one_shape, of_shape, -1)
        of_color = shape_answer.gather(1, is_color.int().argmax(2))
        found["shape"] = torch.where(is_color.sum(2) == 1, of_color, -1)
        both = is_color[:, :, None] & is_shape[:, None]  # (N, C, S, M)
        found["exists"] = both.any(3).flatten(1).long()
    else:
        found["exists"] = is_shape.any(2).long()
    if len(config.texture) > 1:
        texture = _positions(config.texture)[objects.factors["texture"]]
        found["texture"] = torch.where(one_shape, texture.gather(1, which), -1)
    if config.objects[1] > 1:
        found["count"] = is_shape.sum(2) + ANSWERS.index("0")
    if config.objects[1] > 1 and len(config.shapes) > 1:
        first, second = _pairs(config)
        allowed = one_shape[:, first] & one_shape[:, second]

        def compare(name: str, least: Tensor | float) -> Tensor:
            value = objects.factors[name].gather(1, which)
            gap = value[:, second] - value[:, first]
            return torch.where(allowed & (gap.abs() > least), gap > 0, -1)

        side = min(config.height, config.width)
        found["left"] = compare("x", 0.1 * side)  # by a tenth of the image
        found["above"] = compare("y", 0.1 * side)
        spread = (config.scale[1] - config.scale[0]) * side
        larger = compare("radius", 0.2 * spread)
        found["larger"] = torch.where(larger >= 0, 1 - larger, -1)
    return {kind: found[kind] for kind in KINDS if kind in found}


def _choose(
    answers: Tensor, balanced: bool, generator: torch.Generator
) -> Tensor:
    # One question a scene. Where balanced, the questions are weighted until the answers to each come equally often.
    weight = (answers >= 0).float()  # (N, A)
    kinds = answers.unique().tolist() if balanced else []
    hits = [(answers == a).float() for a in kinds if a >= 0]
    for _ in range(10):
        share = weight / weight.sum(1, keepdim=True).clamp(min=1e-9)
        for hit in hits:
            mass = (share * hit).sum(0)  # (A,)
            weight = weight * (1 - hit) + weight * hit / mass.clamp(min=1e-3)
    reach = weight.cumsum(1)
    point = torch.rand(len(weight), 1, generator=generator) * reach[:, -1:]
    return (reach <= point).sum(1).clamp(max=weight.shape[1] - 1)


def _texts(
    config: SceneConfig, templates: dict[str, str], names: dict[str, str]
) -> dict[str, list[str]]:
    shapes = [names.get(s, s) for s in config.shapes]
    colors = [names.get(c, c) for c in config.colors]
    things = [f"{c} {s}" for c, s in product(colors, shapes)] or shapes
    single = {"shape": colors, "exists": things}
    texts = {
        kind: [
            templates[kind].format(word) for word in single.get(kind, shapes)
        ]
        for kind in KINDS[:5]
    }
    pairs = list(permutations(shapes, 2))
    for kind in KINDS[5:]:
        texts[kind] = [templates[kind].format(*pair) for pair in pairs]
    texts["exists"] = [t.replace(" a o", " an o") for t in texts["exists"]]
    return texts


def _pairs(config: SceneConfig) -> tuple[Tensor, Tensor]:
    pairs = list(permutations(range(len(config.shapes)), 2))
    return torch.tensor(pairs).unbind(1)


def _positions(names: tuple[str, ...]) -> Tensor:
    return torch.tensor([ANSWERS.index(name) for name in names])
