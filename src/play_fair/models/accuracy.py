"""Top-1 and top-5 accuracy of models on features."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch

from play_fair.files import atomic_path
from play_fair.models.labelled_features import LabelledFeatures
from play_fair.tensors import LogitBatch, VideoBatch

_BATCH = 256


@dataclass(frozen=True)
class Accuracy:
    """Share of videos (0..1) whose class has the highest score, or is among the first five, on n uniform frames."""

    model: str
    n_frames: int
    top1: float
    top5: float


@torch.no_grad()
def accuracy(
    name: str, logits_of: Callable[[VideoBatch], LogitBatch], videos: LabelledFeatures, n_frames: int
) -> Accuracy:
    """Measure the accuracy of a model in evaluation mode, on the centre frames of n equal segments of each video."""
    logits = torch.cat([logits_of(batch) for batch in videos.uniform(n_frames).split(_BATCH)])
    guesses = logits.topk(min(5, logits.shape[1]), dim=1).indices
    right = guesses == videos.labels[:, None]
    return Accuracy(name, n_frames, right[:, 0].double().mean().item(), right.any(dim=1).double().mean().item())


def write_accuracies(accuracies: Iterable[Accuracy], path: Path | str) -> None:
    """Write `model,n_frames,top1,top5`, one row each, atomically."""
    with atomic_path(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Accuracy)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(accuracy) for accuracy in accuracies)


def read_accuracies(path: Path | str) -> list[Accuracy]:
    """Read a file of `write_accuracies`."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [
            Accuracy(row["model"], int(row["n_frames"]), float(row["top1"]), float(row["top5"]))
            for row in csv.DictReader(file)
        ]
