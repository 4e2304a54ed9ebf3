"""Links in the project's Markdown, as GitHub shows it: those to files and headings must lead somewhere."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = (".", "docs", "docs/api", "docs/benchmarks", "datasets", "checkpoints", "examples")
PAGES = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

LINK = re.compile(
    r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|<(https?://[^>\s]+)>|(?:src|href)=\"([^\"]+)\""
)


def without_code(text):
    """Markdown without what is shown as it is."""
    text = re.sub(r"^(\s*)(```+|~~~+).*?^\1\2\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]+`", "`code`", text)


def links_of(text):
    return ["".join(found) for found in LINK.findall(without_code(text))]


def anchors_of(text):
    """The names GitHub gives to headings: lower case, without punctuation, - for spaces; -1, -2 for repetitions."""
    text = re.sub(r"^(```+).*?^\1\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    anchors = []
    for heading in re.findall(r"^#{1,6} +(.+?)\s*#*$", text, flags=re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        times = sum(re.fullmatch(rf"{re.escape(name)}(-\d+)?", anchor) is not None for anchor in anchors)
        anchors.append(f"{name}-{times}" if times else name)
    return anchors


def problem_of(link, page, text):
    """Why a link leads nowhere; None if it does, or is to another site and well formed."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        well_formed = parts.scheme in ("http", "https") and re.fullmatch(r"[\w-]+(\.[\w-]+)*(:\d+)?", parts.netloc)
        return None if well_formed or parts.scheme == "mailto" else f"{link} is no address"
    target = (page.parent / unquote(parts.path)) if parts.path else page
    if not target.exists():
        return f"{link}: there is no {parts.path}"
    if parts.fragment and parts.fragment not in anchors_of(text if target == page else target.read_text()):
        return f"{link}: there is no heading #{parts.fragment}"
    return None


def problems_of(page, text):
    return [problem for link in links_of(text) if (problem := problem_of(link, page, text))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_pages(page):
    assert problems_of(page, page.read_text()) == []


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_notebooks(page):
    cells = nbformat.read(page, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert problems_of(page, text) == []


def test_there_are_pages():
    assert {"README.md", "docs/index.md", "docs/formats.md"} <= {str(page.relative_to(ROOT)) for page in PAGES}


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("other.md", None),
        ("other.md#two-words-1", None),
        ("#here", None),
        ("https://example.org/a?b=c#d", None),
        ("lost.md", "lost.md: there is no lost.md"),
        ("other.md#three", "other.md#three: there is no heading #three"),
        ("#gone", "#gone: there is no heading #gone"),
        ("https:/example.org", "https:/example.org is no address"),
        ("htps://example.org", "htps://example.org is no address"),
    ],
)
def test_problems(tmp_path, link, problem):
    (tmp_path / "other.md").write_text("# Two: `words`\n\n## Two words\n\n```sh\n# three\n```\n")
    text = f"# Here\n\n[text]({link}) and `[code](nowhere.md)`\n\n```md\n[block](nowhere.md)\n```\n"
    (tmp_path / "page.md").write_text(text)
    assert problems_of(tmp_path / "page.md", text) == ([problem] if problem else [])
