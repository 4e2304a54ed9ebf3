"""Draw docs/media/concept.png: the frames of a demo video, what each adds, and how prior and ESVs make the score.

    PYTHONPATH=notebooks python docs/draw_concept.py

Needs what bin/demo makes.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from notebook_helpers.demo import DemoVideos, SampledVideo, demo_attributor, enter_project
from play_fair.cli import run
from play_fair.files import atomic_path
from play_fair.formatting import signed
from play_fair.palette import LIGHT
from play_fair.plots import styled

UID, N_FRAMES = "932", 8
OUTPUT = Path("docs/media/concept.png")
WIDTH, HEIGHT = 10.0, 4.3
LEFT, RIGHT = 0.055, 0.995
PLATE = {"facecolor": LIGHT.surface, "edgecolor": "none", "pad": 0.6}
"""Behind numbers, so that lines do not cross them."""


@styled()
def draw(video: SampledVideo, esvs: np.ndarray, prior: float, score: float, class_name: str) -> Figure:
    """Frames above, and below them the way from the prior to the score, a step for each."""
    n = len(esvs)
    figure = Figure(figsize=(WIDTH, HEIGHT))
    height, width = video.pictures.shape[1:3]
    of_film = (RIGHT - LEFT) * WIDTH / (n + 2) * height / width / HEIGHT
    film = figure.add_axes((LEFT, 0.905 - of_film, RIGHT - LEFT, of_film))
    axes = figure.add_axes((LEFT, 0.085, RIGHT - LEFT, 0.78 - of_film))
    film.set_axis_off()
    for place, picture in enumerate(video.pictures, start=1):
        film.imshow(picture, extent=(place - 0.48, place + 0.48, 0, 1), aspect="auto")
    film.set(xlim=(-0.5, n + 1.5), ylim=(0, 1))
    film.set_title(
        f"How sure is the model of “{class_name}”, and which frames made it so?", fontsize=11, x=1.02 / (n + 2)
    )
    steps(axes, esvs, prior, score)
    return figure


def steps(axes: Axes, esvs: np.ndarray, prior: float, score: float) -> None:
    """Bars from the prior over all ESVs to the score."""
    n = len(esvs)
    reached = prior + np.concatenate([[0], np.cumsum(esvs)])
    colours = [LIGHT.supports if esv > 0 else LIGHT.distracts for esv in esvs]
    axes.bar([0, n + 1], [prior, score], width=0.7, color=LIGHT.muted)
    axes.bar(range(1, n + 1), esvs, bottom=reached[:-1], width=0.7, color=colours)
    for place, level in enumerate(reached):
        axes.plot([place, place + 1], [level, level], color=LIGHT.muted, linewidth=0.8)
    tops = np.maximum(reached[:-1], reached[1:])
    texts = [(0, prior, f"{prior:.2f}"), (n + 1, score, f"{score:.2f}")]
    texts += [
        (place, top, signed(esv, 2)) for place, top, esv in zip(range(1, n + 1), tops, esvs.tolist(), strict=True)
    ]
    for place, top, text in texts:
        axes.annotate(text, (place, top), (0, 4), textcoords="offset points", ha="center", fontsize=9, bbox=PLATE)
    says(axes, "these frames distract:\nwith them, the model is less sure", 2.5, 0.42, LIGHT.distracts)
    says(axes, "these frames\nsupport the class", 6.0, 0.86, LIGHT.supports)
    axes.set_xticks(range(n + 2), ["prior", *(f"frame {place}" for place in range(1, n + 1)), "score"])
    axes.tick_params(axis="x", length=0, labelcolor=LIGHT.ink)
    axes.grid(axis="x", visible=False)
    axes.axhline(0, color=LIGHT.muted, linewidth=0.9)
    axes.set(xlim=(-0.5, n + 1.5), ylim=(min(0, reached.min()) - 0.05, 1.0))


def says(axes: Axes, text: str, x: float, y: float, colour: str) -> None:
    """A remark."""
    axes.annotate(text, (x, y), ha="center", va="center", fontsize=9, color=colour, fontweight="bold")


def main(argv: Sequence[str] | None = None) -> None:
    """Explain the video and draw."""
    enter_project()
    videos, attributor = DemoVideos(), demo_attributor("feature_multiscale_trn")
    video = videos.sampled(UID, N_FRAMES)
    esvs, scores = attributor.explain(video.features)
    of_class, score = esvs[:, video.label].numpy(), float(scores[video.label])
    prior = score - float(of_class.sum())  # efficiency: what is left of the score is that of no frames
    with atomic_path(OUTPUT) as part:
        draw(video, of_class, prior, score, videos.classes[video.label]).savefig(part, dpi=160)
    print(f"figure: {OUTPUT}")


if __name__ == "__main__":
    sys.exit(run(main))
