"""Tidy tables of frames and of videos, from which everything else is computed.

Both have the columns model; n_frames, how many frames were fed to the model; uid; group, of videos that are not
independent (by default each video is a group); label; prediction, "correct" or "wrong".
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from play_fair.analysis.two_classes import ModelEsvs, TwoClassEsvs

CORRECT, WRONG = PREDICTIONS = ("correct", "wrong")


def frame_table(models: Sequence[ModelEsvs], groups: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row for each frame, without padding.

    Columns: model; n_frames; uid; group; label; prediction; frame, its place in the sequence, 0 first; position, the
    same from 0 (begin) to 1 (end) of the sequence; index, its place in the video; time, the same from 0 to 1; esv, of
    the true class; rival_esv; contrast, the class-contrastive ESV: esv - rival_esv. The rival is the predicted class if
    the prediction is wrong, else the runner-up; its columns are NaN where the model knows one class only.
    """
    parts = []
    for model, scale in _scales(models):
        rows, frames = np.nonzero(scale.is_frame)
        # Padding is at the end, so that the frames of a video are 0, 1, ...
        n_given = scale.is_frame.sum(axis=1)
        esv, rival = (esvs[rows, frames].astype(np.float64) for esvs in (scale.true, scale.rival))
        parts.append(
            _of_videos(model, scale)
            .iloc[rows]
            .assign(
                frame=frames,
                position=(frames + 0.5) / n_given[rows],
                index=scale.indices[rows, frames],
                time=scale.times[rows, frames],
                esv=esv,
                rival_esv=rival,
                contrast=esv - rival,
            )
        )
    return _concatenate(parts, models, groups)


def video_table(models: Sequence[ModelEsvs], groups: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row for each video and number of frames.

    Columns: model; n_frames; uid; group; label; prediction; top1 and top5, 1 if the true class is the model's first
    guess, or among its first five, else 0; rival; true_score; rival_score; of the ESVs of the true class: supporting,
    the sum of those above 0, distracting, of those below, largest, mean, smallest; of the class-contrastive ESVs: their
    sum contrast; and effective_frames, (sum of |ESV|)^2 / sum of ESV^2: 1 if one frame has all, the number of frames
    if all have the same (the participation ratio), NaN if all are 0.
    """
    parts = []
    for model, scale in _scales(models):
        true, is_frame = scale.true.astype(np.float64), scale.is_frame
        some = is_frame.any(axis=1)  # else: a video without frames
        with np.errstate(invalid="ignore", divide="ignore"):
            effective = np.abs(true).sum(axis=1) ** 2 / (true**2).sum(axis=1)
            mean = true.sum(axis=1) / is_frame.sum(axis=1)
        parts.append(
            _of_videos(model, scale).assign(
                top1=(scale.ranks < 1).astype(np.int64),
                top5=(scale.ranks < 5).astype(np.int64),
                rival=scale.rivals,
                true_score=scale.true_scores.astype(np.float64),
                rival_score=scale.rival_scores.astype(np.float64),
                supporting=true.clip(min=0).sum(axis=1),
                distracting=true.clip(max=0).sum(axis=1),
                largest=np.where(some, np.where(is_frame, true, -np.inf).max(axis=1), np.nan),
                mean=mean,
                smallest=np.where(some, np.where(is_frame, true, np.inf).min(axis=1), np.nan),
                contrast=(true - scale.rival).sum(axis=1),
                effective_frames=effective,
            )
        )
    return _concatenate(parts, models, groups)


def compared_n_frames(models: Sequence[ModelEsvs]) -> dict[str, int]:
    """The number of frames at which each model is compared: the largest that all have, else the model's largest."""
    n_frames = {model.name: {scale.n_frames for scale in model.scales} for model in models}
    common = set.intersection(*n_frames.values())
    return {name: max(common or of_model) for name, of_model in n_frames.items()}


def at_compared(table: pd.DataFrame, models: Sequence[ModelEsvs]) -> pd.DataFrame:
    """The rows of each model at the number of frames at which models are compared."""
    return table[table["n_frames"] == table["model"].astype(str).map(compared_n_frames(models))]


def _scales(models: Sequence[ModelEsvs]) -> list[tuple[ModelEsvs, TwoClassEsvs]]:
    return [(model, scale) for model in models for scale in model.scales]


def _of_videos(model: ModelEsvs, scale: TwoClassEsvs) -> pd.DataFrame:
    """The columns both tables have, one row for each video; `_concatenate` makes them categorical."""
    return pd.DataFrame(
        {
            "model": model.name,
            "n_frames": scale.n_frames,
            "uid": model.uids,
            "label": model.labels,
            "prediction": np.where(scale.correct, CORRECT, WRONG),
        }
    )


def _concatenate(
    parts: list[pd.DataFrame], models: Sequence[ModelEsvs], groups: Mapping[str, str] | None
) -> pd.DataFrame:
    """All parts as one table, models in their order."""
    table = pd.concat(parts, ignore_index=True)
    uids = list(dict.fromkeys(uid for model in models for uid in model.uids.tolist()))
    group_of = {uid: (groups or {}).get(uid, uid) for uid in uids}
    uid = pd.Categorical(table["uid"], categories=uids)
    # By category: there are fewer videos than rows.
    of_uid, names = pd.factorize(np.array([group_of[name] for name in uids], dtype=object))
    table["model"] = pd.Categorical(table["model"], categories=[model.name for model in models])
    table["uid"] = uid
    table.insert(3, "group", pd.Series(pd.Categorical.from_codes(of_uid[uid.codes], categories=pd.Index(names))))
    table["prediction"] = pd.Categorical(table["prediction"], categories=PREDICTIONS)
    return table
