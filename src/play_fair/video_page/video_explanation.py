"""The explanation of one video with all that its page shows. Needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from play_fair.explanation import Explanation
from play_fair.video_page.clip import Clip

TOP = 10
"""Classes that are shown of each video, besides those that were asked for."""


@dataclass(frozen=True)
class VideoExplanation:
    """The explanation of the n sampled frames of a clip, with their pictures."""

    clip: Clip
    model: str
    """The model's name."""
    dataset: str
    """The name of the dataset it was trained on."""
    explanation: Explanation
    thumbnails: Sequence[bytes]
    """The n frames as small JPEGs."""
    asked: Sequence[int] = ()
    """Ids of classes that were asked for, in order."""

    @property
    def ranking(self) -> list[int]:
        """All classes, the most likely first."""
        return np.argsort(-self.explanation.scores, kind="stable").tolist()

    @property
    def shown(self) -> list[int]:
        """The classes a page shows: the most likely first, then those that were asked for, each once."""
        return list(dict.fromkeys([*self.ranking[:TOP], *self.asked]))

    def interactions(self, class_id: int) -> Float32[np.ndarray, "n n"] | None:
        """Interactions of every two frames for a shown class; None for others, or if they were not computed."""
        pairs = self.explanation.interactions
        return None if pairs is None or class_id not in self.shown else pairs[..., class_id]
