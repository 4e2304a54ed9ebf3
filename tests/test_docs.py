"""The documentation site is built without a warning, and its pages link to what is there."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "--builder", "html")


class Page(HTMLParser):
    """What a page links to, what it loads, and which places it has."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.ids = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        if tag in ("img", "script", "source") and attrs.get("src"):
            self.loaded.append(attrs["src"])
        if tag == "link" and attrs.get("rel") == "stylesheet":
            self.loaded.append(attrs["href"])


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Path -> page, of the whole site."""
    folder = tmp_path_factory.mktemp("site")
    command = [*COMMAND, "--doctree-dir", str(folder / "doctrees"), str(ROOT / "docs"), str(folder / "html")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {path: Page(path) for path in (folder / "html").rglob("*.html")}


def is_external(link):
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)


def target_of(link, path):
    place = unquote(urlsplit(link).path)
    return (path.parent / place).resolve() if place else path


def test_every_link_leads_somewhere(pages):
    checked = 0
    for path, page in pages.items():
        for link in filter(lambda link: not is_external(link), page.links):
            target, place = target_of(link, path), urlsplit(link).fragment
            assert target.exists(), f"{path.name}: {link}"
            if place and target in pages:
                assert unquote(place) in pages[target].ids, f"{path.name}: {link}"
            checked += 1
    assert checked > 100


def test_nothing_is_fetched_from_elsewhere(pages):
    for path, page in pages.items():
        assert not list(filter(is_external, page.loaded)), path.name
        assert all(target_of(link, path).exists() for link in page.loaded), path.name


@pytest.mark.parametrize(
    "name", ["OnlineShapleyAttributor", "CharacteristicFunctionShapleyAttributor", "EstimatedAttributor"]
)
def test_signatures_have_shapes(pages, name):
    (page,) = [path for path in pages if path.match("api/attribution.html")]
    text = page.read_text()
    assert f'id="play_fair.attribution.{name}"' in text
    assert "B T C" in text
