r"""Pairs of bytes: which neighbors may become one token, and which are joined first."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from heapq import heapify, heappop, heappush

WORD = re.compile(
    r"'(?:s|t|re|ve|m|ll|d)"  # endings of English
    r"| ?[^\W\d_]+"  # letters, with the space before them
    r"| ?\d+"
    r"| ?(?:[^\s\w]|_)+"  # signs
    r"|\s+(?!\S)"  # spaces, but for the one that a word takes
    r"|\s+"
)
"""GPT-2's way to cut a text into words, in the terms of Python's `re`, which
does not know `\\p{L}`."""

Pair = tuple[int, int]


def split_words(text: str) -> list[str]:
    r"""Cut a text into words, numbers, signs and spaces; nothing is lost.

    Merges do not cross these cuts, so that "dog", "dog." and "dog!" share a
    token. A word keeps the space before it.

    Args:
        text: Any text.

    Returns:
        The pieces; joined, they are the text.

    Raises:
        TypeError: If `text` is no string.

    Examples:
        >>> split_words("It's 2020, a dog.")
        ['It', "'s", ' 2020', ',', ' a', ' dog', '.']

    References:
        Radford et al., Language Models are Unsupervised Multitask Learners
        (2019), section 2.2; its published code, encoder.py.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"text must be a string, got {type(text).__name__}; decode bytes"
            " or join a list first"
        )
    return WORD.findall(text)


def may_join(left: bytes, right: bytes) -> bool:
    r"""Tell whether two neighbors may become one token.

    In UTF-8 the first byte of a character never looks like 10xxxxxx and all
    others do: a right piece that begins so is the rest of the character that
    the left one began. Otherwise a new character begins, and both pieces have
    to be whole. So no token holds a part of one syllable and a part, or all,
    of the next.

    Args:
        left: Bytes of a token.
        right: Bytes of the token after it, in a text that is valid UTF-8.

    Returns:
        True inside one character and between whole characters.

    Raises:
        TypeError: If a piece is not bytes.
        ValueError: If one is empty.

    Examples:
        >>> one, other = "\ud55c\uae00".encode()[:3], "\uae00".encode()
        >>> may_join(one[:1], one[1:]), may_join(one, other)
        (True, True)
        >>> may_join(one[1:], other), may_join(one, other[:1])
        (False, False)
    """
    _check_piece(left=left, right=right)
    if right[0] & 0b1100_0000 == 0b1000_0000:
        return True
    return _is_whole(left) and _is_whole(right)


def _check_piece(**pieces: bytes) -> None:
    for name, piece in pieces.items():
        if not isinstance(piece, bytes):
            raise TypeError(
                f"{name} must be bytes, got {type(piece).__name__}; write"
                " text.encode()"
            )
        if not piece:
            raise ValueError(
                f"{name} must hold a byte or more, got b''; a token is never"
                " empty"
            )


def _is_whole(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def bytes_of(word: str) -> list[int]:
    r"""Turn a word into the numbers of its bytes in UTF-8.

    Args:
        word: Any text.

    Returns:
        Numbers 0 to 255.

    Raises:
        ValueError: If it holds half of a surrogate pair.

    Examples:
        >>> bytes_of("a\u00e9")
        [97, 195, 169]
    """
    try:
        return list(word.encode())
    except UnicodeEncodeError as fault:
        raise ValueError(
            "text must hold whole characters, got half of a surrogate pair,"
            f" {word[fault.start]!r}; read the file with its right encoding"
        ) from None


def join(tokens: Sequence[int], pair: Pair, new: int) -> list[int]:
    r"""Replace a pair by one token, from the left.

    Args:
        tokens: The tokens.
        pair: Two neighbors.
        new: What takes their place.

    Returns:
        The shorter list.

    Examples:
        >>> join([1, 1, 1, 2], (1, 1), 9)
        [9, 1, 2]
    """
    joined, k = [], 0
    while k < len(tokens):
        if tuple(tokens[k : k + 2]) == pair:
            joined.append(new)
            k += 2
        else:
            joined.append(tokens[k])
            k += 1
    return joined


def learn(words: Counter[str], wanted: int) -> list[Pair]:
    r"""Find the most frequent pair, join it everywhere, and start again.

    Counts are kept up to date instead of made anew: only the words that hold
    the pair change.

    Args:
        words: How often each word stands in the texts.
        wanted: Number of merges.

    Returns:
        Pairs; pair k becomes token 256 + k.

    Raises:
        ValueError: If there are not as many pairs.

    Examples:
        >>> learn(Counter({"aab": 2, "ab": 1}), 2)
        [(97, 98), (97, 256)]
    """
    pieces = [bytes([value]) for value in range(256)]
    parts = [bytes_of(word) for word in words]
    counts = list(words.values())
    total: Counter[Pair] = Counter()
    places: dict[Pair, set[int]] = defaultdict(set)
    for k, tokens in enumerate(parts):
        for pair in zip(tokens, tokens[1:], strict=False):
            total[pair] += counts[k]
            places[pair].add(k)
    heap = [(-count, pair) for pair, count in total.items()]
    heapify(heap)
    merges: list[Pair] = []
    while len(merges) < wanted and heap:
        count, pair = heappop(heap)
        if -count != total[pair] or not count:
            continue  # an old count; the new one is in the heap as well
        if not may_join(*(pieces[part] for part in pair)):
            continue
        new = len(pieces)
        pieces.append(b"".join(pieces[part] for part in pair))
        merges.append(pair)
        changed = set()
        for k in places.pop(pair):
            for step in (-1, 1):  # take the old pairs out, put the new in
                tokens = parts[k]
                for other in zip(tokens, tokens[1:], strict=False):
                    total[other] += step * counts[k]
                    changed.add(other)
                    if step > 0:
                        places[other].add(k)
                if step < 0:
                    parts[k] = join(tokens, pair, new)
        for other in changed:
            heappush(heap, (-total[other], other))
    if len(merges) < wanted:
        raise ValueError(
            f"texts must offer {wanted} pairs to join, got {len(merges)};"
            f" give more text or ask for size={257 + len(merges)}"
        )
    return merges
