r"""The tokenizer: a vocabulary that grows from 256 bytes by joining what stands together most often."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from deepbook.milestones.gpt.pairs import (
    Pair,
    bytes_of,
    join,
    learn,
    may_join,
    split_words,
)

FORMAT = "deepbook byte pairs, version 1"


class Tokenizer:
    r"""A text as numbers and back, by byte pairs.

    Tokens 0 to 255 are the bytes, the next ones the merges in the order in
    which they were learned, and the last one marks the end of a text; it is
    never made from a text.

    Args:
        merges: Pairs of tokens; merge k makes token 256 + k.

    Raises:
        ValueError: If a merge names a token that is not there yet, is there
            twice, or may not be.

    Examples:
        >>> tokenizer = Tokenizer.train(["aaab aaab"], size=259)
        >>> tokenizer.encode("aab"), tokenizer.decode([256, 98])
        ([256, 98], 'aab')
        >>> tokenizer.end
        258

    References:
        R. Sennrich et al., Neural Machine Translation of Rare Words with
        Subword Units (2016), algorithm 1; Radford et al. (2019), section 2.2.
    """

    def __init__(self, merges: Iterable[Sequence[int]] = ()) -> None:
        self.pieces = [bytes([value]) for value in range(256)]
        self.ranks: dict[Pair, int] = {}
        for k, pair in enumerate(merges):
            known = len(pair) == 2 and all(
                isinstance(part, int) and 0 <= part < 256 + k for part in pair
            )
            if not known or tuple(pair) in self.ranks:
                raise ValueError(
                    f"merge {k} must be a new pair of tokens below {256 + k},"
                    f" got {pair}; give the merges in the order of training"
                )
            left, right = (self.pieces[part] for part in pair)
            if not may_join(left, right):
                raise ValueError(
                    f"merge {k} must stay within a character or join whole"
                    f" ones, got {left!r} and {right!r}; train it here"
                )
            self.ranks[tuple(pair)] = 256 + k
            self.pieces.append(left + right)
        self._words: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.pieces) + 1

    @property
    def end(self) -> int:
        r"""The token that marks the end of a text."""
        return len(self.pieces)

    @property
    def merges(self) -> list[Pair]:
        r"""The pairs, in the order in which they were learned."""
        return list(self.ranks)

    @classmethod
    def train(cls, texts: Iterable[str], size: int) -> Tokenizer:
        r"""Join the most frequent pair, again and again.

        Of pairs that are equally frequent, the one with the smaller numbers
        goes first.

        Args:
            texts: What to count in.
            size: Tokens of the vocabulary: 256 bytes, the end, and merges.

        Returns:
            The tokenizer, with exactly `size` tokens.

        Raises:
            TypeError: If `texts` is one string.
            ValueError: If `size` is below 257, or the texts do not offer as
                many pairs.

        Examples:
            >>> Tokenizer.train(["low lower"], size=259).pieces[256:]
            [b'lo', b'low']
        """
        if isinstance(texts, str):
            raise TypeError(
                "texts must be several strings, got one; write [text]"
            )
        if not isinstance(size, int) or size < 257:
            raise ValueError(
                "size must be a whole number of 257 or more, 256 bytes and"
                f" the end, got {size}"
            )
        words = Counter(word for text in texts for word in split_words(text))
        return cls(learn(words, size - 257))

    def encode(self, text: str) -> list[int]:
        r"""Turn a text into tokens; every text can be.

        Args:
            text: Any text without lone surrogates.

        Returns:
            Numbers below `end`.

        Raises:
            TypeError: If `text` is no string.
            ValueError: If it holds half of a surrogate pair, which is no
                character.
        """
        tokens: list[int] = []
        for word in split_words(text):
            found = self._words.get(word)
            if found is None:
                found = self._words[word] = self._merge(bytes_of(word))
            tokens += found
        return tokens

    def _merge(self, tokens: list[int]) -> list[int]:
        while len(tokens) > 1:
            first = min(
                zip(tokens, tokens[1:], strict=False),
                key=lambda pair: self.ranks.get(pair, len(self)),
            )
            if first not in self.ranks:
                break
            tokens = join(tokens, first, self.ranks[first])
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        r"""Turn tokens back into a text.

        Args:
            tokens: Numbers of the vocabulary. What a model writes may break
                off within a character; such a piece becomes U+FFFD. The end
                becomes nothing.

        Returns:
            The text.

        Raises:
            ValueError: If a number is not in the vocabulary.
        """
        parts = []
        for token in tokens:
            token = int(token)
            if not 0 <= token <= self.end:
                raise ValueError(
                    f"tokens must be 0 to {self.end}, got {token}; were they"
                    " made with another vocabulary?"
                )
            parts.append(self.pieces[token] if token < self.end else b"")
        return b"".join(parts).decode("utf-8", errors="replace")

    def save(self, path: str | PathLike) -> None:
        r"""Write the merges as JSON.

        Args:
            path: File to write.
        """
        content = {"format": FORMAT, "merges": self.merges}
        Path(path).write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def load(cls, path: str | PathLike) -> Tokenizer:
        r"""Read what `save` wrote.

        Args:
            path: File to read.

        Returns:
            The same tokenizer.

        Raises:
            ValueError: If the file holds something else.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except ValueError:
            content = None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(
                f"{Path(path).name} must hold a tokenizer of this book"
                " (JSON), got something else; write it with save()"
            )
        return cls(content["merges"])
