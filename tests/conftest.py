import os

import pytest
import torch
from hypothesis import settings

# The same examples in every run, so that what passes here passes everywhere; new ones with HYPOTHESIS_PROFILE=explore.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Tests run in several processes: threads on top of them would only wait for each other."""
    torch.set_num_threads(1)
