"""The notebooks: saved as they should be, and really run, on the tests' tiny project."""

import os
from pathlib import Path

import nbformat
import pytest

from notebook_helpers.saving import complaints, executed, kinds_of_outputs

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} == {
        "approximating-esvs",
        "multiscale-trn-shapley-values",
        "tsn-shapley-values",
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_saved_outputs_are_those_of_the_code(path):
    assert complaints(path) == []


@pytest.mark.e2e
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path, tiny_project, monkeypatch):
    """With other videos the values differ; what kinds of things the cells put out does not."""
    monkeypatch.setenv("PYTHONPATH", str(FOLDER), prepend=os.pathsep)
    saved = nbformat.read(path, as_version=4)
    ran = executed(saved, tiny_project / "configs")
    assert kinds_of_outputs(ran) == kinds_of_outputs(saved)
