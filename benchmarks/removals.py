"""How much ESVs depend on what stands in for a removed frame, on two networks trained on pixels.

    python benchmarks/removals.py [--videos 24] [--budget 96] [--networks convolution transformer]

Networks and clips are those of examples/04_pixels.py: 16 frames of test videos of the demo, half of them with local
evidence and half with a change of state. ESVs are those of the true class. Measured for each removal: the rank
correlation of its ESVs with those of the others, the removal gap, and whether the largest ESV lies in the frames that
are known to decide. What is measured is kept in the folder, beside the weights. Writes docs/benchmarks/removals.md and
docs/media/removals.png.
"""

import argparse
import runpy
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from reports import DOCS, figure, save_figure, table, write_docs
from torch import Tensor, nn

import play_fair
from play_fair.analysis.bootstrap import GroupBootstrap
from play_fair.baselines.ablation import DISTRACTING, FIRST, SUPPORTING, area, removals
from play_fair.baselines.coalition_scores import EvaluatedScores
from play_fair.baselines.decisive import (
    DecisiveFrames,
    best_fixed,
    chance,
    clips_of,
    inside_windows,
    pointing_hit,
    read_decisive_frames,
    shuffled,
)
from play_fair.cli import progress
from play_fair.formatting import interval
from play_fair.games import ModelGame
from play_fair.removal import REMOVALS

EXAMPLE = DOCS.parent / "examples" / "04_pixels.py"
NAMES = list(REMOVALS)
PAIRED_CLASS = torch.tensor([9, 3, 4, 1, 2, 8, 7, 6, 5, 0])
"""The action that the reversal of a video shows."""
CONTROLS = {
    "untrained": "a network with random weights",
    "shuffled": "the frames of the video in another order",
    "reversed": "the reversed video, and the action that it shows",
    "reversed, mean": "the same, with the removal mean in place of hold",
}
"""Name -> what is explained besides; with the removal hold."""


def chosen_videos(uids: list[str], windows: dict[str, DecisiveFrames], n_videos: int) -> list[int]:
    """Rows of as many clips of each kind of evidence, each clip with its reversal."""
    rows = []
    for kind in ("local", "state-change"):
        clips = dict.fromkeys(clip for clip, uid in zip(clips_of(uids, windows), uids, strict=True)
                              if windows[uid].kind == kind)  # fmt: skip
        for clip in islice(clips, n_videos // 4):
            rows += [row for row, uid in enumerate(uids) if clip in (uid, windows[uid].twin)]
    return rows


def esvs_of(network: nn.Module, video: Tensor, label: int, removal: str, budget: int) -> np.ndarray:
    """ESVs (T,) of a class."""
    return play_fair.explain(network, video, removal=removal, budget=budget).values[:, label]


def removal_gap(network: nn.Module, video: Tensor, label: int, removal: str, esvs: np.ndarray) -> float:
    """Area under the score as the least supporting frames go first, minus that as the most supporting ones do.

    Some frame is always left: what stands in for all of them differs between removals.
    """
    scores = EvaluatedScores(ModelGame(network, removal=removal), video[None], np.array([label]))
    curves = removals(scores, {"esv": esvs[None].astype(np.float64)})["esv"]
    areas = {first: area(curves[first].scores[:, :-1])[0] for first in FIRST}
    return float(areas[DISTRACTING] - areas[SUPPORTING])


def measure(name: str, example: dict[str, Any], folder: Path, n_videos: int, budget: int) -> dict[str, np.ndarray]:
    """ESVs (N, T) by removal and by control, and gaps (N,) by removal, of one network."""
    path = folder / f"{name}-removals-{n_videos}-{budget}.npz"
    if path.exists():
        return dict(np.load(path))
    clips, windows = example["load_clips"]("test"), read_decisive_frames("datasets/demo/labels/decisive-frames.json")
    rows = chosen_videos(clips.uids, windows, n_videos)
    network = example["trained"](name, folder)
    torch.manual_seed(1)
    untrained = example["NETWORKS"][name][0]().eval()
    order = torch.randperm(example["N_FRAMES"])
    found: dict[str, list[Any]] = {key: [] for key in (*NAMES, *CONTROLS, *(f"gap {removal}" for removal in NAMES))}
    for row in progress(rows, name, len(rows)):
        video, label = clips.frames[row], int(clips.labels[row])
        other = int(PAIRED_CLASS[label])
        for removal in NAMES:
            found[removal].append(esvs_of(network, video, label, removal, budget))
            found[f"gap {removal}"].append(removal_gap(network, video, label, removal, found[removal][-1]))
        found["untrained"].append(esvs_of(untrained, video, label, "hold", budget))
        found["shuffled"].append(esvs_of(network, video[order], label, "hold", budget)[order.argsort().numpy()])
        found["reversed"].append(esvs_of(network, video.flip(0), other, "hold", budget)[::-1])
        found["reversed, mean"].append(esvs_of(network, video.flip(0), other, "mean", budget)[::-1])
    result = {key: np.array(values) for key, values in found.items()} | {"rows": np.array(rows)}
    result["accuracy"] = np.array(example["accuracy"](network, clips))
    np.savez(path, **result)
    return result


def rank_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spearman's, of each row (N, T)."""
    ranks = [pd.DataFrame(values).rank(axis=1).to_numpy() for values in (first, second)]
    centred = [values - values.mean(axis=1, keepdims=True) for values in ranks]
    a, b = centred
    return (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1)).clip(min=1e-12)


def study(found: dict[str, np.ndarray], example: dict[str, Any]) -> tuple[dict[str, list[list[str]]], np.ndarray]:
    """Tables by name, as text, and the mean rank correlations (R, R)."""
    clips, windows = example["load_clips"]("test"), read_decisive_frames("datasets/demo/labels/decisive-frames.json")
    rows = found["rows"].tolist()
    uids = [clips.uids[row] for row in rows]
    inside, names = inside_windows(uids, clips.frame_idxs[rows], windows), clips_of(uids, windows)
    local = np.array([windows[uid].kind == "local" for uid in uids])
    group = pd.Categorical(names)
    bootstrap = GroupBootstrap(len(group.categories))

    def mean(values: np.ndarray, chosen: np.ndarray | None = None) -> str:
        frame = pd.DataFrame({"all": 0, "uid": uids, "group": group, "value": values})
        (line,) = bootstrap.means(frame if chosen is None else frame[chosen], ["all"], "value").itertuples()
        return interval(line.mean, line.low, line.high, 2)

    correlations = {(a, b): rank_correlations(found[a], found[b]) for a in NAMES for b in NAMES}
    hits = {removal: pointing_hit(found[removal], inside) for removal in NAMES}
    tables = {
        "correlations": [[a, *("" if a == b else mean(correlations[a, b]) for b in NAMES)] for a in NAMES],
        "measures": [
            [
                removal,
                mean(np.mean([correlations[removal, other] for other in NAMES if other != removal], axis=0)),
                mean(found[f"gap {removal}"]),
                mean(hits[removal], local),
                mean(hits[removal], ~local),
            ]
            for removal in NAMES
        ],
        "references": [
            [title, "", "", *(mean(values, chosen) for chosen in (local, ~local))]
            for title, values in (
                ("other videos' ESVs (hold)", shuffled(pointing_hit, found["hold"], inside, names)),
                ("best fixed frame", np.where(local, *(_fixed(inside, chosen) for chosen in (local, ~local)))),
                ("chance", chance(pointing_hit, inside)),
            )
        ],
        "controls": [
            [name, what, mean(rank_correlations(found[name], found["mean" if "mean" in name else "hold"]))]
            for name, what in CONTROLS.items()
        ],
    }
    return tables, np.array([[correlations[a, b].mean() for b in NAMES] for a in NAMES])


def _fixed(inside: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """`best_fixed` among the chosen videos, in the place of each."""
    values = np.full(len(inside), np.nan)
    values[chosen] = best_fixed(pointing_hit, inside[chosen])
    return values


def draw(matrices: dict[str, np.ndarray]) -> None:
    """A heat map of rank correlations for each network."""
    fig, all_axes = figure(len(matrices))
    for axes, (name, matrix) in zip(all_axes, matrices.items(), strict=True):
        axes.imshow(matrix, vmin=-1, vmax=1, cmap="RdBu")
        axes.set(title=name, xticks=range(len(NAMES)), yticks=range(len(NAMES)))
        axes.set_xticklabels(NAMES)
        axes.set_yticklabels(NAMES)
        axes.grid(visible=False)
        for (i, j), value in np.ndenumerate(matrix):
            axes.text(j, i, f"{value:.2f}", ha="center", va="center", color="white" if abs(value) > 0.6 else "black")
    save_figure(fig, "removals")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=24, help="a multiple of 4 (default: %(default)s)")
    parser.add_argument("--budget", type=int, default=96, help="evaluations of an explanation (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("checkpoints/demo/pixels"), help="(default: %(default)s)")
    parser.add_argument("--networks", nargs="+", metavar="NAME", help="of the example (default: all)")
    args = parser.parse_args()
    example = runpy.run_path(str(EXAMPLE))
    parts, matrices = [], {}
    names = args.networks or list(example["NETWORKS"])
    for name in names:
        found = measure(name, example, args.folder, args.videos, args.budget)
        tables, matrices[name] = study(found, example)
        measures = table(
            ["removal", "rank correlation with the others", "removal gap", "hit, local", "hit, state change"],
            [*tables["measures"], *tables["references"]],
        )
        controls = table(["control", "explained", "rank correlation with the ESVs"], tables["controls"])
        pairs = table(["", *NAMES], tables["correlations"])
        parts.append(
            f"## {name.capitalize()}\n\n{float(found['accuracy']):.1%} of the 200 test videos right.\n\n{measures}\n\n"
            f"Rank correlations of ESVs between removals:\n\n{pairs}\n\nControls:\n\n{controls}"
        )
    draw(matrices)
    intro = (
        f"Measured: {' and '.join(names)}. On {args.videos} test videos of the demo "
        f"({args.videos // 2} clips and their reversals), 16 frames, "
        f"{args.budget} evaluations an explanation; 95 % intervals by a bootstrap over clips. Removal gap: the area "
        "under the score as the least supporting frames go first, minus that as the most supporting ones do, each "
        "removed in the same way: high is good. Hit: how often the frame with the largest ESV is in the decisive "
        "window: high is good."
    )
    text = "\n\n".join([intro, "![Rank correlations of ESVs between removals](../media/removals.png)", *parts])
    write_docs("removals", "What stands in for a removed frame", text)


if __name__ == "__main__":
    sys.exit(main())
