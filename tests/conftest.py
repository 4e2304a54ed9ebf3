import os
import signal

import pytest
import torch
from hypothesis import settings

from bad_workspace import make_workspace
from chromium import chromium
from installed_wheel import Environments
from tiny_project import built_once

# The same examples in every run, so that what passes here passes everywhere; new ones with HYPOTHESIS_PROFILE=explore.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Tests run in several processes: threads on top of them would only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_works():
    """Even in the background of a shell, which makes the tests, and all that they start, ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def chromium_browser():
    """One browser for all tests of a process: Playwright can start no second one beside it."""
    with chromium() as launched:
        yield launched


@pytest.fixture
def bad_workspace(whole_bad_workspace, monkeypatch):
    """The folder in which we are: good files, and bad ones."""
    monkeypatch.chdir(whole_bad_workspace)
    return whole_bad_workspace


@pytest.fixture(scope="session")
def whole_bad_workspace(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("bad_workspace"))


@pytest.fixture(scope="session")
def tiny_project(tmp_path_factory):
    """Scripts 00 to 08 have run in it, on few videos; for all test processes together, so only to be read."""
    folder = tmp_path_factory.getbasetemp()
    return built_once((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "tiny_project")


@pytest.fixture(scope="session")
def environments(tmp_path_factory):
    """The wheel, and environments in which it is installed."""
    return Environments(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def core(environments):
    """Only what `pip install play-fair` installs."""
    return environments.with_extra()
