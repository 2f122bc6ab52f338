r"""Writing: one token after the other, drawn from what the model expects."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.checks import check_filled, check_floating, check_number
from deepbook.components.model.checks import check_whole
from deepbook.milestones.gpt.cache import Cache
from deepbook.milestones.gpt.network import GPT
from deepbook.tokens import check_tokens


def narrow(
    logits: Tensor,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Tensor:
    r"""Turn scores into the probabilities from which a token is drawn.

    Args:
        logits: `(..., V)`.
        temperature: Scores are divided by it: below 1 the likely tokens
            become likelier. 0 leaves only the largest.
        top_k: Keep the k largest scores; None for all.
        top_p: Of these keep the fewest that make up at least this share,
            largest first; None for all.

    Returns:
        Probabilities `(..., V)`, zero for tokens that were left out. Of equal
        scores the one with the smaller number counts as larger.

    Raises:
        TypeError: If `logits` is no floating-point tensor.
        ValueError: If a setting is out of its range.

    Examples:
        >>> logits = torch.tensor([0.5, 0.3, 0.2]).log()
        >>> narrow(logits, top_k=2)
        tensor([0.6250, 0.3750, 0.0000])
        >>> narrow(logits, top_p=0.4)
        tensor([1., 0., 0.])

    References:
        A. Fan et al., Hierarchical Neural Story Generation (2018), section
        5.4, top-k; A. Holtzman et al., The Curious Case of Neural Text
        Degeneration (2020), section 3.1, top-p.
    """
    check_floating("logits", logits)
    check_filled("logits", logits)
    good = 0 <= temperature < float("inf")
    check_number("temperature", temperature, good, "0 or more and finite")
    if top_k is not None:
        check_whole(top_k=top_k)
    if top_p is not None:
        check_number("top_p", top_p, 0 < top_p <= 1, "in (0, 1]")
    if temperature == 0:
        top_k, temperature = 1, 1.0
    scores, order = logits.sort(dim=-1, descending=True, stable=True)
    scores = (scores - scores[..., :1]) / temperature
    if top_k is not None:
        scores[..., top_k:] = -torch.inf
    shares = scores.softmax(dim=-1)
    if top_p is not None:
        before = shares.cumsum(dim=-1) - shares
        before[..., 0] = 0.0  # the largest always stays
        shares = shares.masked_fill(before >= top_p, 0.0)
        shares = shares / shares.sum(dim=-1, keepdim=True)
    return torch.zeros_like(shares).scatter(-1, order, shares)


def window_start(length: int, context: int) -> int:
    r"""Say from which token on a model reads a text that grows.

    Places are learned, so a full context cannot slide by one without every
    key and value changing. When it is full, the older half is let go at once.

    Args:
        length: Tokens of the text.
        context: Most tokens that the model reads at once.

    Returns:
        Number of tokens that it does not see.

    Raises:
        ValueError: If a number is below 1.

    Examples:
        >>> [window_start(length, 4) for length in range(1, 10)]
        [0, 0, 0, 0, 2, 2, 4, 4, 6]
    """
    check_whole(length=length, context=context)
    step = context - context // 2
    return -(-max(0, length - context) // step) * step


@torch.no_grad()
def generate(
    model: GPT,
    tokens: Tensor,
    count: int,
    *,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    end: int | None = None,
    use_cache: bool = True,
) -> Tensor:
    r"""Continue texts, one token after the other.

    Args:
        model: Left in the mode in which it was.
        tokens: `(B, T)` integers, the beginnings; T may pass the context.
        count: Most tokens to write.
        generator: Source of randomness; needed unless `temperature` is 0.
        temperature: See `narrow`.
        top_k: See `narrow`.
        top_p: See `narrow`.
        end: Token after which a text goes on with itself, and at which
            writing stops when all texts have come to it; None for never.
        use_cache: Keep keys and values instead of computing them again.

    Returns:
        `(B, T + count)` int64 or shorter, the beginnings included.

    Raises:
        TypeError: If `tokens` is no tensor of integers.
        ValueError: If there is no beginning, a number is not in the
            vocabulary, `count` is below 1, a setting is out of range, or
            `generator` is missing.

    Examples:
        >>> from deepbook.milestones.gpt.sizes import CONFIGS
        >>> model = GPT(CONFIGS["miniature"])
        >>> generate(model, torch.tensor([[7]]), 3, temperature=0).shape
        torch.Size([1, 4])
    """
    check_whole(count=count)
    check_tokens("tokens", tokens, model.config.vocabulary)
    if generator is None and temperature != 0:
        raise ValueError(
            "generator must be given where tokens are drawn, got None; write"
            " torch.Generator().manual_seed(0), or temperature=0"
        )
    was_training = model.training
    model.eval()
    try:
        cache, start = Cache(), 0
        done = torch.zeros(len(tokens), dtype=torch.bool)
        done = done.to(tokens.device)
        for _ in range(count):
            now = window_start(tokens.shape[1], model.config.context)
            if not use_cache or now != start:
                cache, start = Cache(), now
            new = tokens[:, start + cache.length :]
            logits = model(new, cache if use_cache else None)[:, -1]
            shares = narrow(
                logits, temperature=temperature, top_k=top_k, top_p=top_p
            )
            if temperature == 0:
                chosen = shares.argmax(dim=1)
            else:
                chosen = torch.multinomial(shares, 1, generator=generator)
                chosen = chosen.squeeze(1)
            if end is not None:
                chosen = chosen.masked_fill(done, end)
                done = done | (chosen == end)
            tokens = torch.cat([tokens, chosen[:, None]], dim=1)
            if done.all():
                break
    finally:
        model.train(was_training)
    return tokens
