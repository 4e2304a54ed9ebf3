"""Sequence models to compare estimators on, and the scores of all coalitions of the frames of some videos.

Three models are black boxes: a GRU, a transformer and a temporal convolution. They are trained here on the demo's
features, on random subsets of frames of random sizes, less than a minute each. The other two are the demo's TSN and
multi-scale TRN. What takes time is cached in datasets/demo/benchmarks/.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from demo_models import ROOT, load_demo
from torch import Tensor, nn

from play_fair.games import CoalitionScorer, CompleteLattice
from play_fair.games.lattice import Lattice

CACHE = ROOT / "datasets" / "demo" / "benchmarks"

N_STEPS = 2500
BATCH_SIZE = 64
MAX_TRAINING_FRAMES = 16
MAX_FRAMES = 32
ROWS_AT_ONCE = 2048


class Gru(nn.Module):
    """A bidirectional GRU: logits of the last states of both directions."""

    def __init__(self, dim: int, n_classes: int, hidden: int = 64) -> None:
        super().__init__()
        self.project = nn.Linear(dim, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * hidden, n_classes)

    def forward(self, frames: Tensor) -> Tensor:
        """(N, s, D) -> logits (N, C)."""
        _, last = self.gru(torch.relu(self.project(frames)))
        return self.head(torch.cat([last[0], last[1]], dim=-1))


class Transformer(nn.Module):
    """Two layers with learnt positions 0, ..., s - 1; logits of the mean token."""

    def __init__(self, dim: int, n_classes: int, hidden: int = 64) -> None:
        super().__init__()
        self.project = nn.Linear(dim, hidden)
        self.position = nn.Parameter(0.1 * torch.randn(MAX_FRAMES, hidden))
        layer = nn.TransformerEncoderLayer(hidden, 4, 128, dropout=0.1, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, n_classes))

    def forward(self, frames: Tensor) -> Tensor:
        """(N, s, D) -> logits (N, C)."""
        return self.head(self.layers(self.project(frames) + self.position[: frames.shape[1]]).mean(dim=1))


class TemporalConvolution(nn.Module):
    """Two residual convolutions of width 3; logits of the mean and the maximum over time."""

    def __init__(self, dim: int, n_classes: int, hidden: int = 64) -> None:
        super().__init__()
        self.project = nn.Linear(dim, hidden)
        self.convolutions = nn.ModuleList([nn.Conv1d(hidden, hidden, 3, padding=1) for _ in range(2)])
        self.head = nn.Linear(2 * hidden, n_classes)

    def forward(self, frames: Tensor) -> Tensor:
        """(N, s, D) -> logits (N, C)."""
        hidden = torch.relu(self.project(frames)).transpose(1, 2)
        for convolution in self.convolutions:
            hidden = hidden + torch.relu(convolution(hidden))
        return self.head(torch.cat([hidden.mean(dim=2), hidden.amax(dim=2)], dim=-1))


BLACK_BOXES = {"GRU": Gru, "Transformer": Transformer, "Temporal convolution": TemporalConvolution}
DEMO_MODELS = {"Multi-scale TRN": "feature_multiscale_trn", "TSN": "feature_tsn"}
GAMES = (*BLACK_BOXES, *DEMO_MODELS)


@dataclass(frozen=True)
class Tables:
    """The scores of all coalitions of the n frames of some videos, and their exact ESVs."""

    videos: Tensor
    """(V, n, D)."""
    labels: Tensor
    """(V,): the true classes."""
    values: Tensor
    """(V, 2^n, C) float32; bit i of a row's index: whether frame i is in the coalition."""
    esvs: Tensor
    """(V, n, C) float64."""


class TableGame:
    """The game of one video, from its table of scores. Counts the distinct coalitions that are looked up."""

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self.evaluated: set[int] = set()

    def scorer(self, videos: Tensor) -> CoalitionScorer:
        """See `ScoresCoalitions`."""
        return self._score

    def levels(self, videos: Tensor, lattice: Lattice) -> Iterator[Tensor]:
        """See `Game`."""
        return (self._score(level.membership) for level in lattice)

    @property
    def n_evaluations(self) -> int:
        """Distinct coalitions, without the empty one."""
        return len(self.evaluated - {0})

    def _score(self, coalitions: Tensor) -> Tensor:
        codes = codes_of(coalitions)
        self.evaluated.update(codes.tolist())
        return self.values[codes][:, None]


def codes_of(coalitions: Tensor) -> Tensor:
    """(N, n) bool -> rows of a table (N,)."""
    return (coalitions.long() << torch.arange(coalitions.shape[1])).sum(dim=1)


def load_tables(game: str, split: str, n: int, n_videos: int) -> Tables:
    """The tables of a name in `GAMES`. Run where `bin/demo` ran."""
    path = CACHE / f"{_file_name(game)}-{split}-{n}-{n_videos}.pt"
    if not path.exists():
        demo = load_demo(DEMO_MODELS.get(game, "feature_tsn"), split, n_videos)
        videos = demo.videos(n)
        if game in BLACK_BOXES:
            model, n_classes = trained(game), demo.exact.n_classes
            values = torch.stack([_table_of_model(model, video, n_classes) for video in videos])
        else:
            lattice = CompleteLattice(n, videos.device)
            values = torch.zeros(len(videos), 2**n, demo.exact.n_classes)
            with torch.no_grad():
                for level, scores in zip(lattice, demo.exact.game.levels(videos, lattice), strict=True):
                    values[:, codes_of(level.membership)] = scores.transpose(0, 1).float()
        esvs = torch.einsum("ns,vsc->vnc", _shapley_weights(n), values.double())
        _save({"videos": videos, "labels": demo.labels, "values": values, "esvs": esvs}, path)
    return Tables(**torch.load(path))


def trained(name: str) -> nn.Module:
    """A black box, trained on the demo's training videos with seed 0."""
    path = CACHE / f"{_file_name(name)}.pth"
    demo = load_demo("feature_tsn", "train", 10**9) if not path.exists() else load_demo("feature_tsn", "test", 1)
    torch.manual_seed(0)
    model = BLACK_BOXES[name](demo.features[0].shape[1], demo.exact.n_classes)
    if path.exists():
        model.load_state_dict(torch.load(path))
        return model.eval()
    features = [torch.from_numpy(of_video) for of_video in demo.features]
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, N_STEPS)
    for _ in range(N_STEPS):
        size = int(torch.randint(1, MAX_TRAINING_FRAMES + 1, ()))
        rows = torch.randint(len(features), (BATCH_SIZE,))
        batch = torch.stack([_random_frames(features[row], size) for row in rows.tolist()])
        loss = nn.functional.cross_entropy(model(batch), demo.labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    _save(model.state_dict(), path)
    return model.eval()


def _random_frames(features: Tensor, size: int) -> Tensor:
    return features[torch.randperm(len(features))[:size].sort().values]


@torch.no_grad()
def _table_of_model(model: nn.Module, video: Tensor, n_classes: int) -> Tensor:
    """(2^n, C) probabilities; uniform for the empty coalition."""
    n = len(video)
    masks = (torch.arange(2**n)[:, None] >> torch.arange(n)) & 1 == 1
    sizes = masks.sum(dim=1)
    values = torch.full((2**n, n_classes), 1 / n_classes)
    for size in range(1, n + 1):
        for codes in (sizes == size).nonzero()[:, 0].split(ROWS_AT_ONCE):
            frames = masks[codes].nonzero()[:, 1].view(-1, size)
            values[codes] = torch.softmax(model(video[frames]), dim=-1)
    return values


def _shapley_weights(n: int) -> Tensor:
    """(n, 2^n) float64: weights of a table's rows in the ESV of each frame."""
    masks = ((torch.arange(2**n)[:, None] >> torch.arange(n)) & 1).double()
    size = masks.sum(dim=1)
    with_frame = torch.exp(torch.lgamma(size.clamp(min=1)) + torch.lgamma(n - size + 1) - math.lgamma(n + 1))
    without = torch.exp(torch.lgamma(size + 1) + torch.lgamma((n - size).clamp(min=1)) - math.lgamma(n + 1))
    return masks.T * with_frame - (1 - masks).T * without


def _file_name(name: str) -> str:
    return name.lower().replace(" ", "-")


def _save(data: dict[str, Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(data, partial)
    partial.replace(path)
