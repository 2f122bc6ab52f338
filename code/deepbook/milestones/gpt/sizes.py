r"""Sizes that were published, and what they cost: numbers, memory, arithmetic."""

from __future__ import annotations

from deepbook.checks import check_number
from deepbook.components.model.checks import check_whole
from deepbook.milestones.gpt.network import Config

CONFIGS = {
    "miniature": Config(
        vocabulary=1024, context=64, layers=2, size=64, num_heads=4
    ),
    "gpt1": Config(
        vocabulary=40_478, context=512, dropout=0.1, norm_first=False
    ),
} | {
    f"gpt2-{name}": Config(
        vocabulary=50_257,
        layers=layers,
        size=size,
        num_heads=heads,
        dropout=0.1,
    )
    for name, layers, size, heads in (
        ("small", 12, 768, 12),
        ("medium", 24, 1024, 16),
        ("large", 36, 1280, 20),
        ("xl", 48, 1600, 25),
    )
}
"""The miniature of the book, GPT-1 and GPT-2; those of GPT-3 follow."""

GPT3_TABLE = {
    "gpt3-small": ("125M", 12, 768, 12, 64),
    "gpt3-medium": ("350M", 24, 1024, 16, 64),
    "gpt3-large": ("760M", 24, 1536, 16, 96),
    "gpt3-xl": ("1.3B", 24, 2048, 24, 128),
    "gpt3-2.7b": ("2.7B", 32, 2560, 32, 80),
    "gpt3-6.7b": ("6.7B", 32, 4096, 32, 128),
    "gpt3-13b": ("13.0B", 40, 5140, 40, 128),
    "gpt3-175b": ("175.0B", 96, 12288, 96, 128),
}
"""Rows of table 2.1 of Brown et al. (2020) as printed: parameters, layers,
D, heads, numbers a head. Heads times their size is D in all rows but two:
"gpt3-xl" (24 x 128 is 3072, not 2048) and "gpt3-13b" (5120, not 5140)."""

CONFIGS |= {
    name: Config(
        vocabulary=50_257,
        context=2048,
        layers=layers,
        size=size,
        num_heads=heads,
        head_size=head_size,
    )
    for name, (_, layers, size, heads, head_size) in GPT3_TABLE.items()
}

PUBLISHED_PARAMETERS = {
    "gpt1": 116_534_784,
    "gpt2-small": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
    "gpt3-small": 125_226_240,
    "gpt3-medium": 355_871_744,
    "gpt3-large": 760_300_032,
    "gpt3-xl": 1_517_123_584,
    "gpt3-2.7b": 2_651_553_280,
    "gpt3-6.7b": 6_658_404_352,
    "gpt3-13b": 12_936_488_380,
    "gpt3-175b": 174_604_259_328,
}
"""Parameters counted with biases everywhere and the last layer tied to the
embedding. GPT-3's rows are built as printed, so that "gpt3-xl" comes out
larger than its name; with 16 heads of 128 it fits."""

PRINTED_PARAMETERS = {
    "gpt1": "117M",
    "gpt2-small": "117M",
    "gpt2-medium": "345M",
    "gpt2-large": "762M",
    "gpt2-xl": "1542M",
} | {name: row[0] for name, row in GPT3_TABLE.items()}
"""What stands in print: GPT-2's in table 2 of Radford et al. (2019), GPT-3's
in table 2.1 of Brown et al. (2020). GPT-1's paper prints no count; "117M" is
what GPT-2's table gives for a model of its size."""


def multiply_adds_per_token(config: Config, context: int) -> int:
    r"""Compute the multiply-adds of reading one token at the end of a context.

    Args:
        config: Sizes.
        context: Tokens in view, the new one included.

    Returns:
        Multiply-adds of one forward pass, for the token alone.

    Raises:
        ValueError: If `context` is below 1.

    Examples:
        Weights of both tables of embeddings are looked up, not multiplied,
        but that of the tokens is used again at the end:

        >>> tiny = Config(vocabulary=10, layers=1, size=4, num_heads=1)
        >>> multiply_adds_per_token(tiny, context=3)  # 192 + 2 * 12 + 40
        256
    """
    check_whole(context=context)
    size, width = config.size, config.width
    weights = 4 * size * width + 8 * size * size
    looks = 2 * width * context  # scores, then the mixing of values
    return config.layers * (weights + looks) + size * config.vocabulary


def training_flop(parameters: float, tokens: float) -> float:
    r"""Estimate the floating-point operations of a training: 6 N D.

    For each parameter and token a product and a sum on the way forward, and
    twice as many on the way back.

    Args:
        parameters: N.
        tokens: D, counted as often as they are read.

    Returns:
        FLOP.

    Raises:
        ValueError: If one of them is not positive.

    Examples:
        >>> f"{training_flop(174.6e9, 300e9):.2e}"
        '3.14e+23'

    References:
        J. Kaplan et al., Scaling Laws for Neural Language Models (2020),
        section 2.1; Brown et al. (2020), table D.1.
    """
    for name, value in (("parameters", parameters), ("tokens", tokens)):
        check_number(name, value, 0 < value < float("inf"), "positive")
    return 6.0 * parameters * tokens


def training_bytes(parameters: int, mixed: bool = False) -> dict[str, int]:
    r"""Compute the bytes that a training with Adam holds, without activations.

    Args:
        parameters: Number of parameters.
        mixed: 16-bit weights and gradients beside 32-bit weights and moments.

    Returns:
        Bytes by what they are for.

    Raises:
        ValueError: If `parameters` is below 1.

    Examples:
        >>> training_bytes(1)
        {'weights': 4, 'gradients': 4, 'moments': 8}
        >>> sum(training_bytes(1, mixed=True).values())
        16

    References:
        S. Rajbhandari et al., ZeRO: Memory Optimizations Toward Training
        Trillion Parameter Models (2020), section 3.1.
    """
    check_whole(parameters=parameters)
    if not mixed:
        parts = {"weights": 4, "gradients": 4, "moments": 8}
    else:
        parts = {"weights": 2, "gradients": 2, "copy": 4, "moments": 8}
    return {name: size * parameters for name, size in parts.items()}


def cache_bytes(config: Config, tokens: int, bytes_each: int = 2) -> int:
    r"""Compute the bytes of a key-value cache.

    Args:
        config: Sizes.
        tokens: Tokens that it holds, of all texts together.
        bytes_each: Bytes of a number: 2 for 16 bits.

    Returns:
        Bytes.

    Raises:
        ValueError: If a number is below 1.

    Examples:
        >>> tiny = Config(vocabulary=10, layers=3, size=4, num_heads=1)
        >>> cache_bytes(tiny, tokens=5)  # key and value, 3 layers, 4 numbers
        240
    """
    check_whole(tokens=tokens, bytes_each=bytes_each)
    return 2 * config.layers * config.width * tokens * bytes_each
