r"""WordPiece: a vocabulary that grows by the pairs that make the text likeliest."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import numpy as np

from deepbook.checks import check_number

WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
"""A run of letters and digits, or one sign."""

Pair = tuple[str, str]


def split_words(text: str) -> list[str]:
    r"""Cut a text into words and signs, in lower case, without spaces.

    Args:
        text: Any text.

    Returns:
        The words.

    Raises:
        TypeError: If `text` is no string.

    Examples:
        >>> split_words("It's BERT (2018).")
        ['it', "'", 's', 'bert', '(', '2018', ')', '.']
    """
    if not isinstance(text, str):
        raise TypeError(
            f"text must be a string, got {type(text).__name__}; decode bytes"
            " or join a list first"
        )
    return WORD.findall(text.lower())


def characters(word: str) -> list[str]:
    r"""Cut a word into its characters; "##" marks those that go on with it.

    Args:
        word: At least one character.

    Returns:
        One piece a character.

    Raises:
        ValueError: If the word is empty.

    Examples:
        >>> characters("bert")
        ['b', '##e', '##r', '##t']
    """
    if not word:
        raise ValueError(
            "word must have at least one character, got none; cut the text"
            " with split_words()"
        )
    return [word[0], *(f"##{c}" for c in word[1:])]


def gain(pair: int, left: int, right: int, total: int) -> float:
    r"""Compute how much joining a pair adds to the log-likelihood of a text.

    The text is taken as independent draws of pieces, each as likely as it is
    frequent; its log-likelihood is sum(c log(c / N)) over the counts c of the
    pieces, N together. Joining m pairs takes m from each of two counts and
    from N, and adds a piece that occurs m times.

    Args:
        pair: How often the two stand side by side, m.
        left: How often the left one stands anywhere.
        right: How often the right one does, another piece.
        total: Pieces in all, N.

    Returns:
        Nats, more than 0 where the pair is no accident.

    Raises:
        ValueError: If the pair stands there more often than one of its
            pieces, or the two pieces more often than all together.

    Examples:
        The text "abab": two pieces twice each, 4 log(1/2); joined it is one
        piece twice, which is certain.

        >>> round(gain(2, 2, 2, 4), 4), round(4 * np.log(2), 4)
        (2.7726, np.float64(2.7726))

    References:
        M. Schuster and K. Nakajima, Japanese and Korean Voice Search (2012),
        section 4.
    """
    good = 0 < pair <= min(left, right) and left + right <= total
    wanted = "counts with pair up to left and right, their sum up to total"
    check_number("pair, left, right and total", (pair, left, right, total),
                 good, wanted)  # fmt: skip
    f = _plogp
    joined = f(pair) + f(left - pair) + f(right - pair) - f(total - pair)
    return float(joined - f(left) - f(right) + f(total))


def _plogp(count):
    count = np.asarray(count, dtype=float)
    return count * np.log(np.maximum(count, 1.0))


def learn(words: Counter[str], wanted: int) -> list[Pair]:
    r"""Join the pair that gains most likelihood, again and again.

    Args:
        words: How often each word stands in the texts.
        wanted: Number of joins.

    Returns:
        The pairs, in the order in which they were joined.

    Raises:
        ValueError: If there are not as many pairs, or `wanted` is below 0.

    Examples:
        >>> learn(Counter({"aab": 1, "cb": 1, "xy": 2}), 1)
        [('x', '##y')]
    """
    check_number("wanted", wanted, wanted >= 0, "0 or more")
    table = _Pairs(words)
    merges: list[Pair] = []
    while len(merges) < wanted:
        best = table.best()
        if best is None:
            raise ValueError(
                f"texts must offer {wanted} pairs to join, got"
                f" {len(merges)}; give more text or ask for fewer pieces"
            )
        merges.append(best)
        table.join(best)
    return merges


def joined(pair: Pair) -> str:
    r"""Write a pair as one piece.

    Args:
        pair: Two pieces, the right one with "##".

    Returns:
        The piece.

    Raises:
        ValueError: If the right one does not begin with "##".

    Examples:
        >>> joined(("b", "##e")), joined(("##r", "##t"))
        ('be', '##rt')
    """
    if not pair[1].startswith("##"):
        raise ValueError(
            f'the right piece must begin with "##", got {pair[1]!r}; only'
            " pieces within a word are joined"
        )
    return pair[0] + pair[1][2:]


class _Pairs:
    r"""Counts of pieces and of neighbours, kept up to date."""

    def __init__(self, words: Counter[str]) -> None:
        self.parts = [characters(word) for word in words]
        self.counts = list(words.values())
        self.number: dict[str, int] = {}  # of each piece
        self.pieces = np.zeros(1 << 10, dtype=np.int64)
        self.rows: dict[Pair, int] = {}
        self.names: list[Pair] = []
        self.table = np.zeros((3, 1 << 10), dtype=np.int64)
        self.places: dict[Pair, set[int]] = defaultdict(set)
        for k in range(len(self.parts)):
            self._count(k, 1)
        self.powers = _plogp(np.arange(self.pieces.sum() + 1))

    def _piece(self, piece: str) -> int:
        number = self.number.setdefault(piece, len(self.number))
        if number == len(self.pieces):
            self.pieces = np.concatenate([self.pieces, 0 * self.pieces])
        return number

    def _row(self, pair: Pair) -> int:
        row = self.rows.get(pair)
        if row is None:
            row = self.rows[pair] = len(self.names)
            self.names.append(pair)
            if row == self.table.shape[1]:
                self.table = np.concatenate([self.table, 0 * self.table], 1)
            self.table[1:, row] = [self._piece(part) for part in pair]
        return row

    def _count(self, k: int, sign: int) -> None:
        parts, count = self.parts[k], sign * self.counts[k]
        for part in parts:
            number = self._piece(part)  # may make the array longer
            self.pieces[number] += count
        for pair in zip(parts, parts[1:], strict=False):
            row = self._row(pair)
            self.table[0, row] += count
            self.places[pair].add(k)

    def best(self) -> Pair | None:
        r"""Find the pair that gains most; the first one if several do."""
        pair, left, right = self.table[:, : len(self.names)]
        alive = np.flatnonzero(pair)
        if len(alive) == 0:
            return None
        pair, left, right = pair[alive], left[alive], right[alive]
        same = left == right
        left, right = self.pieces[left], self.pieces[right]
        f, total = self.powers, self.pieces.sum()
        rest = np.maximum(left - pair, 0)
        other = np.where(same, 0, f[np.maximum(right - pair, 0)] - f[right])
        rest = np.where(same, np.maximum(rest - pair, 0), rest)
        gains = f[pair] + f[rest] - f[left] + other - f[total - pair]
        return self.names[alive[int(gains.argmax())]]

    def join(self, pair: Pair) -> None:
        r"""Make one piece of a pair wherever it stands."""
        for k in sorted(self.places.pop(pair)):
            self._count(k, -1)
            old, new, at = self.parts[k], [], 0
            while at < len(old):
                found = tuple(old[at : at + 2]) == pair
                new.append(joined(pair) if found else old[at])
                at += 1 + found
            self.parts[k] = new
            self._count(k, 1)
        self.table[0, self.rows[pair]] = 0
