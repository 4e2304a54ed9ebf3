"""What panels are drawn from: the view that an address selects, and one model's explanations in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from esv_dashboard.catalogue import Catalogue, Model, Video
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.plotting import THEMES
from esv_dashboard.view import View, from_query, listed
from play_fair.explanation import Explanation
from play_fair.palette import LIGHT, Palette


@dataclass(frozen=True)
class ModelContext:
    """The explanations of one video by one model."""

    index: int
    """Of the model in the catalogue."""
    model: Model
    video: Video
    view: View
    explanations: Mapping[int, Explanation]
    """By number of frames fed; empty if the model has no results for the video."""
    frames: FrameStore
    theme: Palette = LIGHT

    @property
    def explanation(self) -> Explanation:
        """The explanation for the number of frames of the view.

        Raises:
            KeyError: there is none; see `has_result`.
        """
        return self.explanations[self.view.n_frames]

    @property
    def has_result(self) -> bool:
        """Whether there is an explanation for the number of frames of the view."""
        return self.view.n_frames in self.explanations


@dataclass(frozen=True)
class PageContext:
    """The view of the catalogue that an address selects."""

    catalogue: Catalogue
    frames: FrameStore
    query: str | None
    """Of the address; `view` also has what is missing in it."""
    view: View
    notices: tuple[str, ...]
    """About parts of the query that were ignored."""
    theme: Palette

    @classmethod
    def from_address(
        cls, catalogue: Catalogue, frames: FrameStore, query: str | None, scheme: str | None = None
    ) -> "PageContext":
        """Context of a query of the address and a colour scheme, "light" or "dark"."""
        view, notices = from_query(catalogue, query)
        return cls(catalogue, frames, query, view, tuple(notices), THEMES.get(scheme or "light", LIGHT))

    @property
    def video(self) -> Video:
        """The video of the view."""
        video = self.catalogue.video(self.view.uid)
        assert video is not None, "views are of videos in the catalogue"
        return video

    @cached_property
    def listed(self) -> Sequence[str]:
        """Uids of the videos that pass the filters."""
        return listed(self.catalogue, self.view)

    def of_model(self, index: int) -> ModelContext:
        """Context of the panels of one model of the catalogue."""
        model = self.catalogue.models[index]
        explanations = model.explain_all(self.view.uid)
        return ModelContext(index, model, self.video, self.view, explanations, self.frames, self.theme)


PagePanel = Mapping[str, Callable[[PageContext], Any]]
ModelPanel = Mapping[str, Callable[[ModelContext], Any]]
"""Component properties, as "id.property", with the functions that give their values.

Properties named data-html are given as components. Ids of a `ModelPanel` end, on the page, in the index of the model.
"""
