"""How benchmarks report: tables and figures in docs/, where the README shows them."""

from pathlib import Path

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from play_fair.plots import STYLE

DOCS = Path(__file__).parents[1] / "docs"


def table(header: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_docs(name: str, title: str, text: str, script: str | None = None) -> None:
    """docs/benchmarks/NAME.md, which says how it was made: by `script`, if that is not of the same name."""
    path = DOCS / "benchmarks" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# {title}\n\n{text}\n\nMade by `python benchmarks/{script or name}.py`.\n")
    print(text)


def figure(n_axes: int) -> tuple[Figure, list[Axes]]:
    """Axes side by side, in the style of all figures."""
    rcParams.update({**STYLE, "text.parse_math": True})  # powers of ten on axes
    fig = Figure(figsize=(5 * n_axes, 3.8), layout="constrained")
    return fig, fig.subplots(1, n_axes, squeeze=False)[0].tolist()


def save_figure(fig: Figure, name: str) -> None:
    """docs/media/NAME.png."""
    path = DOCS / "media" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(path, dpi=160)
    print(f"figure: {path.relative_to(DOCS.parent)}")
