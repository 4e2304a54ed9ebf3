"""The directions of the design, held: data goes down the list of modules, and imports go up."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = SOURCE / "play_fair"

# From the ground up: a module imports only from lines above its own.
LAYERS = [
    ["errors"],
    ["files", "memory", "pickle_machine"],
    ["arrays", "tensors", "cli", "palette", "words"],
    ["labels", "frame_sampling", "safe_pickle", "array_checks", "html_page", "plugins"],
    ["results"],
    ["shards", "config", "collation"],
    ["stages", "videos", "models", "features", "games"],
    ["attribution"],
    ["esv_job"],
    ["analysis"],
    ["baselines"],
    ["build"],
    ["video_page"],
]
LAYER_OF = {name: level for level, names in enumerate(LAYERS) for name in names}
WITHOUT_TORCH = [
    "errors",
    "files",
    "arrays",
    "cli",
    "palette",
    "words",
    "html_page",
    "labels",
    "frame_sampling",
    "plugins",
    "results",
    "shards",
    "config",
    "stages",
    "analysis.job",
]


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def unit_of(path):
    """The name of the top-level module or package a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_names(path):
    """Absolute names of all modules a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide their direction"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_up(path):
    own = unit_of(path)
    for name in imported_names(path):
        if name.startswith("play_fair."):
            other = name.split(".")[1]
            assert other == own or LAYER_OF[other] < LAYER_OF[own], f"{path} imports {name}"


def test_every_unit_has_its_place():
    assert {unit_of(path) for path in modules()} <= set(LAYER_OF)


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_imports_no_torch(name):
    code = f"import sys, play_fair.{name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


SCRIPTS = sorted((SOURCE / "scripts").glob("[0-9]*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_explain_themselves(path):
    done = subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert f"python src/scripts/{path.name}" in done.stdout, "the help has no example"


@pytest.mark.parametrize("path", [*modules(), *SCRIPTS], ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_happens_at_import(path):
    """Top-level statements define things; only a script's `if __name__` block and calls that make constants run."""
    for node in ast.parse(path.read_text()).body:
        allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If)
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        assert isinstance(node, allowed) or docstring, f"{path}:{node.lineno}"
        if isinstance(node, ast.If):
            assert ast.unparse(node.test) in {"__name__ == '__main__'", "TYPE_CHECKING"}, f"{path}:{node.lineno}"
