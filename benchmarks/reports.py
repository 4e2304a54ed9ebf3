"""How benchmarks report: tables and figures in docs/, where the README shows them."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

DOCS = Path(__file__).parents[1] / "docs"

# Okabe & Ito's colours, told apart by all eyes; and markers, for those who print in grey.
STYLES = {
    "constructive": ("#D55E00", "o"),
    "antithetic permutations": ("#E69F00", "s"),
    "layered": ("#0072B2", "^"),
    "surrogate": ("#009E73", "D"),
}


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


def figure(n_axes: int) -> tuple[Figure, np.ndarray]:
    """Axes side by side, plain."""
    plt.switch_backend("Agg")
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    fig, axes = plt.subplots(1, n_axes, figsize=(5 * n_axes, 3.8), squeeze=False, layout="constrained")
    for axis in axes[0]:
        axis.grid(color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
    return fig, axes[0]


def save_figure(fig: Figure, name: str) -> None:
    """docs/media/NAME.png."""
    path = DOCS / "media" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(path, dpi=160)
    print(f"figure: {path.relative_to(DOCS.parent)}")
