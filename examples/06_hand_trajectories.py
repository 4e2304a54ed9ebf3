"""What gives away that an actor draws a gun? Hands tracked in video (GunPoint, in the wheel of aeon).

The horizontal position of a hand over 150 frames: an actor draws a replica gun, aims and puts it back into its holster,
or points with a finger. Ye & Keogh ("Time series shapelets", KDD 2009) found what differs: without a gun the hand, back
at the actor's side, overshoots, a dip; with a gun it feels for the holster, and does not. The players here are the
phases of the motion, found in each series by itself. Does the phase in which the hand settles get the largest ESVs?

    python examples/06_hand_trajectories.py [PICTURE]

needs pip install 'play-fair[examples]'. PICTURE: where to draw two explanations.
"""

import sys
from itertools import pairwise

import torch
from aeon.datasets import load_gunpoint
from torch import Tensor, nn
from torch.nn.functional import interpolate

import play_fair
from play_fair.removal import hold

CLASSES = ("gun", "point")
PHASES = ("rest", "reach", "raise", "aim", "lower", "settle", "end")
AROUND = 25  # frames: how long a hand reaches before it rises, and settles after it is back


class Classifier(nn.Module):
    """Short shapes, and roughly when they come: (N, T, 1) to logits (N, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes = nn.Sequential(
            nn.Conv1d(1, 16, 9, padding=4), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(16, 32, 9, padding=4), nn.ReLU()
        )
        self.classifier = nn.Sequential(nn.AdaptiveMaxPool1d(6), nn.Flatten(), nn.Linear(6 * 32, len(CLASSES)))

    def forward(self, series: Tensor) -> Tensor:
        return self.classifier(self.shapes(series.transpose(1, 2)))


def load(split: str) -> tuple[Tensor, Tensor]:
    """Series (N, 150, 1) and class ids."""
    series, labels = load_gunpoint(split=split)
    return torch.from_numpy(series).float().transpose(1, 2), torch.tensor([int(label) - 1 for label in labels])


def phases_of(series: Tensor) -> list[int]:
    """The number of frames of each of the `PHASES` of one series (T, 1); each has one at least."""
    height = series[:, 0] - series[:10, 0].mean()
    above = [(height > share * height.max()).nonzero()[:, 0] for share in (0.25, 0.9)]
    (leaves, returns), (arrives, departs) = ((int(frames[0]), int(frames[-1]) + 1) for frames in above)
    cuts = [0, leaves - AROUND, leaves, arrives, departs, returns, returns + AROUND, len(series)]
    for i in range(1, len(cuts) - 1):
        cuts[i] = min(max(cuts[i], cuts[i - 1] + 1), len(series) - len(PHASES) + i)
    return [end - begin for begin, end in pairwise(cuts)]


def with_some_phases(series: Tensor, lengths: list[int]) -> Tensor:
    """One series as the explanation will show it: without some of its phases."""
    kept = torch.rand(len(PHASES)) < torch.rand(())
    kept = kept if kept.any() else ~kept
    return hold(series, kept.repeat_interleave(torch.tensor(lengths))[None])[0]


def train(series: Tensor, labels: Tensor) -> Classifier:
    """On whole series and, so that it knows what it says when phases are removed, on parts, in turn."""
    model, phases = Classifier(), [phases_of(one) for one in series]
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-3)
    for step in range(400):
        inputs = series if step % 2 else torch.stack(list(map(with_some_phases, series, phases)))
        shifted = (inputs + 0.03 * torch.randn_like(inputs)).roll(int(torch.randint(-8, 9, ())), dims=1)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(shifted), labels, label_smoothing=0.05).backward()
        optimizer.step()
    return model.eval()


def explain(model: Classifier, series: Tensor) -> list[play_fair.Explanation]:
    """Exact ESVs of the phases of each series: 2^7 - 1 evaluations."""
    return [
        play_fair.explain(
            model, one, removal="hold", segments=phases_of(one), prior=[0.5, 0.5], class_names=CLASSES, budget=127
        )
        for one in series
    ]


def alone(series: Tensor, labels: Tensor, test_series: Tensor, test_labels: Tensor) -> list[float]:
    """What each phase tells without a network: the accuracy of the nearest neighbour in that phase alone."""

    def parts(all_series: Tensor) -> Tensor:  # (phases, N, 25)
        rows = [one.split(phases_of(one)) for one in all_series]
        return torch.stack([torch.cat([interpolate(part.T[None], 25)[0] for part in row]) for row in rows], dim=1)

    nearest = torch.cdist(parts(test_series), parts(series)).argmin(dim=2)
    return (labels[nearest] == test_labels).float().mean(dim=1).tolist()


def show(explanations: list[play_fair.Explanation], labels: Tensor) -> None:
    """For each class: the mean ESV of each phase, and how often it has the largest."""
    esvs = torch.stack(
        [torch.from_numpy(one.values[:, label].copy()) for one, label in zip(explanations, labels, strict=True)]
    )
    for class_id, name in enumerate(CLASSES):
        of_class = esvs[labels == class_id]
        largest = torch.bincount(of_class.argmax(dim=1), minlength=len(PHASES)) / len(of_class)
        print(f"{name + ', mean ESV':24}{''.join(f'{value:+8.2f}' for value in of_class.mean(dim=0))}")
        print(f"{name + ', has the largest':24}{''.join(f'{share:8.0%}' for share in largest)}")


def draw(series: Tensor, labels: Tensor, explanations: list[play_fair.Explanation], path: str) -> None:
    """A series of each class, its phases coloured by their ESVs for its class."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    for class_id, axes in enumerate(figure.subplots(2, 1, sharex=True)):
        row = max((labels == class_id).nonzero()[:, 0].tolist(), key=lambda i: explanations[i].values[5, class_id])
        esvs, begin = explanations[row].values[:, class_id], 0
        for phase, length, esv in zip(PHASES, phases_of(series[row]), esvs, strict=True):
            colour = "tab:blue" if esv > 0 else "tab:orange"
            axes.axvspan(begin, begin + length, color=colour, alpha=min(1.0, abs(esv) / abs(esvs).max()) * 0.6, lw=0)
            axes.text(begin + length / 2, 2.3, f"{phase}\n{esv:+.2f}", ha="center", va="bottom", fontsize=8)
            begin += length
        axes.plot(series[row, :, 0], color="black")
        axes.set(ylabel=f"{CLASSES[class_id]}: position", ylim=(-2, 2.3), xlim=(0, len(series[row])))
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("frame")
    figure.savefig(path, dpi=120)


def main(picture: str | None = None) -> None:
    torch.manual_seed(0)
    (series, labels), (test_series, test_labels) = load("train"), load("test")
    explanations = explain(train(series, labels), test_series)
    right = [one.predicted == label for one, label in zip(explanations, test_labels, strict=True)]
    print(f"{sum(right) / len(right):.0%} of {len(right)} series right.\n")
    print(f"{'':24}{''.join(f'{phase:>8}' for phase in PHASES)}")
    show(explanations, test_labels)
    shares = alone(series, labels, test_series, test_labels)
    print(f"{'nearest neighbour, alone':24}{''.join(f'{share:8.0%}' for share in shares)}")
    if picture is not None:
        draw(test_series, test_labels, explanations, picture)


if __name__ == "__main__":
    main(*sys.argv[1:2])
