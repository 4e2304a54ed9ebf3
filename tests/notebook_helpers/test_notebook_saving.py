import base64
import io

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from notebook_helpers.saving import complaints, executed, kinds_of_outputs, save, source_hash


@pytest.fixture
def notebook():
    """As executed: a stream, a picture and a widget."""
    picture = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    Image.fromarray(noise).save(picture, "png")
    outputs = [
        new_output("stream", name="stdout", text="1\n"),
        new_output(
            "display_data", {"image/png": base64.b64encode(picture.getvalue()).decode(), "text/plain": "<Figure>"}
        ),
        new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "VBox()"}),
    ]
    code = new_code_cell(
        "print(1)", execution_count=1, outputs=outputs, metadata={"execution": {"iopub.execute_input": "2020"}}
    )
    return new_notebook(cells=[new_markdown_cell("# Title"), code], metadata={"widgets": {"state": {}}})


def test_what_is_saved_is_without_complaint(notebook, tmp_path):
    path = tmp_path / "a.ipynb"
    before = len(notebook.cells[1].outputs[1].data["image/png"])
    save(notebook, path)
    assert complaints(path) == []
    saved = nbformat.read(path, as_version=4)
    assert kinds_of_outputs(saved) == [["stdout", "image/png text/plain"]]
    assert saved.metadata.kernelspec.name == "python3"
    assert len(saved.cells[1].outputs[1].data["image/png"]) < before


def changed(notebook, path, change):
    save(notebook, path)
    saved = nbformat.read(path, as_version=4)
    change(saved)
    nbformat.write(saved, path)
    return complaints(path)


def add_output(*arguments, **more):
    return lambda saved: saved.cells[1].outputs.append(new_output(*arguments, **more))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda saved: saved.cells[1].update(source="print(2)"), "the outputs are older than the code"),
        (lambda saved: saved.cells[1].update(execution_count=3), "not run once each, from top to bottom"),
        (lambda saved: saved.metadata.update(widgets={}), "the state of widgets is saved"),
        (lambda saved: saved.cells[0].update(source="see /home/me/x.pkl"), "cell 0 has an absolute path: /home/m"),
        (add_output("stream", name="stdout", text="in /tmp/x"), "cell 1 has an absolute path: /tmp/x"),
        (add_output("display_data", {"text/html": "<a>C:\\data</a>"}), "cell 1 has an absolute path: C:\\d"),
        (add_output("stream", name="stderr", text="careful"), "cell 1 ended with an error, or warned"),
        (add_output("error", ename="E", evalue="", traceback=[]), "cell 1 ended with an error, or warned"),
        (add_output("display_data", {"application/vnd.jupyter.widget-view+json": {}}), "cell 1 has a widget"),
        (add_output("stream", name="stdout", text="x" * 1_000_000), "more than 1,000,000"),
    ],
)
def test_complaints(notebook, tmp_path, change, complaint):
    (said,) = changed(notebook, tmp_path / "a.ipynb", change)
    assert complaint in said


@pytest.mark.parametrize("text", ["a/b/home/c", "https://x.org/home/c", "../tmp/x", "1/2", "N: 3"])
def test_what_is_no_absolute_path(notebook, tmp_path, text):
    assert changed(notebook, tmp_path / "a.ipynb", lambda saved: saved.cells[0].update(source=text)) == []


def test_text_may_change_without_running_again(notebook, tmp_path):
    assert changed(notebook, tmp_path / "a.ipynb", lambda saved: saved.cells[0].update(source="# New")) == []


def test_execution_leaves_the_notebook_and_runs_in_the_folder(tmp_path):
    (tmp_path / "here.txt").write_text("found")
    given = new_notebook(cells=[new_code_cell("print(open('here.txt').read())")])
    ran = executed(given, tmp_path)
    assert given.cells[0].outputs == []
    assert ran.cells[0].outputs[0].text == "found\n"
    assert source_hash(ran) == source_hash(given)


def test_a_failing_cell_is_an_error(tmp_path):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        executed(new_notebook(cells=[new_code_cell("1 / 0")]), tmp_path)


def test_a_cell_that_does_not_end_is_run_again_in_a_new_kernel(tmp_path, monkeypatch):
    execute, tries = NotebookClient.execute, []

    def lose_the_first_reply(client, *arguments, **more):
        tries.append(client)
        if len(tries) == 1:
            raise CellTimeoutError("no reply")
        return execute(client, *arguments, **more)

    monkeypatch.setattr(NotebookClient, "execute", lose_the_first_reply)
    ran = executed(new_notebook(cells=[new_code_cell("print(6 * 7)")]), tmp_path)
    assert ran.cells[0].outputs[0].text == "42\n"
    assert len(tries) == 2
