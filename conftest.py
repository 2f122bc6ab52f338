r"""What holds in every test and doctest: one thread, randomness as it was before, other hosts out of reach."""

import random
import sys

import numpy as np
import pytest
import torch

torch.set_num_threads(1)


def _audit(event: str, args: tuple) -> None:
    if event not in ("socket.connect", "socket.getaddrinfo"):
        return
    host = args[0] if event == "socket.getaddrinfo" else args[1][0] if isinstance(args[1], tuple) else "localhost"
    if host and not str(host).startswith(("127.", "::1", "localhost")):
        raise PermissionError(f"a test must not use the network, but this one asked for {host}")


sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def _randomness():
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])
