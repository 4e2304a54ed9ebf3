"""Input of all exhibits: ESVs of the models as tables, class names, and the bootstrap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from play_fair.analysis.bootstrap import GroupBootstrap
from play_fair.analysis.groups import read_groups
from play_fair.analysis.tidy import at_compared, compared_n_frames, frame_table, video_table
from play_fair.analysis.two_classes import ModelEsvs, class_names, load_models
from play_fair.errors import UserError, some
from play_fair.formatting import join_with_and
from play_fair.labels import read_classes_csv


@dataclass(frozen=True)
class Study:
    """Results of one or more models, as tidy tables."""

    models: Sequence[ModelEsvs]
    frames: pd.DataFrame
    """See `frame_table`."""
    videos: pd.DataFrame
    """See `video_table`."""
    names: dict[int, str]
    """Of the classes, by id."""
    bootstrap: GroupBootstrap

    @classmethod
    def of(
        cls,
        models: Sequence[ModelEsvs],
        classes: Mapping[str, int] | None = None,
        groups: Mapping[str, str] | None = None,
    ) -> "Study":
        """The study of reduced results.

        Args:
            classes: class name -> id.
            groups: uid -> group, for videos that are not independent of each other.
        """
        frames, videos = frame_table(models, groups), video_table(models, groups)
        bootstrap = GroupBootstrap(len(videos["group"].cat.categories))
        return cls(models, frames, videos, class_names(classes, models), bootstrap)

    @classmethod
    def load(
        cls,
        paths: Sequence[Path],
        *,
        names: Sequence[str] = (),
        classes_csv: Path | None = None,
        groups_file: Path | None = None,
    ) -> "Study":
        """The study of results files; see `load_models` and `read_groups`.

        Raises:
            UserError: a file cannot be used, the names are not of the results' classes, or the groups of none of the
                videos.
        """
        # The small files first: their errors come before results are loaded.
        classes = None if classes_csv is None else read_classes_csv(classes_csv)
        groups = None if groups_file is None else read_groups(groups_file)
        models = load_models(paths, names)
        if classes is not None and (wrong := set(range(models[0].n_classes)) ^ set(classes.values())):
            raise UserError(
                f"expected names of classes 0..{models[0].n_classes - 1} in {classes_csv}, as in the results, but "
                f"{len(wrong)} ids are in one and not in the other: {some(sorted(wrong))}; give the classes of this "
                "dataset, or leave out --classes-csv"
            )
        uids = {uid for model in models for uid in model.uids.tolist()}
        if groups is not None and not uids & set(groups):
            raise UserError(
                f"expected groups of the {len(uids)} videos in the results, but {groups_file} has none of them"
            )
        return cls.of(models, classes, groups)

    @property
    def model_names(self) -> list[str]:
        """In the order of the files."""
        return [model.name for model in self.models]

    @property
    def n_frames(self) -> dict[str, int]:
        """For each model, the number of frames at which models are compared."""
        return compared_n_frames(self.models)

    @property
    def compared_frames(self) -> pd.DataFrame:
        """The rows of `frames` at these numbers of frames."""
        return at_compared(self.frames, self.models)

    @property
    def compared_videos(self) -> pd.DataFrame:
        """The rows of `videos` at these numbers of frames."""
        return at_compared(self.videos, self.models)

    @property
    def title(self) -> str:
        """Names of the models and datasets."""
        datasets = list(dict.fromkeys(model.dataset for model in self.models if model.dataset))
        return f"ESVs of {join_with_and(self.model_names)}" + (f" on {join_with_and(datasets)}" if datasets else "")
