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
    ["files", "memory", "safe_pickle", "extras", "subprocesses"],
    ["arrays", "tensors", "cli", "palette", "formatting"],
    ["labels", "frame_sampling", "pickled_arrays", "array_checks", "html_page", "plugins", "plots", "removal"],
    ["explanation"],
    ["class_esvs"],
    ["results", "wording", "charts"],
    ["jobs", "config", "collation"],
    ["stages", "videos", "models", "features", "games"],
    ["attribution"],
    ["plan"],
    ["model_inputs"],
    ["api"],
    ["esv_job"],
    ["analysis"],
    ["baselines", "overview"],
    ["build"],
    ["video_page", "comparison_job"],
    ["site_export"],
    ["__main__"],
]
# What `pip install play-fair` gives: torch, numpy and jaxtyping are all that it needs.
CORE = {
    *("api", "plan", "model_inputs", "explanation", "removal", "games", "attribution", "tensors", "arrays"),
    *("errors", "extras", "files", "labels", "formatting"),
}
CORE_PACKAGES = {"torch", "numpy", "jaxtyping"}
LAYER_OF = {name: level for level, names in enumerate(LAYERS) for name in names}
WITHOUT_TORCH = [
    "errors",
    "files",
    "arrays",
    "cli",
    "palette",
    "formatting",
    "wording",
    "html_page",
    "labels",
    "frame_sampling",
    "plugins",
    "plots",
    "explanation",
    "class_esvs",
    "charts",
    "results",
    "jobs",
    "config",
    "stages",
    "analysis.job",
    "overview",
]
TORCH_FREE = [f"play_fair.{name}" for name in WITHOUT_TORCH]


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


def imported_at_once(node):
    """Names of the modules that importing a module imports: not those that its functions do."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield f"{child.module}.{child.names[0].name}"
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not (
            isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        ):
            yield from imported_at_once(child)


def core_modules():
    return [PACKAGE / "__init__.py", *(path for path in modules() if unit_of(path) in CORE)]


@pytest.mark.parametrize("path", core_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_core_needs_torch_numpy_and_jaxtyping_only(path):
    """At import; an optional package is imported where it is used."""
    for name in imported_at_once(ast.parse(path.read_text())):
        first, *rest = name.split(".")
        if first == "play_fair":
            assert rest[0] in CORE, f"{path} imports {name}"
        else:
            assert first in CORE_PACKAGES | sys.stdlib_module_names, f"{path} imports {name}"


@pytest.mark.parametrize("name", [*TORCH_FREE, "esv_dashboard.command"])
def test_needs_no_torch(name):
    code = f"import sys; sys.modules['torch'] = None; import {name}"
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
