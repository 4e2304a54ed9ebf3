"""A split of a dataset: its videos, their files and their classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

UNLABELLED = -1
"""Class id of videos without label: the test split of Something-Something v2."""


@dataclass(frozen=True)
class LabelledVideo:
    """One video of a split."""

    uid: str
    template: str
    """Class name with brackets around its placeholders; empty without label."""
    class_id: int
    file: str
    """Path relative to the folder of videos."""


@dataclass(frozen=True)
class Split:
    """The videos of a split, and {class name: id} of all classes."""

    videos: Sequence[LabelledVideo]
    class_ids: Mapping[str, int]
