"""What a person is told where a package of an extra is missing; tests/test_wheel.py tries the real thing."""

import importlib.util
import re
import sys

import pytest

from play_fair.errors import UserError
from play_fair.extras import PACKAGES, MissingPackageError, _MissingPackages


def import_in(module, statement):
    """Execute an import statement as a line of the module of that name."""
    exec(statement, {"__name__": module})


class Hiding:
    """A finder that does not find one package."""

    def __init__(self, finder, name):
        self.finder, self.name = finder, name

    def find_spec(self, fullname, path=None, target=None):
        return None if fullname.split(".")[0] == self.name else self.finder.find_spec(fullname, path, target)


@pytest.fixture
def missing(monkeypatch):
    """Hides a package."""

    def hide(name):
        for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == name]:
            monkeypatch.delitem(sys.modules, loaded)
        finders = [finder if isinstance(finder, _MissingPackages) else Hiding(finder, name) for finder in sys.meta_path]
        monkeypatch.setattr(sys, "meta_path", finders)

    return hide


@pytest.mark.parametrize(
    ("importer", "statement", "extra"),
    [
        ("play_fair.features.store", "import h5py", "videos"),
        ("play_fair.analysis.tidy", "import pandas as pd", "videos"),
        ("play_fair.explanation", "import pandas", "tables"),
        ("play_fair.plots.style", "from matplotlib.figure import Figure", "plots"),
        ("play_fair.baselines.gradients", "from captum.attr import IntegratedGradients", "baselines"),
        ("esv_dashboard.app", "from dash import Dash", "dashboard"),
        ("esv_dashboard.frame_store", "from PIL import Image", "dashboard"),
    ],
)
def test_the_message_names_the_extra(missing, importer, statement, extra):
    module = statement.split()[1].split(".")[0]
    missing(module)
    with pytest.raises(MissingPackageError) as caught:
        import_in(importer, statement)
    needs = f"{importer} needs the package {PACKAGES[module][0]}, which is not installed"
    assert str(caught.value) == f"{needs}: pip install 'play-fair[{extra}]'"
    assert caught.value.name == module
    assert isinstance(caught.value, UserError)
    assert isinstance(caught.value, ModuleNotFoundError)


def test_imports_of_others_are_left_alone(missing):
    missing("h5py")
    for importer, module in (("another_package.module", "h5py"), ("play_fair.features", "no_such_package")):
        with pytest.raises(ModuleNotFoundError, match=f"^{re.escape(f'No module named {module!r}')}$") as caught:
            import_in(importer, f"import {module}")
        assert not isinstance(caught.value, UserError)
    assert importlib.util.find_spec("h5py") is None
