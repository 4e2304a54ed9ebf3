"""Notebooks that are saved with their outputs: running them, and telling whether the outputs are those of the code."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError
from nbformat import NotebookNode
from PIL import Image

from play_fair.files import atomic_path

SOURCE_HASH = "source_sha256"
"""In a saved notebook's metadata: the hash of the cells that its outputs were made from."""

MOST_BYTES = 1_000_000

_SECONDS_PER_CELL = 200

_PNG = "image/png"
_WIDGET = "application/vnd.jupyter.widget-view+json"
_ABSOLUTE_PATH = re.compile(r"(?<![\w./~-])(/(home|root|Users|tmp|work|mnt|opt|srv|usr|var)/\w|[A-Z]:\\\w)")


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The same notebook, run from top to bottom in `folder`; the given one stays as it is.

    Run a second time, in a new kernel, where a cell does not end: at times a reply of the kernel is lost.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
        nbclient.exceptions.CellTimeoutError: a cell did not end, twice.
    """
    try:
        return _executed_once(notebook, folder)
    except CellTimeoutError:
        return _executed_once(notebook, folder)


def _executed_once(notebook: NotebookNode, folder: Path) -> NotebookNode:
    own = deepcopy(notebook)
    client = NotebookClient(
        own, timeout=_SECONDS_PER_CELL, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    with TemporaryDirectory() as sockets:
        # Not over TCP: nobody else is to listen to the kernel.
        kernel = client.create_kernel_manager()
        kernel.transport, kernel.ip = "ipc", f"{sockets}/kernel"
        client.execute()
    return own


def save(notebook: NotebookNode, path: Path) -> None:
    """Write an executed notebook: its outputs, the hash of its cells, and nothing of the machine or of the time.

    Widgets are left out: without a kernel they do nothing, and their state is large.
    """
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "jupyter")}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _WIDGET not in output.get("data", {})]
            for output in cell.outputs:
                if png := output.get("data", {}).get(_PNG):
                    output.data[_PNG] = _smaller(png)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        SOURCE_HASH: source_hash(notebook),
    }
    with atomic_path(path) as part:
        nbformat.write(notebook, part)


def _smaller(png: str) -> str:
    """A base64 picture in 256 colours of its own: nothing that is seen is lost, and more than half of the bytes are."""
    smaller = BytesIO()
    Image.open(BytesIO(base64.b64decode(png))).convert("RGB").quantize(256).save(smaller, "png", optimize=True)
    return base64.b64encode(smaller.getvalue()).decode()


def source_hash(notebook: NotebookNode) -> str:
    """SHA-256 of the code cells, in order: all that the outputs depend on, besides the data and the library."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def kinds_of_outputs(notebook: NotebookNode) -> list[list[str]]:
    """What each code cell puts out, whatever its values: names of streams and media types. Widgets do not count."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [[kind for output in cell.outputs if (kind := _kind(output)) != _WIDGET] for cell in cells]


def _kind(output: NotebookNode) -> str:
    if "data" not in output:
        return output.get("name", output.output_type)
    return _WIDGET if _WIDGET in output.data else " ".join(sorted(output.data))


def complaints(path: Path) -> list[str]:
    """What is wrong with a saved notebook, in words; empty if it is as `save` leaves it and ran without an error."""
    notebook = nbformat.read(path, as_version=4)
    return [*_complaints_of_file(path, notebook), *_complaints_of_cells(notebook)]


def _complaints_of_file(path: Path, notebook: NotebookNode) -> Iterator[str]:
    nbformat.validate(notebook)
    if (size := path.stat().st_size) > MOST_BYTES:
        yield f"{size:,} bytes, more than {MOST_BYTES:,}"
    if notebook.metadata.get(SOURCE_HASH) != source_hash(notebook):
        yield "the outputs are older than the code: run notebooks/execute.py"
    if "widgets" in notebook.metadata:
        yield "the state of widgets is saved"


def _complaints_of_cells(notebook: NotebookNode) -> Iterator[str]:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "the cells were not run once each, from top to bottom"
    for number, cell in enumerate(notebook.cells):
        outputs: list[Any] = cell.get("outputs", [])
        if path := next(filter(None, map(_ABSOLUTE_PATH.search, [cell.source, *_texts(outputs)])), None):
            yield f"cell {number} has an absolute path: {path[0]}..."
        for output in outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"cell {number} ended with an error, or warned"
            if _WIDGET in output.get("data", {}):
                yield f"cell {number} has a widget among its outputs"


def _texts(outputs: list[Any]) -> Iterator[str]:
    for output in outputs:
        yield output.get("text", "")
        yield from (text for kind, text in output.get("data", {}).items() if kind.startswith("text/"))
