r"""From texts to batches of token numbers and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from deepbook.milestones.seq2seq.language import Pair
from deepbook.tokens import check_tokens

PAD, BOS, EOS, UNKNOWN = range(4)
"""Numbers of the tokens for padding, beginning, end, and what is unknown."""
SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
PIECE = re.compile(r" ?(?:[A-Za-z]+|[가-힣]|\d|[^\w\s])")


def tokenize(text: str) -> list[str]:
    r"""Cut a text into English words, Hangul syllables, digits and marks.

    A space belongs to the token that it stands before, so that joining the
    tokens gives the text back.

    Args:
        text: Any text whose words have single spaces between them.

    Returns:
        The tokens.

    Raises:
        ValueError: If a part of the text is no such token.

    Examples:
        >>> tokenize("3만 원"), tokenize("30,000 won")
        (['3', '만', ' 원'], ['3', '0', ',', '0', '0', '0', ' won'])
    """
    pieces = PIECE.findall(text)
    if "".join(pieces) != text:
        raise ValueError(
            "text must be made of English words, Hangul, digits and marks "
            f"with single spaces, got {text!r}"
        )
    return pieces


class Vocabulary:
    r"""Tokens and their numbers; the first four are `SPECIAL`.

    Args:
        tokens: The tokens that are known besides.

    Raises:
        ValueError: If a token comes twice.

    Examples:
        >>> words = Vocabulary.of(["a red hat", "a hat"])
        >>> words.encode("a red hat")
        [6, 5, 4, 2]
        >>> words.decode([6, 4, 2, 0, 0])
        'a hat'
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = (*SPECIAL, *tokens)
        self.number = {token: n for n, token in enumerate(self.tokens)}
        if len(self.number) != len(self.tokens):
            raise ValueError(
                "tokens must differ, got one of them twice; use Vocabulary.of"
            )

    @classmethod
    def of(cls, texts: Iterable[str]) -> Vocabulary:
        r"""Collect the tokens of texts, in alphabetical order."""
        return cls(sorted({t for text in texts for t in tokenize(text)}))

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        r"""Numbers of the tokens of a text, and `EOS` at the end."""
        known = [self.number.get(t, UNKNOWN) for t in tokenize(text)]
        return [*known, EOS]

    def decode(self, numbers: Sequence[int] | Tensor) -> str:
        r"""The text of token numbers up to the first `EOS`."""
        return "".join(self.pieces(numbers))

    def pieces(self, numbers: Sequence[int] | Tensor) -> list[str]:
        r"""The tokens of token numbers up to the first `EOS`.

        Raises:
            ValueError: If a number before it belongs to no token.
        """
        found = []
        for number in map(int, numbers):
            if number == EOS:
                break
            if not 0 <= number < len(self):
                raise ValueError(
                    f"numbers must be 0 to {len(self) - 1}, got {number}; "
                    "decode with the vocabulary of the target"
                )
            if number not in (PAD, BOS):
                found.append(self.tokens[number])
        return found


def pad(sequences: Sequence[Sequence[int]]) -> Tensor:
    r"""Put sequences of numbers below one another, filled up with `PAD`.

    Args:
        sequences: One or more.

    Returns:
        `(B, T)` int64, T being the length of the longest.

    Raises:
        ValueError: If there are none, or one is empty.

    Examples:
        >>> pad([[7, 8, 2], [9, 2]])
        tensor([[7, 8, 2],
                [9, 2, 0]])
    """
    if not sequences or not all(map(len, sequences)):
        raise ValueError(
            "sequences must be one or more, none of them empty, got "
            f"{len(sequences)}; leave empty ones out"
        )
    longest = max(map(len, sequences))
    return torch.tensor([[*s, *[PAD] * (longest - len(s))] for s in sequences])


def encode_pairs(
    pairs: Sequence[Pair],
    korean: Vocabulary,
    english: Vocabulary,
    *,
    to_korean: bool = False,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    r"""Turn pairs into a source and a target.

    Args:
        pairs: One or more.
        korean: Vocabulary of the Korean texts.
        english: Vocabulary of the English texts.
        to_korean: Whether Korean is the target; else it is the source.
        reverse: Whether the tokens of the source stand in reverse, the last
            first; `EOS` stays at the end.

    Returns:
        Source `(B, S)` and target `(B, T)`, int64, padded. Sources end in
        `EOS`; targets begin with `BOS` as well: a model reads
        `target[:, :-1]` and is to say `target[:, 1:]`.

    Examples:
        >>> pair = Pair("3월", "March", "date")
        >>> k, e = Vocabulary.of(["3월"]), Vocabulary.of(["March"])
        >>> source, target = encode_pairs([pair], k, e)
        >>> source.tolist(), target.tolist()
        ([[4, 5, 2]], [[1, 4, 2]])
    """
    from_, to = (english, korean) if to_korean else (korean, english)
    sources, targets = [], []
    for pair in pairs:
        texts = pair.korean, pair.english
        source, target = texts[::-1] if to_korean else texts
        numbers = from_.encode(source)
        if reverse:
            numbers = [*numbers[-2::-1], EOS]
        sources.append(numbers)
        targets.append([BOS, *to.encode(target)])
    return pad(sources), pad(targets)


def trim(numbers: Tensor) -> Tensor:
    r"""Cut the columns at the end of a batch that hold padding alone.

    Args:
        numbers: `(B, T)` int64.

    Returns:
        `(B, T')` with T' at most T.

    Raises:
        TypeError: If `numbers` is no tensor of integers.
        ValueError: If its shape is not `(B, T)`.

    Examples:
        >>> trim(torch.tensor([[5, 2, 0, 0], [5, 6, 2, 0]])).shape
        torch.Size([2, 3])
    """
    check_tokens("numbers", numbers)
    return numbers[:, : int((numbers != PAD).sum(1).max())]
