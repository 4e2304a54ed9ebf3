"""The benchmarks take minutes and are not run here; what they import from the library is there."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_imports_what_is_there(name, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    try:
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name=name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("play_fair"):
            raise
        pytest.skip(f"needs {error.name}")
