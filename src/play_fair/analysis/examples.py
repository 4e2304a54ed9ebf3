"""Film strips of the videos with the most supporting and the most distracting frames."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from play_fair.analysis.study import Study
from play_fair.analysis.tidy import CORRECT
from play_fair.errors import UserError
from play_fair.formatting import percent, signed
from play_fair.palette import LIGHT
from play_fair.plots.panels import WIDE
from play_fair.videos.gulp import decode_frame
from play_fair.videos.gulp_dataset import GulpVideoDataset

SUPPORTING, DISTRACTING = KINDS = ("most supporting", "most distracting")

MOST_SHOWN = 16
"""Of longer sequences, this many evenly spaced frames and the extreme one are drawn."""

FEWEST_COLUMNS = 6
"""Strips of fewer frames are not wider than their share of this many."""

NUMBER_INCHES = 0.22
"""Height of the numbers between pictures and bars."""

PICTURE_WIDTH = 160

Pictures = Callable[[str, int], Image.Image]
"""The picture of a frame: by uid and index in the video."""


def choose_examples(study: Study, n_examples: int) -> pd.DataFrame:
    """For each model the videos with the largest, and those with the smallest (if below 0), ESV of the true class.

    Of a group of videos only one is taken. Columns, one row for each frame of these videos: kind (see `KINDS`), model,
    rank (1 first), uid, n_frames, true_class and predicted_class (names), true_score, predicted_score, frame (its place
    in the sequence), index (in the video), esv, extreme (whether it is the frame the example is for).
    """
    parts = []
    frames, videos = study.compared_frames, study.compared_videos
    for kind, column, sign in ((SUPPORTING, "largest", 1), (DISTRACTING, "smallest", -1)):
        for model in study.model_names:
            candidates = videos[(videos["model"] == model) & (sign * videos[column] > 0)]
            ordered = candidates.assign(size=sign * candidates[column]).sort_values(
                "size", ascending=False, kind="stable"
            )
            best = ordered.drop_duplicates("group").head(n_examples)
            for rank, (_, video) in enumerate(best.iterrows(), start=1):
                strip = frames[(frames["model"] == model) & (frames["uid"] == video["uid"])]
                correct = video["prediction"] == CORRECT
                parts.append(
                    strip[["model", "uid", "n_frames", "frame", "index", "esv"]].assign(
                        kind=kind,
                        rank=rank,
                        true_class=study.names[video["label"]],
                        predicted_class=study.names[video["label"] if correct else video["rival"]],
                        true_score=video["true_score"],
                        predicted_score=video["true_score"] if correct else video["rival_score"],
                        extreme=np.arange(len(strip)) == int((sign * strip["esv"]).to_numpy().argmax()),
                    )
                )
    columns = ["kind", "model", "rank", "uid", "n_frames", "true_class", "predicted_class", "true_score"]
    columns += ["predicted_score", "frame", "index", "esv", "extreme"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def pictures_of_folder(frames_dir: Path) -> Pictures:
    """Pictures from the folders that 07_dump_frames_from_gulp_dir.py writes.

    Raises:
        UserError: the folder is missing; when called, a picture is.
    """
    if not frames_dir.is_dir():
        raise UserError(f"expected a folder of frames at {frames_dir}, but there is none")

    def picture(uid: str, index: int) -> Image.Image:
        path = frames_dir / uid / f"frame_{index:06d}.jpg"
        try:
            with Image.open(path) as image:
                return image.convert("RGB")
        except OSError as error:
            raise UserError(
                f"expected frame {index} of video {uid} at {path}: {error}; write it with "
                "07_dump_frames_from_gulp_dir.py, or use --gulp-dir"
            ) from error

    return picture


def pictures_of_gulp(gulp_dir: Path) -> Pictures:
    """Pictures from a gulp folder.

    Raises:
        UserError: it is no gulp folder; when called, it lacks a video or frame.
    """
    dataset = GulpVideoDataset(gulp_dir)

    def picture(uid: str, index: int) -> Image.Image:
        jpegs = dataset.video(uid).jpegs()
        if index >= len(jpegs):
            raise UserError(f"expected at least {index + 1} frames of video {uid} in {gulp_dir}, got {len(jpegs)}")
        try:
            return Image.fromarray(decode_frame(jpegs[index]))
        except ValueError as error:
            raise UserError(f"cannot decode frame {index} of video {uid} in {gulp_dir}: {error}") from error

    return picture


def small(picture: Image.Image) -> Image.Image:
    """Resize to `PICTURE_WIDTH`."""
    height = max(1, round(picture.height * PICTURE_WIDTH / picture.width))
    return picture.resize((PICTURE_WIDTH, height), Image.Resampling.LANCZOS)


def jpeg(picture: Image.Image) -> bytes:
    """Encode as JPEG."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


@dataclass(frozen=True)
class BarScale:
    """Common scale of the bars of several strips."""

    reach: float
    """From the most negative ESV (or 0) to the most positive."""
    zero: float
    """Position of ESV 0, as a share of `reach` from below."""

    @classmethod
    def of(cls, esvs: pd.Series) -> "BarScale":
        """The scale of all these ESVs."""
        below = max(0.0, -float(esvs.min()))
        reach = (below + max(0.0, float(esvs.max()))) or 1.0
        return cls(reach, below / reach)


def strips(table: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each example, at most `MOST_SHOWN` frames."""
    return [_frames_of_strip(strip) for _, strip in table.groupby(["kind", "model", "rank"], sort=False, observed=True)]


def title(strip: pd.DataFrame) -> str:
    """Model, video, classes and scores of a strip."""
    first = strip.iloc[0]
    return f"{first['model']}, video {first['uid']}: {describe_scores(strip)}"


def describe_scores(strip: pd.DataFrame) -> str:
    """The true class of a strip and its score, and those of the predicted class where that is another."""
    first = strip.iloc[0]
    text = f"“{first['true_class']}”, score {percent(first['true_score'])}"
    if first["predicted_class"] != first["true_class"]:
        text += f"; taken for “{first['predicted_class']}”, {percent(first['predicted_score'])}"
    return text


def draw_strips(table: pd.DataFrame, pictures: Pictures | None) -> Figure:
    """Draw film strips below each other: the frames, and the ESV of each as a bar below it."""
    rows = strips(table)
    images = [_images(strip, pictures) for strip in rows]
    aspect = max((image.height / image.width for row in images for image in row if image), default=0.0)
    scale, width = BarScale.of(table["esv"]), WIDE * 1.2
    # Inches of a picture; strips of few frames are not enlarged.
    units = [width / max(len(strip), FEWEST_COLUMNS) for strip in rows]
    # In units of a picture's width: the picture, its number, and bars of 0.7 in all.
    top, tops_of_bars = aspect + 0.05, [-NUMBER_INCHES / unit for unit in units]
    heights = [unit * (top + 0.75) + NUMBER_INCHES + 0.3 for unit in units]
    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    axes = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, strip, pictured, top_of_bars in zip(axes, rows, images, tops_of_bars, strict=True):
        zero = top_of_bars - 0.7 * (1 - scale.zero)
        for place, (frame, image) in enumerate(zip(strip.to_dict("records"), pictured, strict=True)):
            if image is not None:
                axis.imshow(image, extent=(place + 0.03, place + 0.97, 0.02, aspect), interpolation="none")
            size = 0.7 * frame["esv"] / scale.reach
            colour = LIGHT.supports if frame["esv"] > 0 else LIGHT.distracts
            axis.bar(place + 0.5, size, width=0.94, bottom=zero, color=colour, alpha=1 if frame["extreme"] else 0.6)
            axis.text(place + 0.5, top_of_bars / 2, signed(frame["esv"]), ha="center", va="center", fontsize=8)
        axis.hlines(zero, 0, len(strip), color=LIGHT.muted, linewidth=0.8)
        axis.set(xlim=(0, max(len(strip), FEWEST_COLUMNS)), ylim=(top_of_bars - 0.75, top), aspect="equal")
        axis.set_title(title(strip), fontsize=9)
        axis.axis("off")
    return figure


def _images(strip: pd.DataFrame, pictures: Pictures | None) -> list[Image.Image | None]:
    if pictures is None:
        return [None] * len(strip)
    return [small(pictures(str(row["uid"]), int(row["index"]))) for row in strip.to_dict("records")]


def _frames_of_strip(strip: pd.DataFrame) -> pd.DataFrame:
    places = np.linspace(0, len(strip) - 1, min(len(strip), MOST_SHOWN)).round().astype(np.int64)
    return strip.iloc[np.union1d(places, np.flatnonzero(strip["extreme"]))]
