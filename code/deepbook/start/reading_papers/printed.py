r"""Numbers as a paper prints them: their digits tell how far they are rounded."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

STEPS = {0: "", 3: " k", 6: " M", 9: " G", 12: " T", 15: " P", 18: " E"}
"""Powers of ten and the letters that stand for them."""


def check_printed(name: str, value: str | None) -> None:
    r"""Refuse what is no printed number.

    Args:
        name: Name of the argument, for the message.
        value: A text such as "6.61" or "1.8e9", or None.

    Raises:
        TypeError: If it is no text.
        ValueError: If it cannot be read as a finite number.

    Examples:
        >>> check_printed("cost", 1.8e9)
        Traceback (most recent call last):
        TypeError: cost must be text as the paper prints it, got float; write '1.8e9', since its digits say how far it is rounded
    """
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(
            f"{name} must be text as the paper prints it, got {type(value).__name__}; "
            "write '1.8e9', since its digits say how far it is rounded"
        )
    try:
        finite = Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise ValueError(
            f"{name} must be a number such as '6.61' or '1.8e9', got {value!r}; leave signs and units out"
        )


def half_unit(printed: str) -> float:
    r"""Half of one unit in the last printed digit: how far rounding can be off.

    Args:
        printed: A text such as "1.8e9".

    Returns:
        Half a unit, in the unit of the number.

    Raises:
        TypeError: If it is no text.
        ValueError: If it cannot be read as a finite number.

    Examples:
        >>> half_unit("6.61"), half_unit("1.8e9")
        (0.005, 50000000.0)
    """
    check_printed("printed", printed)
    return float(Decimal(5).scaleb(Decimal(printed).as_tuple().exponent - 1))


def gap(printed: str | None, counted: float | None) -> float | None:
    r"""How much more is counted than printed, as a share of the printed.

    Args:
        printed: A text such as "65e6", or None.
        counted: What we count, or None.

    Returns:
        counted / printed - 1; None if one of them is missing.

    Raises:
        TypeError: If `printed` is no text.
        ValueError: If it cannot be read, or is zero.

    Examples:
        >>> gap("2e6", 1_900_000)
        -0.050000000000000044
    """
    check_printed("printed", printed)
    if printed is None or counted is None:
        return None
    if float(printed) == 0:
        raise ValueError(
            f"printed must not be zero, got {printed!r}; a share of nothing has no meaning"
        )
    return counted / float(printed) - 1


def rounds_to(printed: str | None, counted: float | None) -> bool | None:
    r"""Whether a count rounds to the printed number.

    Args:
        printed: A text such as "65e6", or None.
        counted: What we count, or None.

    Returns:
        True or False; None if one of them is missing.

    Raises:
        TypeError: If `printed` is no text.
        ValueError: If it cannot be read as a finite number.

    Examples:
        >>> rounds_to("1.7e6", 1_727_962), rounds_to("1.70e6", 1_727_962)
        (True, False)
    """
    check_printed("printed", printed)
    if printed is None or counted is None:
        return None
    return abs(float(printed) - counted) <= half_unit(printed)


def short(printed: str) -> str:
    r"""Write a power of ten as its letter, with the digits as they are.

    Args:
        printed: A text such as "1.8e9"; without an "e" it stays.

    Returns:
        A text for the reader.

    Raises:
        TypeError: If it is no text.
        ValueError: If it cannot be read as a finite number.

    Examples:
        >>> short("1.8e9"), short("110e6"), short("6.610")
        ('1.8 G', '110 M', '6.610')
    """
    check_printed("printed", printed)
    digits, _, power = printed.lower().partition("e")
    if not power:
        return printed
    power = int(power)
    step = min(max(3 * (power // 3), 0), max(STEPS))
    scaled = Decimal(digits).scaleb(power - step)
    return f"{scaled:f}{STEPS[step]}"


def sizes(printed: str | None, counted: float | None) -> str | None:
    r"""Write a printed and a counted number beside each other.

    Args:
        printed: A text such as "65e6", or None.
        counted: What we count, or None.

    Returns:
        Both and the gap; an en dash for one that is missing; None without
        either.

    Raises:
        TypeError: If `printed` is no text.
        ValueError: If it cannot be read, or is zero.

    Examples:
        >>> sizes("65e6", 63_082_496)
        '65 M / 63,082,496 (-3.0%)'
        >>> sizes("65e6", None)
        '65 M / –'
    """
    if printed is None and counted is None:
        return None
    left = "–" if printed is None else short(printed)
    right = "–" if counted is None else f"{counted:,}"
    more = gap(printed, counted)
    return f"{left} / {right}" + ("" if more is None else f" ({more:+.1%})")
