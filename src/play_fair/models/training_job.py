"""Train the heads of one model and leave what a person wants of them: weights, accuracies, learning curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from play_fair.config import TrainingConfig
from play_fair.models.accuracy import Accuracy, accuracy, write_accuracies
from play_fair.models.checkpoints import save_checkpoint
from play_fair.models.labelled_features import LabelledFeatures
from play_fair.models.learning_curves import plot_learning_curves
from play_fair.models.multiscale import MultiscaleModel
from play_fair.models.training import History, train_head

_MULTISCALE_FRAMES = 8


@dataclass(frozen=True)
class Head:
    """A head to train.

    Attributes:
        n_frames: it sees in training.
        make: makes it, untrained.
        checkpoint: where its weights go.
        any_length: whether it takes other numbers of frames, too.
    """

    family: str
    n_frames: int
    make: Callable[[], nn.Module]
    checkpoint: Path
    any_length: bool = False

    @property
    def name(self) -> str:
        return self.family if self.any_length else f"{self.family}-{self.n_frames}"


def train_heads(
    heads: Sequence[Head],
    train: LabelledFeatures,
    validation: LabelledFeatures,
    config: TrainingConfig,
    device: torch.device,
    report: Path,
    on_epoch: Callable[[Head, History], object] = lambda head, history: None,
) -> list[Accuracy]:
    """Train each head and write its checkpoint; then the accuracies, and the learning curves beside them.

    One head of any length is measured on 1..n_frames frames. Heads of a fixed length, given in the order of their
    number of frames from 1 on, are measured on their own number, and together as a multi-scale model on 1..8 frames
    (its cost doubles with each frame).

    Args:
        report: csv of the accuracies; the picture of the curves has the same name, but for its suffix.
    """
    models: list[nn.Module] = []
    histories: dict[str, History] = {}
    for head in heads:
        model, histories[head.name] = train_head(
            head.make, head.n_frames, train, validation, config, device, partial(on_epoch, head)
        )
        save_checkpoint(model, head.checkpoint)
        models.append(model)
    accuracies = _accuracies(heads, models, validation.to(device))
    write_accuracies(accuracies, report)
    plot_learning_curves(histories, report.with_suffix(".png"))
    return accuracies


def _accuracies(heads: Sequence[Head], models: Sequence[nn.Module], videos: LabelledFeatures) -> list[Accuracy]:
    if heads[0].any_length:
        return [accuracy(heads[0].family, models[0], videos, n) for n in range(1, heads[0].n_frames + 1)]
    single = [accuracy(head.family, model, videos, head.n_frames) for head, model in zip(heads, models, strict=True)]
    multiscale = MultiscaleModel(models[:_MULTISCALE_FRAMES])
    frame_counts = range(1, len(multiscale.single_scale_models) + 1)
    return single + [
        accuracy(f"multi-scale {heads[0].family}", multiscale.forward_batch, videos, n) for n in frame_counts
    ]
