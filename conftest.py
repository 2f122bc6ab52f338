r"""What holds in every test and doctest: one thread, randomness as it was before, other hosts out of reach."""

import random

import numpy as np
import pytest
import torch

from press.network import stay_home

torch.set_num_threads(1)
stay_home("a test must not use the network, but this one asked for {host}")


@pytest.fixture(autouse=True)
def _randomness():
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])
