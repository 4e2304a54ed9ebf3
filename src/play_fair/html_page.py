"""Reports as one HTML file each, rendered from the Jinja2 templates in templates/; nothing is fetched from elsewhere.

Values are escaped; `Markup` (svg elements of our own figures) is not.
"""

import base64
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from play_fair.palette import DARK, FONT, LIGHT, Palette


def render(template: str, **values: Any) -> str:
    """Render a template of templates/, such as video.html.

    Besides `values`, templates have `asset`, `data_uri` and the macros `style` and `script`, which put a css or js file
    into the page, or link to it in the folder whose address is the value `assets`.
    """
    return _environment().get_template(template).render({"assets": "", **values})


def render_macro(template: str, name: str, *arguments: Any) -> Markup:
    """Render a macro of templates/, such as "timeline" of charts.html."""
    return Markup(getattr(_environment().get_template(template).module, name)(*arguments))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("play_fair"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(asset=asset, data_uri=data_uri)
    return environment


def asset(name: str) -> str:
    """Read a file of templates/, such as report.css; look.css begins with the colours of both schemes."""
    text = (files("play_fair") / "templates" / name).read_text(encoding="utf-8")
    return _colours() + text if name == "look.css" else text


def data_uri(content: bytes | str, media_type: str) -> str:
    """Encode a file as an address that holds it: data:image/png;base64,..., or data:text/csv,... for text."""
    if isinstance(content, str):
        return f"data:{media_type},{quote(content, safe=',')}"
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _colours() -> str:
    return f"""
:root {{ color-scheme: light dark; --font: {FONT}; {_variables(LIGHT)} }}
@media (prefers-color-scheme: dark) {{
  :root {{ {_variables(DARK)} }}
}}
"""


def _variables(palette: Palette) -> str:
    roles = ("page", "surface", "raised", "line", "grid", "ink", "muted", "supports", "distracts")
    colours = {role: getattr(palette, role) for role in roles} | {"accent": palette.supports}
    colours |= {f"class-{index}": colour for index, colour in enumerate(palette.classes)}
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
