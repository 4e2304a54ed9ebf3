"""The methods that are compared, by name, and what they are given."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from jaxtyping import Float
from numpy.random import Generator
from torch import Tensor

from play_fair.arrays import FrameAttributions, Labels, SequenceIndices
from play_fair.baselines import naive
from play_fair.baselines.ablation import BEST
from play_fair.baselines.coalition_scores import CoalitionScores
from play_fair.errors import UserError

N_STEPS = 32
"""Steps of Integrated Gradients; the error of the sum is 4e-4 on the demo."""

ESV = "esv"


@dataclass(frozen=True)
class Method:
    """An attribution method.

    Attributes:
        title: for tables and figures.
        shares: whether attributions have the unit of the score, so that their sum can be compared with it.
    """

    title: str
    shares: bool = True


METHODS = {
    ESV: Method("ESV"),
    "leave-one-out": Method("leave one out"),
    "alone": Method("frame alone"),
    "one-order": Method("one random order"),
    "kernel-shap": Method("KernelSHAP"),
    "ig": Method("IG (mean frame)"),
    "ig-zero": Method("IG (zero)"),
    "gradient-x-input": Method("Gradient x Input"),
    "grad-cam": Method("Grad-CAM", shares=False),
    "grad-cam-signed": Method("signed Grad-CAM", shares=False),
    "attention-rollout": Method("attention rollout", shares=False),
    "uniform": Method("uniform"),
    "middle": Method("middle frame", shares=False),
    "random": Method("random", shares=False),
}
"""In the order of tables and figures."""


def title_of(method: str, exact: bool = True) -> str:
    """Return the title of a method, or of the best possible orders.

    Args:
        exact: whether ESVs are.
    """
    if method == BEST:
        return "best possible order"
    return f"exact {METHODS[ESV].title}" if method == ESV and exact else METHODS[method].title


class Batch(ABC):
    """Input of a method: B videos of a model, and the class of each that is explained."""

    classes: Labels

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """B, n: of n frames, or players of several frames, of each video."""

    @abstractmethod
    def coalition_scores(self) -> CoalitionScores:
        """v of coalitions; not cached, so that the time of each method includes its evaluations."""

    @abstractmethod
    def perturbed(self, radius: float, rng: Generator) -> "Batch":
        """The same videos with uniform noise on the inputs, of `radius` standard deviations of the input at most."""


AnyBatch = TypeVar("AnyBatch", bound=Batch)
Attribute = Callable[[AnyBatch, Generator], FrameAttributions]
"""Attributions of a batch; random methods draw from the generator."""

NAIVE: dict[str, Attribute[Batch]] = {
    "leave-one-out": lambda batch, rng: naive.leave_one_out(batch.coalition_scores()),
    "alone": lambda batch, rng: naive.frame_alone(batch.coalition_scores()),
    "one-order": lambda batch, rng: naive.one_order(batch.coalition_scores(), rng),
    "uniform": lambda batch, rng: naive.uniform(batch.coalition_scores()),
    "middle": lambda batch, rng: naive.middle(*batch.shape),
    "random": lambda batch, rng: naive.random(*batch.shape, rng),
}
"""Methods of every model."""


class ComparedModel(ABC, Generic[AnyBatch]):
    """A model with the N videos that it is explained on.

    Attributes:
        name: of the model.
        classes: true class ids.
        indices: of the sampled frames in their videos.
        methods: those that are possible, by name.
        refusals: why the others are not: a message by name.
        batch_size: videos in a batch.
        evaluations: of the model, for the ESVs of a video; None: they are exact.
        seconds_of_maps: a video, for reading pictures and running the backbone; 0 without maps.
        notes: what a reader of the report has to know of the methods of such models.
    """

    name: str
    uids: list[str]
    classes: Labels
    indices: SequenceIndices
    methods: Mapping[str, Attribute[AnyBatch]]
    refusals: Mapping[str, str]
    batch_size: int
    notes: Sequence[str]
    evaluations: int | None = None
    seconds_of_maps: float = 0.0

    @abstractmethod
    def predict(self) -> Labels:
        """The class of each video that has the highest score."""

    @abstractmethod
    def batch(self, rows: slice, classes: Labels) -> AnyBatch:
        """Consecutive videos, at most `batch_size`, and their classes to explain."""

    @abstractmethod
    def coalition_scores(self, classes: Labels) -> CoalitionScores:
        """v of coalitions of all videos."""

    def require(self, methods: Sequence[str]) -> None:
        """Check that methods are possible.

        Raises:
            UserError: one is not.
        """
        if unknown := [name for name in methods if name not in METHODS]:
            raise UserError(f"expected methods among {', '.join(METHODS)}, got {', '.join(unknown)}")
        if impossible := [name for name in methods if name not in self.methods]:
            raise UserError(self.refusals[impossible[0]])


def perturbed(inputs: Float[Tensor, " B *values"], radius: float, rng: Generator) -> Float[Tensor, " B *values"]:
    """Add noise, uniform in -r..r, to each number; r is `radius` standard deviations of its video's numbers."""
    deviations = inputs.flatten(1).std(dim=1).view(-1, *[1] * (inputs.ndim - 1))
    noise = torch.from_numpy(rng.uniform(-radius, radius, inputs.shape)).to(inputs)
    return inputs + deviations * noise
