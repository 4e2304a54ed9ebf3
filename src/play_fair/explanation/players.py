"""Players of an `Explanation`, frames or segments of frames, as its `info` describes them."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from play_fair.explanation.explanation import Explanation


def frame_counts(explanation: "Explanation") -> list[int] | None:
    """Number of frames of each segment; None where the players are frames."""
    return _whole_numbers(explanation, "segments")


def indices_in_video(explanation: "Explanation") -> list[int] | None:
    """Index of each frame in the video; None where not known."""
    return _whole_numbers(explanation, "frame_idxs")


def label_players(explanation: "Explanation") -> tuple[list[str], str]:
    """Labels of the players for plots, and the label of their axis."""
    if (lengths := frame_counts(explanation)) is not None:
        ends = np.cumsum(lengths).tolist()
        starts = [0, *ends[:-1]]
        labels = [
            str(start) if end - start == 1 else f"{start}–{end - 1}" for start, end in zip(starts, ends, strict=True)
        ]
        return labels, "frames of the segment"
    known = indices_in_video(explanation) is not None
    return [str(index) for index in explanation.frame_idxs], "frame of the video" if known else "frame"


def _whole_numbers(explanation: "Explanation", name: str) -> list[int] | None:
    """An entry of `info` that has a whole number, 0 or more, for each player; None if it is something else."""
    numbers = explanation.info.get(name)
    if not isinstance(numbers, list) or len(numbers) != len(explanation.values):
        return None
    return numbers if all(type(number) is int and number >= 0 for number in numbers) else None
