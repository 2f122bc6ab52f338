r"""Whole numbers in figures, grouped as Koreans and as English speakers do."""

from __future__ import annotations

from decimal import Decimal


def korean_number(value: int) -> str:
    r"""Write a whole number as Koreans do: groups of four digits, 만 and 억.

    Args:
        value: From 1 to below 10^16.

    Returns:
        The number in figures and units.

    Raises:
        ValueError: If the value is out of range.

    Examples:
        >>> korean_number(325_000_000), korean_number(12_345)
        ('3억 2,500만', '1만 2,345')
    """
    _check_value(value)
    groups = []
    for unit in ("", "만", "억", "조"):
        value, group = divmod(value, 10_000)
        if group:
            groups.append(f"{group:,}{unit}")
    return " ".join(reversed(groups))


def english_number(value: int) -> str:
    r"""Write a whole number as in English prose: thousands, then millions.

    Args:
        value: From 1 to below 10^16.

    Returns:
        All digits below a million, a decimal number and a word above.

    Raises:
        ValueError: If the value is out of range.

    Examples:
        >>> english_number(325_000_000), english_number(12_345)
        ('325 million', '12,345')
        >>> english_number(1_230_000_000_000)
        '1.23 trillion'
    """
    _check_value(value)
    for word, size in (
        ("trillion", 10**12),
        ("billion", 10**9),
        ("million", 10**6),
    ):
        if value >= size:
            return f"{(Decimal(value) / size).normalize():f} {word}"
    return f"{value:,}"


def _check_value(value: int) -> None:
    if not 1 <= value < 10**16:
        raise ValueError(f"value must be 1 to 10^16 - 1, got {value}")
