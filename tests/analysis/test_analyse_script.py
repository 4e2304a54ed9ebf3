"""Script 09 as a person runs it, and what it leaves."""

import re
import subprocess
import sys
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from constructed_esvs import constructed
from example_results import make_results
from numbered_scripts import run_here
from play_fair.analysis.examples import KINDS
from play_fair.analysis.exhibits import kinds_of_frames, stability_of_esvs, supporting_frames
from play_fair.analysis.video_links import link_videos
from play_fair.errors import UserError
from play_fair.files import temporary_beside
from play_fair.labels import write_classes_csv
from play_fair.results import EsvResults

NAMES = (
    *("accuracy", "supporting-frames", "sums", "positions", "positions-as-frames-grow", "kinds-of-frames"),
    *("true-against-predicted", "contrasts", "contrast-positions", "extremes", "stability", "classes", "class-growth"),
    *(kind.replace(" ", "-") for kind in KINDS),
)


def analyse(*arguments):
    run_here("09", *arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two models on 1 to 3 frames of 24 videos of five classes, with pictures, analysed."""
    folder = tmp_path_factory.mktemp("analysis")
    for seed, model in enumerate(("TSN", "M<TRN>$")):
        parts = [make_results(n, n_videos=24, seed=10 * seed + n) for n in (1, 2, 3)]
        EsvResults.collate(parts, {"model": model, "dataset": "a & b"}).save(folder / f"{seed}.pkl")
    write_classes_csv(folder / "classes.csv", {f"Class <{index}>": index for index in range(5)})
    (folder / "groups.csv").write_text("uid,group\n" + "".join(f"v{i},{i // 2}\n" for i in range(24)))
    for video in range(24):
        (folder / f"frames/v{video}").mkdir(parents=True)
        for index in range(20 + video):
            Image.new("RGB", (32, 18), (9 * video, 5 * index, 0)).save(
                folder / f"frames/v{video}/frame_{index:06d}.jpg"
            )
    analyse(
        *(folder / "0.pkl", folder / "1.pkl", "--output-dir", folder / "out", "--examples", 2),
        *("--classes-csv", folder / "classes.csv", "--groups", folder / "groups.csv"),
        *("--frames-dir", folder / "frames"),
    )
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "out/report.html").read_text(encoding="utf-8")


def test_every_exhibit_is_there_in_every_format(folder):
    files = {path.name for path in (folder / "out").iterdir() if not path.name.startswith(".")}
    assert files == {f"{name}.{suffix}" for name in NAMES for suffix in ("csv", "png", "svg")} | {"report.html"}
    for name in NAMES:
        with Image.open(folder / f"out/{name}.png") as image:
            assert image.format == "PNG"
            assert image.width > 800
        assert ElementTree.parse(folder / f"out/{name}.svg").getroot().tag.endswith("svg")
        assert len(pd.read_csv(folder / f"out/{name}.csv")) > 0


def test_the_page_holds_the_tables(folder, page):
    links = re.findall(r'download="([\w-]+\.csv)" href="data:text/csv,([^"]+)"', page)
    assert sorted(name for name, _ in links) == sorted(f"{name}.csv" for name in NAMES)
    for name, content in links:
        assert unquote_to_bytes(content) == (folder / f"out/{name}").read_bytes()


def test_the_page_fetches_nothing(page):
    assert "http:" not in page
    assert "https:" not in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "default-src 'none'" in page


def test_ids_in_the_page_are_unique_for_each_figure(page):
    """Figures that are not shown must lend nothing to those that are."""
    figures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    ids = [name for figure in figures for name in re.findall(r' id="([^"]+)"', figure)]
    assert len(figures) == 2 * (len(NAMES) - len(KINDS))
    assert len(ids) == len(set(ids)) > 0
    assert set(ids) == set(re.findall(r'(?:url\(|href=")#([\w-]+)', "".join(figures)))


def test_colours_follow_the_page(page):
    figures = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert "var(--supports)" in figures
    assert not re.search(r"#[0-9a-f]{6}", figures)


def test_names_from_files_are_text(page):
    assert "<h1>ESVs of TSN and M&lt;TRN&gt;$ on a &amp; b</h1>" in page
    assert "M<TRN>" not in page
    assert "Class &lt;0&gt;" in page


def test_the_page_says_how_it_was_drawn(page):
    assert "12 groups of videos are drawn 1,000 times" in page
    assert "24 videos" in page
    assert "different videos" not in page


def test_the_contents_lead_to_strips_findings_and_what_is_folded(page):
    addresses = re.findall(r'<li><a href="#([\w-]+)">', page)
    assert sorted(addresses) == sorted([*NAMES, "models"])
    places = [page.index(f' id="{name}"') for name in addresses]
    assert places == sorted(places), "in the order of the page"
    assert page.index('class="findings"') < page.index("Contents") < places[0]
    folded = re.findall(r"<details>.*?</details>", page, flags=re.DOTALL)
    leading = re.findall(r'<a href="#([\w-]+)">Figure</a>', page)
    assert 3 < len(leading) <= 5
    for name in NAMES[: -len(KINDS)]:
        assert any(f'id="{name}"' in part for part in folded) == (name not in leading), name
    assert folded[0].count('<div class="strip">') == len(KINDS), "the second of each model"


def test_its_videos_are_linked_where_they_have_pages(page):
    linked = link_videos(page, lambda model, uid: f"{model}/{uid}.html" if model == "M<TRN>$" else None)
    assert re.search(r'M&lt;TRN&gt;\$, <a href="M&lt;TRN&gt;\$/v\d+.html">video v\d+</a>: “Class', linked)
    assert re.search(r"TSN, video v\d+: “Class", linked)
    assert "data-uid" not in linked


def test_film_strips_have_their_frames(folder, page):
    table = pd.read_csv(folder / "out/most-supporting.csv")
    assert table.groupby(["model", "rank"]).size().tolist() == [3] * 4
    assert len(re.findall(r'<img src="data:image/jpeg', page)) == 2 * 4 * 3
    assert page.count('<li class="frame extreme">') == 8


@pytest.fixture
def few_exhibits(monkeypatch):
    """Only those that differ most in what they need: drawing takes time."""
    chosen = (supporting_frames, kinds_of_frames, stability_of_esvs)
    monkeypatch.setattr("play_fair.analysis.job.exhibits", lambda study: [make(study) for make in chosen])


@pytest.mark.usefixtures("few_exhibits")
def test_the_same_results_give_the_same_bytes(folder, tmp_path):
    arguments = (folder / "0.pkl", "--examples", 1, "--output-dir")
    analyse(*arguments, tmp_path / "a")
    analyse(*arguments, tmp_path / "b")
    written = list((tmp_path / "a").glob("[a-z]*"))
    assert len(written) == 5 * 3 + 1
    for path in written:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


@pytest.mark.usefixtures("few_exhibits")
def test_what_has_nothing_to_show_is_removed(tmp_path, capsys):
    arguments = (tmp_path / "results.pkl", "--output-dir", tmp_path / "out")
    constructed([[0.3, 0.1], [0.1, -0.2]], [[0.0, 0.1], [0.1, 0.0]]).save(tmp_path / "results.pkl")
    analyse(*arguments)
    assert (tmp_path / "out/kinds-of-frames.png").exists()
    assert (tmp_path / "out/most-distracting.svg").exists()
    constructed([[0.3, 0.1], [0.1, 0.2]], np.zeros((2, 2))).save(tmp_path / "results.pkl")
    temporary_beside(tmp_path / "out/most-supporting.png").touch()  # of a killed run
    analyse(*arguments)
    assert not list((tmp_path / "out").glob(".*"))
    left = {path.name.split(".")[0] for path in (tmp_path / "out").glob("[a-z]*")}
    assert left == {"supporting-frames", "most-supporting", "report"}
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "There is no wrong prediction" in page
    assert "There is only one number of frames" in page
    assert "There are none: no ESV of a true class has this sign." in page
    assert "Give --frames-dir or --gulp-dir to see the pictures." in page
    assert capsys.readouterr().out.splitlines()[-1] == f"Report: {tmp_path / 'out/report.html'}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.pkl"], r"none\.pkl"),
        (["0.pkl", "0.pkl"], "are both of 'TSN'"),
        (["0.pkl", "--names", "a", "b"], "expected one name for each of the 1 results files, got 2"),
        (["0.pkl", "--classes-csv", "none.csv"], r"none\.csv"),
        (
            ["0.pkl", "--classes-csv", "fewer.csv"],
            r"expected names of classes 0\.\.4 in fewer\.csv, .* 2 ids are in one and not in the other: 3, 4;",
        ),
        (
            ["0.pkl", "--groups", "other.csv"],
            "expected groups of the 24 videos in the results, but .* has none of them",
        ),
        (["0.pkl", "--frames-dir", "none"], "expected a folder of frames at none"),
        (["0.pkl", "--gulp-dir", "frames"], "frames"),
        (["0.pkl", "--examples", "-1"], "expected 0 or more examples, got -1"),
        (["0.pkl", "--frames-dir", "out"], r"expected frame \d+ of video v\d+ at out/"),
    ],
)
def test_what_cannot_be_used_is_told_and_no_report_is_written(folder, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(folder)
    (folder / "other.csv").write_text("uid,group\nx,1\n")
    write_classes_csv(folder / "fewer.csv", {"Up": 0, "Down": 1, "Left": 2})
    with pytest.raises(UserError, match=message):
        analyse(*arguments, "--output-dir", tmp_path / "out")
    assert not (tmp_path / "out/report.html").exists()


def test_a_file_is_no_folder_to_write_into(folder):
    with pytest.raises(UserError, match=r"expected a folder to write into, but .*0\.pkl is a file"):
        analyse(folder / "0.pkl", "--output-dir", folder / "0.pkl")


def test_describing_a_file_needs_no_matplotlib():
    code = "import sys; from play_fair.analysis import describe; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
