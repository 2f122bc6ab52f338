r"""From text to pieces, the longest first, and to the input of BERT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor

from deepbook.components.model.checks import check_whole
from deepbook.milestones.bert.pieces import (
    characters,
    joined,
    learn,
    split_words,
)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""Pieces that are never made from a text, with the numbers 0 to 4."""
PAD, UNK, CLS, SEP, MASK = range(5)


class WordPiece:
    r"""A text as numbers of pieces, and back to words.

    A word is cut from the left into the longest pieces that the vocabulary
    knows; a word with a rest that it does not know is [UNK] as a whole.

    Args:
        pieces: The vocabulary, `SPECIAL` first; "##" begins a piece that goes
            on with a word.

    Raises:
        ValueError: If it does not begin with `SPECIAL`, or has a piece twice.

    Examples:
        >>> tokenizer = WordPiece([*SPECIAL, "un", "##aff", "##able", "##a"])
        >>> tokenizer.pieces_of("unaffable"), tokenizer.pieces_of("unfit")
        (['un', '##aff', '##able'], ['[UNK]'])

    References:
        Devlin et al., BERT (2018), section 3; its published code,
        tokenization.py.
    """

    def __init__(self, pieces: Iterable[str]) -> None:
        self.pieces = list(pieces)
        self.numbers = {piece: k for k, piece in enumerate(self.pieces)}
        if tuple(self.pieces[:5]) != SPECIAL:
            raise ValueError(
                f"pieces must begin with {', '.join(SPECIAL)}, got"
                f" {self.pieces[:5]}; put them in front"
            )
        if len(self.numbers) < len(self.pieces):
            raise ValueError(
                "pieces must differ, got"
                f" {Counter(self.pieces).most_common(1)[0][0]!r} twice"
            )
        self._words: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self.pieces)

    @classmethod
    def train(
        cls, texts: Iterable[str], size: int, least: int = 2
    ) -> WordPiece:
        r"""Begin with characters and join what gains most likelihood.

        Args:
            texts: What to count in.
            size: Pieces of the vocabulary, special ones and characters
                included.
            least: Characters that stand there less often are left out.

        Returns:
            The tokenizer, with exactly `size` pieces.

        Raises:
            TypeError: If `texts` is one string.
            ValueError: If `size` does not hold the characters, or the texts
                do not offer as many pieces.

        Examples:
            >>> WordPiece.train(["low low lower"], 12, least=1).pieces[5:]
            ['##e', '##o', '##r', '##w', 'l', 'lo', 'low']
        """
        if isinstance(texts, str):
            raise TypeError(
                "texts must be several strings, got one; write [text]"
            )
        check_whole(size=size, least=least)
        words = Counter(word for text in texts for word in split_words(text))
        found: Counter[str] = Counter()
        for word, count in words.items():
            for piece in characters(word):
                found[piece] += count
        alphabet = sorted(p for p, count in found.items() if count >= least)
        wanted = size - len(SPECIAL) - len(alphabet)
        if wanted < 0:
            raise ValueError(
                f"size must hold {len(SPECIAL)} special pieces and"
                f" {len(alphabet)} characters, got {size}; raise it, or least"
            )
        known = set(alphabet)
        kept = {
            w: n for w, n in words.items() if known.issuperset(characters(w))
        }
        merges = map(joined, learn(Counter(kept), wanted))
        return cls([*SPECIAL, *alphabet, *merges])

    def pieces_of(self, word: str) -> list[str]:
        r"""Cut one word, the longest known piece first.

        Args:
            word: Without spaces.

        Returns:
            Pieces, or [UNK] alone.
        """
        found: list[str] = []
        start = 0
        while start < len(word):
            front = "##" if start else ""
            for end in range(len(word), start, -1):
                if front + word[start:end] in self.numbers:
                    break
            else:
                return [SPECIAL[UNK]]
            found.append(front + word[start:end])
            start = end
        return found

    def tokenize(self, text: str) -> list[str]:
        r"""Cut a text into pieces.

        Args:
            text: Any text.

        Returns:
            The pieces.

        Raises:
            TypeError: If `text` is no string.
        """
        pieces: list[str] = []
        for word in split_words(text):
            if word not in self._words:
                self._words[word] = self.pieces_of(word)
            pieces += self._words[word]
        return pieces

    def encode(self, text: str) -> list[int]:
        r"""Turn a text into numbers of pieces.

        Args:
            text: Any text.

        Returns:
            Numbers from 1 on.

        Raises:
            TypeError: If `text` is no string.
        """
        return [self.numbers[piece] for piece in self.tokenize(text)]

    def decode(self, tokens: Iterable[int]) -> str:
        r"""Turn numbers into words with a space between them.

        Args:
            tokens: Numbers of the vocabulary; padding becomes nothing.

        Returns:
            The words; where spaces stood beside signs is not known any more.

        Raises:
            ValueError: If a number is not in the vocabulary.

        Examples:
            >>> WordPiece([*SPECIAL, "un", "##fit", "!"]).decode([5, 6, 7, 0])
            'unfit !'
        """
        text = ""
        for token in map(int, tokens):
            if not 0 <= token < len(self):
                raise ValueError(
                    f"tokens must be 0 to {len(self) - 1}, got {token}; were"
                    " they made with another vocabulary?"
                )
            if token != PAD:
                piece = self.pieces[token]
                text += piece[2:] if piece.startswith("##") else f" {piece}"
        return text.strip()

    @classmethod
    def load(cls, path: str | PathLike) -> WordPiece:
        r"""Read a `vocab.txt` as it is published: one piece a line.

        Args:
            path: File on this machine.

        Returns:
            The tokenizer, with the special pieces moved to the front only if
            they stand there; other files are refused.

        Raises:
            ValueError: If the file does not begin with `SPECIAL`.
        """
        return cls(Path(path).read_text(encoding="utf-8").splitlines())


def pack(
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]], length: int
) -> tuple[Tensor, Tensor]:
    r"""Lay out pairs as BERT reads them: [CLS] first [SEP] second [SEP].

    Args:
        pairs: Two texts as numbers each; an empty second one is left out,
            with its [SEP].
        length: Tokens of a row T; the longer text of a pair loses its last
            tokens until both fit.

    Returns:
        Tokens and segments `(B, T)`; segments are 0 in the first text and its
        signs, 1 in the second, and padding is 0 in both.

    Raises:
        ValueError: If there are no pairs, or the length holds no text.

    Examples:
        >>> pack([([7, 8], [9]), ([7], [])], 6)
        (tensor([[2, 7, 8, 3, 9, 3],
                [2, 7, 3, 0, 0, 0]]), tensor([[0, 0, 0, 0, 1, 1],
                [0, 0, 0, 0, 0, 0]]))
    """
    if not pairs or length < 5:
        raise ValueError(
            "pairs must be 1 or more and length 5 or more, got"
            f" {len(pairs)} and {length}; three tokens are signs"
        )
    tokens, segments = [], []
    for first, second in pairs:
        first, second = list(first), list(second)
        room = length - (3 if second else 2)
        while len(first) + len(second) > room:
            (first if len(first) > len(second) else second).pop()
        front = [CLS, *first, SEP]
        back = [*second, SEP] if second else []
        rest = length - len(front) - len(back)
        tokens.append(front + back + [PAD] * rest)
        segments.append([0] * len(front) + [1] * len(back) + [0] * rest)
    return torch.tensor(tokens), torch.tensor(segments)
