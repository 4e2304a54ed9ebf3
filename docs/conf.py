"""The documentation site: `bin/docs` builds it."""

import re
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

project = "Play Fair"
version = release = version_of("play-fair")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]

html_theme = "furo"
html_title = "Play Fair"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = html_show_copyright = False
html_theme_options = {
    # The colours of all figures and pages of the project (src/play_fair/palette.py).
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
}

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True  # names of constants, not their numbers
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
default_role = "py:obj"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

DOCS = Path(__file__).resolve().parent


def plain_text(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstrings are plain text: |X|, * and F_ mean themselves, "C." begins no list, and indented lines are kept."""
    text = "\n".join(lines)
    text = re.sub(r"(?<!`)([|*])", r"\\\1", text)
    text = re.sub(r"(\w)_(?!\w)", r"\1\\_", text)
    text = re.sub(r"(:\s+[A-Za-z])\.", r"\1\\.", text)
    # The docstring of an attribute says what it is; "type: description" is for other projects.
    text = f"\\ \n{text}" if what in ("attribute", "data", "property") else text
    # A class may stand in any module.
    text = re.sub(r"`([A-Z][a-z]\w+)`", r"`.\1`", text)
    lines[:] = _with_literal_blocks(text.split("\n"))


def _with_literal_blocks(lines: list[str]) -> list[str]:
    """Four spaces after an empty line, not in a section such as Args, are a formula or an example."""
    kept: list[str] = []
    in_section = in_block = False
    for line in lines:
        indented = line.startswith("    ")
        if line.strip() and not indented:
            in_section, in_block = bool(re.fullmatch(r"(Args|Raises|Returns|Yields|Attributes):", line)), False
        if indented and not in_section and not in_block and kept and not kept[-1].strip():
            kept += ["::", ""]
            in_block = True
        kept.append(line.replace("\\", "") if in_block else line)
    return kept


def parsable_signature(
    app: Sphinx, what: str, name: str, obj: object, options: object, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """A default that is made for each object is no Python; with ... in its place types are linked."""
    return signature and signature.replace("<factory>", "..."), returns


def without_links_out(app: Sphinx, name: str, source: list[str]) -> None:
    """Files outside of docs/ are no pages of the site: of links to them, which are for GitHub, the text stays."""
    folder = (DOCS / name).parent

    def text_if_outside(link: re.Match[str]) -> str:
        inside = (folder / link["target"]).resolve().is_relative_to(DOCS)
        return link[0] if inside else link["text"]

    source[0] = re.sub(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>\.\./[^)#]+)[^)]*\)", text_if_outside, source[0])


def setup(app: Sphinx) -> None:
    """See the functions."""
    app.connect("autodoc-process-docstring", plain_text, priority=100)
    app.connect("autodoc-process-signature", parsable_signature)
    app.connect("source-read", without_links_out)
