import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Tests run in several processes: threads on top of them would only wait for each other."""
    torch.set_num_threads(1)
