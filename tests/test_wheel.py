"""The wheel, as somebody has it who installs it from a package index: in an environment without this repository."""

import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from installed_wheel import EVERYTHING, ROOT, metadata_of, requirements_of
from play_fair.extras import PACKAGES, extra_of
from synthetic_media import make_video
from test_links import links_of

pytestmark = pytest.mark.e2e

SOURCES = {"play_fair": ROOT / "src" / "play_fair", "esv_dashboard": ROOT / "src" / "apps" / "esv_dashboard"}


@pytest.fixture(scope="module")
def wheel(environments):
    return environments.wheel


def files_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def module_names(wheel, package):
    files = [name for name in files_of(wheel) if name.startswith(f"{package}/") and name.endswith(".py")]
    return sorted(name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in files)


# --- what is in it ------------------------------------------------------------------------------------------------


def test_contents(wheel):
    expected = {
        f"{package}/{path.relative_to(folder)}"
        for package, folder in SOURCES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    files = files_of(wheel)
    assert files == expected
    assert {"play_fair/py.typed", "esv_dashboard/py.typed", "play_fair/templates/video.js"} <= files
    assert {"esv_dashboard/assets/style.css", "esv_dashboard/uploads/templates/explain.html"} <= files
    assert {"play_fair/__main__.py", "esv_dashboard/__main__.py"} <= files
    # What belongs to the demo, to notebooks and to tests stands elsewhere.
    assert not [name for name in files if re.search(r"test_|conftest|notebook|demo|scripts/", name)]
    assert wheel.stat().st_size < 1_000_000


def test_metadata(wheel):
    metadata = metadata_of(wheel)
    assert metadata["Name"] == "play-fair"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Author"] == "The Play Fair developers"
    assert "Typing :: Typed" in metadata.get_all("Classifier")
    assert {one.name for one in requirements_of(wheel)} == {"torch", "numpy", "jaxtyping"}


@pytest.mark.parametrize("module", PACKAGES)
def test_the_extra_that_is_named_has_the_package(wheel, module):
    package = {"flask": "dash", "werkzeug": "dash"}.get(module, PACKAGES[module][0])
    for importer in ("play_fair.explanation", "play_fair.features.store"):
        assert package in {one.name for one in requirements_of(wheel, extra_of(module, importer))}


# --- its description ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def setup():
    spec = importlib.util.spec_from_file_location("setup_of_play_fair", ROOT / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_links_of_the_description_are_absolute(wheel):
    description = metadata_of(wheel).get_payload()
    assert description.lstrip().startswith("# Play Fair")
    assert [link for link in links_of(description) if not link.startswith("https://")] == []


def test_all_links_of_the_readme_become_absolute(setup):
    readme = (ROOT / "README.md").read_text()
    links = links_of(setup.with_absolute_links(readme, "https://example.org/play-fair"))
    assert len(links) == len(links_of(readme))
    assert [link for link in links if not link.startswith("https://")] == []


@pytest.mark.parametrize(
    ("text", "with_address", "without"),
    [
        ("a [b](docs/c.md#d) e", "a [b](https://x.org/p/blob/main/docs/c.md#d) e", "a b e"),
        ("[b](#d)", "[b](https://x.org/p#d)", "b"),
        ("a\n\n![b](docs/c.png)\n\nd", "a\n\n![b](https://x.org/p/raw/main/docs/c.png)\n\nd", "a\n\nd"),
        ("[b](https://a.org/c)", "[b](https://a.org/c)", "[b](https://a.org/c)"),
        ("```md\n[b](c)\n```", "```md\n[b](c)\n```", "```md\n[b](c)\n```"),
    ],
)
def test_absolute_links(setup, text, with_address, without):
    assert setup.with_absolute_links(text, "https://x.org/p") == with_address
    assert setup.with_absolute_links(text, "") == without


# --- the library --------------------------------------------------------------------------------------------------


def succeeds(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_the_wheel_that_is_tested(environments, core):
    for environment in (core, environments.with_extra(EVERYTHING)):
        code = (
            "import play_fair, esv_dashboard; print(play_fair.__file__, esv_dashboard.__file__, play_fair.__version__)"
        )
        *files, version = succeeds(environment.run("-c", code)).split()
        assert all(Path(file).is_relative_to(environment.folder) for file in files)
        assert version == metadata_of(environments.wheel)["Version"]


RIGHT = """
import torch
from torch import Tensor

import play_fair
from play_fair.attribution import CharacteristicFunctionShapleyAttributor
from play_fair.games import ExhaustiveSubsetSampler


def scores(sequences: Tensor) -> Tensor:
    return sequences.mean(dim=1)


attributor = CharacteristicFunctionShapleyAttributor(scores, n_classes=2)
esvs, of_classes = attributor.explain(torch.zeros(3, 2))
total: Tensor = esvs.sum(dim=0) + of_classes
rows: Tensor = ExhaustiveSubsetSampler().sample(4, 2)
version: str = play_fair.__version__
"""
WRONG = RIGHT + "esvs.no_such_attribute\nattributor.no_such_method()\nversion.no_such_method()\n"
RIGHT_EXPLAIN = """
import numpy as np
import torch
from torch import Tensor, nn

import play_fair

model: nn.Module = nn.Sequential(nn.Flatten(), nn.LazyLinear(2))
explanation = play_fair.explain(model, torch.rand(4, 3), activation="softmax", budget=100)
assert isinstance(explanation, play_fair.Explanation)
values: np.ndarray = explanation.values
of_frames: np.ndarray = explanation.contrast(0, 1)
attributions: Tensor = play_fair.FrameShapley(model).attribute(torch.rand(2, 4, 3), 0)
"""
WRONG_EXPLAIN = RIGHT_EXPLAIN + "explanation.no_such_attribute\n"


def test_types(core, tmp_path):
    """The public names have types, which mypy checks in programs of users."""
    programs = {"right": RIGHT, "wrong": WRONG, "right_explain": RIGHT_EXPLAIN, "wrong_explain": WRONG_EXPLAIN}
    for name, source in programs.items():
        (tmp_path / f"{name}.py").write_text(source)
    command = ["-m", "mypy", "--strict", "--python-executable", core.python, *(f"{name}.py" for name in programs)]
    done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True)
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert sorted(line.split(":")[0] for line in errors) == ["wrong.py"] * 3 + ["wrong_explain.py"]
    assert all("no_such" in line for line in errors)


# --- its extras ---------------------------------------------------------------------------------------------------


def import_all(environment, names):
    succeeds(environment.run("-c", f"import importlib\nfor name in {names}: importlib.import_module(name)"))


def test_the_extra_videos_is_enough_for_all_but_the_baselines(environments, wheel):
    of_baselines = ("play_fair.baselines", "play_fair.comparison_job")
    names = [name for name in module_names(wheel, "play_fair") if not name.startswith(of_baselines)]
    import_all(environments.with_extra("videos"), names)


def test_the_extra_baselines_is_enough_for_the_library(environments, wheel):
    import_all(environments.with_extra("baselines"), module_names(wheel, "play_fair"))


def test_the_extra_dashboard_is_enough_for_the_dashboard_without_torch(environments, wheel):
    environment = environments.with_extra("dashboard", without=("torch",))
    import_all(environment, [name for name in module_names(wheel, "esv_dashboard") if not name.endswith(".wsgi")])
    assert "No module named 'torch'" in environment.run("-c", "import torch").stderr


@pytest.mark.parametrize(
    ("extra", "call"), [("plots", "plot(0)"), ("tables", "to_dataframe()")], ids=["plots", "tables"]
)
def test_extras_of_explanations(environments, core, extra, call):
    code = f"import play_fair, torch; play_fair.explain(lambda x: x.mean(dim=1), torch.rand(4, 3)).{call}"
    succeeds(environments.with_extra(extra).run("-c", code))
    done = core.run("-c", code)
    assert done.returncode == 1
    assert f"pip install 'play-fair[{extra}]'" in done.stderr.splitlines()[-1]


# --- its commands -------------------------------------------------------------------------------------------------

COMMANDS = {
    "play-fair-explain": (("play-fair-explain",), "videos"),
    "python -m play_fair": (("-m", "play_fair"), "videos"),
    "esv-dashboard": (("esv-dashboard",), "dashboard"),
    "python -m esv_dashboard": (("-m", "esv_dashboard"), "dashboard"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_help(environments, name):
    command, extra = COMMANDS[name]
    told = succeeds(environments.with_extra(extra).run(*command, "--help"))
    assert told.startswith(f"usage: {'play-fair-explain' if extra == 'videos' else 'esv-dashboard'} ")
    assert "src/scripts" not in told


def test_explaining_a_video(environments, tiny_project, tmp_path):
    """In a folder that has the demo's model and configs."""
    video = make_video(tmp_path / "clip.webm")
    environment = environments.with_extra("videos")
    output = tmp_path / "out"
    told = succeeds(environment.run("play-fair-explain", video, "--output-dir", output, cwd=tiny_project.folder))
    assert told.splitlines()[-1] == f"Explanation: {output}/clip.html"
    assert {path.name for path in output.iterdir()} >= {"clip.html", "clip.csv", "clip.json", "results.pkl", "videos"}
    code = f"from play_fair.results import EsvResults; print(EsvResults.load({str(output / 'results.pkl')!r}).attrs)"
    assert "'command': 'play-fair-explain /" in succeeds(environment.run("-c", code))


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_without_their_extra(core, name):
    """They end with one line, which says what to install."""
    command, extra = COMMANDS[name]
    done = core.run(*command, "--help")
    assert (done.returncode, done.stdout) == (1, "")
    hint = re.escape(f"which is not installed: pip install 'play-fair[{extra}]'")
    assert re.fullmatch(rf"error: [\w.]+ needs the package [\w-]+, {hint}\n", done.stderr)


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("play_fair.features", "h5py"),
        ("play_fair.config", "jsonnet"),
        ("play_fair.videos.gulp", "simplejpeg"),
        ("play_fair.video_page.job", "pillow"),
        ("play_fair.models.backbones.resnet", "torchvision"),
        ("play_fair.analysis", "pandas"),
    ],
)
def test_modules_without_their_extra(core, module, package):
    done = core.run("-c", f"import {module}")
    last = done.stderr.splitlines()[-1]
    assert "pip install 'play-fair[videos]'" in last, last
    assert f"needs the package {package}," in last


def test_what_needs_no_extra(core):
    """Results files and their labels: a consumer of these needs no more than numpy."""
    import_all(core, ["play_fair.results", "play_fair.labels", "play_fair.frame_sampling", "play_fair.cli"])
