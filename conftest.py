r"""What holds in every test and doctest: one thread, randomness as it was before, other hosts out of reach; how workers share the tests."""

import random

import numpy as np
import pytest
import torch

from press.network import stay_home

torch.set_num_threads(1)
stay_home("a test must not use the network, but this one asked for {host}")

ONE_BY_ONE = ("test_build.py", "test_cli.py", "test_faults.py", "test_interruptions.py")  # slow tests that share nothing but the printed book


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    r"""Give a worker a file at a time, the largest first, and at the end, so that all workers end together, slow tests one by one."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return nodeid if file.endswith(ONE_BY_ONE) and "tests/press/" in file else file

    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def _randomness():
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])
