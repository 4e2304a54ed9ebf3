"""What attribution methods are given: videos of a model, and the class of each that is explained."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from jaxtyping import Float
from numpy.random import Generator
from torch import Tensor

from play_fair.arrays import FrameAttributions, Labels, SequenceIndices
from play_fair.baselines.coalition_scores import CoalitionScores
from play_fair.baselines.methods import METHODS
from play_fair.errors import UserError


@dataclass(frozen=True)
class SampledVideos:
    """N videos of which frames were sampled.

    Attributes:
        classes: true class ids.
        indices: of the sampled frames in their videos.
    """

    uids: list[str]
    classes: Labels
    indices: SequenceIndices


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
