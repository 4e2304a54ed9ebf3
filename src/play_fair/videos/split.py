"""A split of a dataset: its videos, where they are, and which class each belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

UNLABELLED = -1
"""Class id of videos whose class nobody tells: the test split of SSv2."""


@dataclass(frozen=True)
class LabelledVideo:
    """One video of a split."""

    uid: str
    template: str
    """The class with brackets around its placeholders, if it has any; empty where the split has no labels."""
    class_id: int
    file: str
    """Its path below the folder of videos."""


@dataclass(frozen=True)
class Split:
    """The videos of a split, and the ids of all classes by name."""

    videos: Sequence[LabelledVideo]
    class_ids: Mapping[str, int]
