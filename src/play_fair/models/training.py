"""Train a head on frame features in memory."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from play_fair.config import TrainingConfig
from play_fair.models.labelled_features import LabelledFeatures
from play_fair.tensors import LogitBatch, VideoBatch


@dataclass(frozen=True)
class Epoch:
    """Metrics of one epoch: losses are mean cross entropies, accuracies are in 0..1."""

    train_loss: float
    train_top1: float
    validation_loss: float
    validation_top1: float


@dataclass
class History:
    """The model with the weights of its best epoch, and all epochs."""

    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> int:
        """Index of the epoch with the highest validation accuracy; among equals, the lowest validation loss."""
        ranks = [(epoch.validation_top1, -epoch.validation_loss) for epoch in self.epochs]
        return ranks.index(max(ranks))


def train_head(
    make_model: Callable[[], nn.Module],
    n_frames: int,
    train: LabelledFeatures,
    validation: LabelledFeatures,
    config: TrainingConfig,
    device: torch.device,
    on_epoch: Callable[[History], object] = lambda history: None,
) -> tuple[nn.Module, History]:
    """Train a new model on a random frame from each of `n_frames` segments of the videos.

    AdamW with a cosine schedule down to zero. The model is validated on the centre frames and returned with the weights
    of its best epoch, in evaluation mode on `device`. The same seed gives the same model on the same device; the global
    random state is restored.

    Args:
        make_model: makes the model, (B, n_frames, D) -> logits (B, C), with random weights.
        on_epoch: called after each epoch with all epochs so far, for progress.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        model = make_model().to(device)
        return model, _train(model, n_frames, train.to(device), validation.to(device), config, on_epoch)


def _train(
    model: nn.Module,
    n_frames: int,
    train: LabelledFeatures,
    validation: LabelledFeatures,
    config: TrainingConfig,
    on_epoch: Callable[[History], object],
) -> History:
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.epochs)
    validation_videos = validation.uniform(n_frames)
    history = History()
    best_weights = copy.deepcopy(model.state_dict())
    for number in range(config.epochs):
        train_loss, train_top1 = _train_epoch(model, n_frames, train, config, optimiser)
        schedule.step()
        validation_loss, validation_top1 = _evaluate(model, validation_videos, validation.labels)
        epoch = Epoch(train_loss, train_top1, validation_loss, validation_top1)
        history.epochs.append(epoch)
        on_epoch(history)
        if history.best == number:
            best_weights = copy.deepcopy(model.state_dict())
        elif number - history.best >= config.patience:
            break
    model.load_state_dict(best_weights)
    model.eval()
    return history


def _train_epoch(
    model: nn.Module, n_frames: int, train: LabelledFeatures, config: TrainingConfig, optimiser: torch.optim.Optimizer
) -> tuple[float, float]:
    """Train for one epoch; return its mean loss and accuracy."""
    device = train.frames.device
    model.train()
    total_loss = torch.zeros((), device=device)
    correct = torch.zeros((), device=device)
    # Batches of nearly equal sizes: batch norm fails on a batch of one video.
    n_batches = math.ceil(len(train) / config.batch_size)
    for videos in torch.randperm(len(train), device=device).tensor_split(n_batches):
        labels = train.labels[videos]
        positions = torch.rand(len(videos), n_frames, dtype=torch.float64, device=device)
        logits: LogitBatch = model(train.sample(videos, positions))
        loss = cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total_loss += loss.detach() * len(videos)
        correct += (logits.argmax(dim=1) == labels).sum()
    return total_loss.item() / len(train), correct.item() / len(train)


@torch.no_grad()
def _evaluate(model: nn.Module, videos: VideoBatch, labels: Tensor) -> tuple[float, float]:
    model.eval()
    logits: LogitBatch = model(videos)
    return cross_entropy(logits, labels).item(), (logits.argmax(dim=1) == labels).float().mean().item()
