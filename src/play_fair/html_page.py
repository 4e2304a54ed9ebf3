"""Reports as one HTML file each: nothing is fetched, so they open anywhere, from any disk, today and in ten years.

Pieces of HTML are strings. What comes from outside (names, paths) passes through `text`; numbers and our own words need
not.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from play_fair.palette import DARK, FONT, LIGHT, Palette

_NOTHING_FETCHED = (
    "default-src 'none'; img-src data: blob:; media-src data: blob:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy: the browser itself refuses whatever is not in the file."""


def page(title: str, body: str, *, style: str = "", script: str = "") -> str:
    """A whole document: `body` in <main>, with the look all reports share, light and dark, down to phones.

    Args:
        title: plain text, of the browser's tab; the heading is the body's own.
        body: HTML of sections, such as `card` makes.
        style: more CSS; colours are var(--ink), --muted, --line, --surface, --raised, --page, --accent, --supports,
            --distracts and --class-0 to --class-4, sizes var(--small), --body, --large, --title.
        script: JavaScript that runs when the body is there.
    """
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_FETCHED}">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<title>{text(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{look()}{_REPORT}{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f"{f'<script>{chr(10)}{script}</script>{chr(10)}' if script else ''}</body>\n</html>\n"
    )


def data_uri(content: bytes, media_type: str) -> str:
    """A file within an attribute: data:image/png;base64,..."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def text(value: object) -> str:
    """Any value as HTML text, or as an attribute within double quotes."""
    return escape(str(value), quote=True)


def heading(title: str, subtitle: str = "") -> str:
    """What the report is of; `subtitle` is HTML."""
    return f'<header class="heading"><h1>{text(title)}</h1><p class="muted">{subtitle}</p></header>'


def card(title: str, content: str, caption: str = "", css_class: str = "") -> str:
    """A section with a title, a sentence that says what is to be seen, and the thing itself; both are HTML."""
    said = f'<p class="caption">{caption}</p>' if caption else ""
    return f'<section class="card {css_class}"><h2>{text(title)}</h2>{said}{content}</section>'


def image(content: bytes, description: str, media_type: str = "image/png") -> str:
    """A picture, no wider than its place; `description` is for those who do not see it."""
    return f'<img src="{data_uri(content, media_type)}" alt="{text(description)}">'


def table(header: Sequence[object], rows: Iterable[Sequence[object]], name: str) -> str:
    """A table of texts and numbers, which scrolls by itself where it is too wide for a phone.

    Numbers are to be given as text, with the digits that are to be shown. The first column names its row.
    """
    head = "".join(f'<th scope="col">{text(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{text(first)}</th>{"".join(f"<td>{text(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{text(name)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def download(content: str, file_name: str, media_type: str, label: str) -> str:
    """A link that saves a text which is in the page itself."""
    return (
        f'<a class="download" download="{text(file_name)}" href="{data_uri(content.encode(), media_type)}">'
        f"{text(label)}</a>"
    )


def json_element(element_id: str, content: Any) -> str:
    """Values for a script: JSON.parse(document.getElementById(element_id).textContent)."""
    # "<" could end the element in the middle of a text.
    values = json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{element_id}">{values}</script>'


def look() -> str:
    """CSS that reports and the dashboard share: colours by role, light and dark, one type scale, cards, focus."""
    return f"""
:root {{ color-scheme: light dark; --font: {FONT}; {_variables(LIGHT)} }}
@media (prefers-color-scheme: dark) {{
  :root {{ {_variables(DARK)} }}
}}
{_LOOK}"""


def _variables(palette: Palette) -> str:
    roles = ("page", "surface", "raised", "line", "grid", "ink", "muted", "supports", "distracts")
    colours = {role: getattr(palette, role) for role in roles} | {"accent": palette.supports}
    colours |= {f"class-{index}": colour for index, colour in enumerate(palette.classes)}
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


_LOOK = """:root {
  --small: 0.75rem;
  --body: 0.875rem;
  --large: 1.0625rem;
  --title: 1.375rem;
  --radius: 10px;
  --gap: 1rem;
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--page);
  color: var(--ink);
  font: 400 var(--body) / 1.45 var(--font);
  overflow-wrap: break-word;
  -webkit-text-size-adjust: 100%;
}
h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; font-size: inherit; }
button { font: inherit; color: inherit; }
[hidden] { display: none !important; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.muted, .caption { color: var(--muted); }
.supports-text { color: var(--supports); }
.distracts-text { color: var(--distracts); }
.card {
  min-width: 0;
  padding: 1rem;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--surface);
}
@media (max-width: 600px) {
  :root { --gap: 0.75rem; }
  .card { padding: 0.75rem; }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before { transition: none !important; animation: none !important; }
}
"""

_REPORT = """
main {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: var(--gap);
  max-width: 1280px;
  margin: 0 auto;
  padding: var(--gap) var(--gap) 3rem;
}
h1 { font-size: var(--title); line-height: 1.25; font-weight: 650; }
h2 { font-size: var(--large); font-weight: 600; }
h3 { font-weight: 600; }
a { color: var(--accent); }
code { white-space: nowrap; }
img, svg { max-width: 100%; height: auto; }
.caption { max-width: 75ch; margin-bottom: 0.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; overflow-wrap: normal; font-variant-numeric: tabular-nums; }
th, td {
  padding: 0.25rem 0.75rem 0.25rem 0;
  border-bottom: 1px solid var(--line);
  text-align: right;
  font-weight: 400;
}
th:first-child { text-align: left; }
thead th { color: var(--muted); font-size: var(--small); vertical-align: bottom; }
.download {
  display: inline-block;
  padding: 0.125rem 0.5rem;
  border: 1px solid var(--line);
  border-radius: 6px;
  color: var(--muted);
  font-size: var(--small);
  text-decoration: none;
}
.download:hover { background: var(--raised); }
@media print {
  body { background: none; }
  .card { break-inside: avoid; }
}
"""
