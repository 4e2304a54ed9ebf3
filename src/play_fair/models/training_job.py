"""Train the heads of one model, as a job that can be stopped and resumed: weights, accuracies, learning curves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from play_fair.config import TrainingConfig
from play_fair.files import remove_temporaries
from play_fair.jobs import THIS_PROCESS, THREADS, Bar, Engine, Job, OnItems, Partition, no_bar, run_job
from play_fair.models.accuracy import Accuracy, accuracy, read_accuracies, write_accuracies
from play_fair.models.checkpoints import load_checkpoint, save_checkpoint
from play_fair.models.labelled_features import LabelledFeatures
from play_fair.models.learning_curves import plot_learning_curves
from play_fair.models.multiscale import MultiscaleModel
from play_fair.models.training import Epoch, History, train_head

_MULTISCALE_FRAMES = 8

Epochs = list[dict[str, float]]
"""The epochs of one head, each with the fields of `Epoch`."""


@dataclass(frozen=True)
class Head:
    """A head to train.

    Attributes:
        family: name of the model.
        n_frames: number of frames in training.
        make: function that makes it, untrained.
        checkpoint: path of its weights.
        any_length: whether it takes any number of frames.
    """

    family: str
    n_frames: int
    make: Callable[[], nn.Module]
    checkpoint: Path
    any_length: bool = False

    @property
    def name(self) -> str:
        return self.family if self.any_length else f"{self.family}-{self.n_frames}"


@dataclass(frozen=True)
class TrainingJob(Job[Epochs]):
    """One shard for each head: its checkpoint; the result is its epochs. See `train_heads`."""

    heads: Sequence[Head]
    load: Callable[[str], LabelledFeatures]
    config: TrainingConfig
    device: torch.device
    """Device on which accuracies are measured."""

    rounded_by = ("device", THREADS)

    def files(self, index: int) -> Sequence[Path]:
        """The checkpoint of the head."""
        return [self.heads[index].checkpoint]

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[tuple[int, Epochs]]:
        """See `Job.write`. Items are epochs; early stopping counts the rest at once."""
        train, validation = self.load("train"), self.load("validation")
        for index in indices:
            head = self.heads[index]
            model, history = train_head(
                head.make,
                head.n_frames,
                train,
                validation,
                self.config,
                torch.device(device),
                lambda history: on_items(1),
            )
            save_checkpoint(model, head.checkpoint)
            on_items(self.sizes[index] - len(history.epochs))
            yield index, [asdict(epoch) for epoch in history.epochs]

    def merge(self, results: Sequence[Epochs]) -> None:
        """Write the accuracies and the learning curves."""
        validation = self.load("validation").to(self.device)
        write_accuracies(_accuracies(self.heads, [self._trained(head) for head in self.heads], validation), self.output)
        histories = {
            head.name: History([Epoch(**epoch) for epoch in epochs])
            for head, epochs in zip(self.heads, results, strict=True)
        }
        curves = self.output.with_suffix(".png")
        remove_temporaries([curves])
        plot_learning_curves(histories, curves)

    def _trained(self, head: Head) -> nn.Module:
        with torch.random.fork_rng(devices=[]):  # its random weights are replaced below
            model = head.make()
        load_checkpoint(model, head.checkpoint)
        return model.to(self.device).eval()


def train_heads(
    heads: Sequence[Head],
    load: Callable[[str], LabelledFeatures],
    config: TrainingConfig,
    report: Path,
    settings: Mapping[str, Any],
    device: torch.device,
    engine: Engine = THIS_PROCESS,
    partition: Partition | None = None,
    bar: Bar = no_bar,
) -> list[Accuracy]:
    """Train each head and write its checkpoint; then write the accuracies and learning curves of all.

    Accuracies of a head of any length are those on 1..n_frames frames. Heads of a fixed length, ordered by their number
    of frames from 1 on, are measured on that number, and together as a multi-scale model on 1..8 frames (the cost
    doubles with each frame).

    Args:
        load: loads the features of a split, "train" or "validation"; pickled to other processes.
        report: csv file of the accuracies; the learning curves have the same name with the suffix .png.
        settings: JSON values; everything the weights depend on besides `config`. An unfinished job is resumed only with
            the same ones.
        device: on which accuracies are measured.
        engine: where the heads are trained.
        partition: train only the heads of this partition; see `run_job`.
        bar: shows the number of finished epochs.

    Returns:
        The accuracies; none for a partition.
    """
    sizes = [config.epochs] * len(heads)
    job = TrainingJob(
        report, {**settings, "training": config.model_dump(mode="json")}, sizes, heads, load, config, device
    )
    run_job(job, engine, partition, bar)
    return [] if partition is not None else read_accuracies(report)


def _accuracies(heads: Sequence[Head], models: Sequence[nn.Module], videos: LabelledFeatures) -> list[Accuracy]:
    if heads[0].any_length:
        return [accuracy(heads[0].family, models[0], videos, n) for n in range(1, heads[0].n_frames + 1)]
    single = [accuracy(head.family, model, videos, head.n_frames) for head, model in zip(heads, models, strict=True)]
    multiscale = MultiscaleModel(models[:_MULTISCALE_FRAMES])
    frame_counts = range(1, len(multiscale.single_scale_models) + 1)
    return single + [
        accuracy(f"multi-scale {heads[0].family}", multiscale.forward_batch, videos, n) for n in frame_counts
    ]
