"""Measure the attributions of several models on the same split."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from play_fair.analysis.bootstrap import GroupBootstrap
from play_fair.baselines.ablation import removals
from play_fair.baselines.decisive import DecisiveFrames, clips_of
from play_fair.baselines.explain import Explained
from play_fair.baselines.infidelity import lost_scores
from play_fair.baselines.measures import (
    attribution_table,
    curve_table,
    decisive_summary,
    decisive_table,
    summary,
    time_table,
    video_table,
)
from play_fair.errors import UserError

N_DRAWS = 2000


@dataclass(frozen=True)
class Comparison:
    """Tidy tables, made by the functions of `play_fair.baselines.measures`.

    Attributes:
        decisive_videos, decisive: None without decisive frames.
        n_clips: number of groups that the bootstrap draws.
        seconds_of_maps, evaluations: by model; see `Explained`.
        notes: of all models, each once.
    """

    attributions: pd.DataFrame
    videos: pd.DataFrame
    curves: pd.DataFrame
    methods: pd.DataFrame
    times: pd.DataFrame
    decisive_videos: pd.DataFrame | None
    decisive: pd.DataFrame | None
    n_clips: int
    seconds_of_maps: Mapping[str, float]
    evaluations: Mapping[str, int | None]
    notes: Sequence[str]

    def csvs(self) -> dict[str, pd.DataFrame]:
        """Tables by file name."""
        tables = {
            "attributions": self.attributions,
            "videos": self.videos,
            "curves": self.curves,
            "methods": self.methods,
            "times": self.times,
            "decisive-videos": self.decisive_videos,
            "decisive": self.decisive,
        }
        return {name: table for name, table in tables.items() if table is not None}


def compare(
    explained: Sequence[Explained],
    windows: Mapping[str, DecisiveFrames] | None = None,
    seed: int = 0,
    on_method: Callable[[int], object] = lambda n_methods: None,
) -> Comparison:
    """Compute all measures.

    Args:
        explained: one for each model.
        windows: decisive frames by uid; None: not known.
        seed: of the order of equal attributions, of the sets of infidelity, and of the bootstrap.
        on_method: called with 1 after the frame ablation by each method of each model.

    Raises:
        UserError: two models have the same name, or a video has no window.
    """
    names = [of_model.model for of_model in explained]
    if len(set(names)) < len(names):
        raise UserError(f"expected models of different names, got {', '.join(names)}; set `name` in their configs")
    all_uids = list(dict.fromkeys(uid for of_model in explained for uid in of_model.uids))
    n_clips = len(set(clips_of(all_uids, windows or {})))
    draw = GroupBootstrap(n_clips, N_DRAWS, seed)
    videos, curves, decisive = [], [], []
    for of_model in explained:
        groups = clips_of(of_model.uids, windows or {})
        removed = removals(of_model.scores, of_model.attributions, seed, on_method)
        videos.append(video_table(of_model, removed, lost_scores(of_model.scores, seed), groups))
        curves.append(curve_table(of_model, removed, groups, draw))
        if windows is not None:
            decisive.append(decisive_table(of_model, groups, windows))
    of_videos = pd.concat(videos, ignore_index=True)
    decisive_videos = pd.concat(decisive, ignore_index=True) if decisive else None
    return Comparison(
        attributions=pd.concat(map(attribution_table, explained), ignore_index=True),
        videos=of_videos,
        curves=pd.concat(curves, ignore_index=True),
        methods=summary(of_videos, draw),
        times=pd.concat(map(time_table, explained), ignore_index=True),
        decisive_videos=decisive_videos,
        decisive=None if decisive_videos is None else decisive_summary(decisive_videos, draw),
        n_clips=n_clips,
        seconds_of_maps={of_model.model: of_model.seconds_of_maps for of_model in explained},
        evaluations={of_model.model: of_model.evaluations for of_model in explained},
        notes=list(dict.fromkeys(note for of_model in explained for note in of_model.notes)),
    )
