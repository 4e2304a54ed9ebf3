"""What panels are drawn from: the view that an address selects, and one model's explanations in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from esv_dashboard.catalogue import Catalogue, Model, Video
from esv_dashboard.frame_store import FrameStore
from esv_dashboard.view import View, from_query, listed
from play_fair.charts import value_range
from play_fair.class_esvs import ClassEsvs
from play_fair.explanation import Explanation
from play_fair.wording import runner_up


@dataclass(frozen=True)
class ModelContext:
    """The explanation of one video by one model."""

    index: int
    """Of the model in the catalogue."""
    model: Model
    video: Video
    view: View
    explanations: Mapping[int, Explanation]
    """By number of frames fed."""
    esvs: ClassEsvs
    """ESVs of what is explained, for the number of frames of the view."""
    frames: FrameStore
    esv_range: tuple[float, float]
    """Of the ESVs that share a scale: of this model and its twin, and of the other models unless each has its own."""
    is_one_of_several: bool = False
    """Whether the page shows several models."""
    has_pictures: bool = True
    """Whether the film strip has pictures: not where the strip of another model above has the same."""
    twin: "ModelContext | None" = None
    """Of the other video of the pair; None where there is none, or it is not shown."""

    @property
    def explanation(self) -> Explanation:
        """The explanation for the number of frames of the view."""
        return self.esvs.explanation


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

    @classmethod
    def from_address(cls, catalogue: Catalogue, frames: FrameStore, query: str | None) -> "PageContext":
        """Context of a query of the address."""
        view, notices = from_query(catalogue, query)
        return cls(catalogue, frames, query, view, tuple(notices))

    @cached_property
    def video(self) -> Video | None:
        """The video of the view; None in the overview."""
        return None if self.view.uid is None else self.catalogue.video(self.view.uid)

    @cached_property
    def twin(self) -> "PageContext | None":
        """The same view of the other video of the pair; None where there is none, or it is not shown."""
        uid = None if self.view.uid is None or self.view.twin == "hidden" else self.catalogue.twin(self.view.uid)
        return None if uid is None else replace(self, view=replace(self.view, uid=uid))

    @cached_property
    def listed(self) -> Sequence[str]:
        """Uids of the videos that pass the filters."""
        return listed(self.catalogue, self.view)

    @cached_property
    def explanations(self) -> tuple[Explanation | None, ...]:
        """Of each model for the video and the number of frames of the view; None where there is none."""
        if self.view.uid is None:
            return (None,) * len(self.catalogue.models)
        return tuple(model.explain(self.view.uid, self.view.n_frames) for model in self.catalogue.models)

    @cached_property
    def compared(self) -> tuple[int, int] | None:
        """The classes whose difference is explained, the same for all models; None if there is one class only.

        They are the predicted and the true class of the first model that is wrong; if none is, the predicted class of
        the first model and its runner-up.
        """
        known = [explanation for explanation in self.explanations if explanation is not None]
        true = None if self.video is None else self.video.true_class
        for explanation in known:
            if true is not None and explanation.predicted != true:
                return explanation.predicted, true
        second = runner_up(known[0]) if known else None
        return None if second is None else (known[0].predicted, second)

    @property
    def mode(self) -> str:
        """What is explained, one of `MODES`, if not a class by choice."""
        true = None if self.video is None else self.video.true_class
        if self.view.mode == "predicted" or (self.view.mode == "true" and true is not None):
            return self.view.mode
        is_wrong = true is not None and any(
            known is not None and known.predicted != true for known in self.explanations
        )
        return "difference" if self.compared and (self.view.mode == "difference" or is_wrong) else "predicted"

    @cached_property
    def esvs(self) -> tuple[ClassEsvs | None, ...]:
        """What is explained of each model; None where it has no result."""
        return tuple(None if known is None else self._esvs_of(known) for known in self.explanations)

    def _esvs_of(self, explanation: Explanation) -> ClassEsvs:
        if self.view.is_by_choice:
            class_id = explanation.predicted if self.view.focus is None else self.view.focus
            return ClassEsvs(explanation, class_id, None if self.view.against == class_id else self.view.against)
        if self.mode == "difference" and self.compared is not None:
            return ClassEsvs(explanation, *self.compared)
        if self.mode == "true" and self.video is not None:
            return ClassEsvs(explanation, self.video.label)
        return ClassEsvs(explanation, explanation.predicted)

    @cached_property
    def models(self) -> tuple[ModelContext | None, ...]:
        """Context of the cards of each model; None if it has no result for the view."""
        return tuple(self._of_model(index) for index in range(len(self.catalogue.models)))

    def _of_model(self, index: int) -> ModelContext | None:
        esvs, model = self.esvs[index], self.catalogue.models[index]
        if esvs is None or self.video is None:
            return None
        first = next(other for other in self.esvs if other is not None)
        context = ModelContext(
            index=index,
            model=model,
            video=self.video,
            view=self.view,
            explanations=model.explain_all(self.video.uid),
            esvs=esvs,
            frames=self.frames,
            esv_range=self._esv_range(index),
            is_one_of_several=len(self.esvs) > 1,
            has_pictures=esvs is first or esvs.frame_idxs != first.frame_idxs,
        )
        return replace(context, twin=self._twin_of(context))

    def _esv_range(self, index: int) -> tuple[float, float]:
        """The range of all ESVs that have one scale with those of a model."""
        pages = [self] if self.twin is None else [self, self.twin]
        shown = [
            esvs for page in pages for esvs in (page.esvs[index : index + 1] if self.view.own_scale else page.esvs)
        ]
        ranges = [value_range(esvs) for esvs in shown if esvs is not None]
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    def _twin_of(self, context: ModelContext) -> ModelContext | None:
        """The same model's context for the other video."""
        if self.twin is None or self.twin.video is None or (esvs := self.twin.esvs[context.index]) is None:
            return None
        video = self.twin.video
        known = context.model.explain_all(video.uid)
        return replace(context, video=video, view=self.twin.view, esvs=esvs, explanations=known)


PagePanel = Mapping[str, Callable[[PageContext], Any]]
"""Component properties, as "id.property", with the functions that give their values; data-html as components."""
