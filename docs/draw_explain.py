"""Draw docs/media/explain.png: what `play_fair.explain` says of a video of the demo, and print its explanation.

    PYTHONPATH=notebooks python docs/draw_explain.py

Needs what bin/demo makes.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import play_fair
from notebook_helpers.demo import DemoVideos, demo_attributor, enter_project
from play_fair.cli import run
from play_fair.files import atomic_path
from play_fair.games import MultiscaleGame

UID, N_FRAMES = "932", 8
OUTPUT = Path("docs/media/explain.png")


def main(argv: Sequence[str] | None = None) -> None:
    """Explain the video and draw."""
    enter_project()
    videos, game = DemoVideos(), demo_attributor("feature_multiscale_trn").game
    video = videos.sampled(UID, N_FRAMES)
    assert isinstance(game, MultiscaleGame)
    networks, priors = game.single_scale_models, game.priors

    explanation = play_fair.explain(networks, video.features, prior=priors, class_names=videos.classes)
    print(explanation)
    with atomic_path(OUTPUT) as part:
        explanation.plot(frames=video.pictures).savefig(part, dpi=160)
    print(f"figure: {OUTPUT}")


if __name__ == "__main__":
    sys.exit(run(main))
