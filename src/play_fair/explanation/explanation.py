"""The explanation of one video."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from jaxtyping import Float32, Float64
from numpy.typing import ArrayLike

from play_fair.errors import UserError, shown, some
from play_fair.explanation import conversions
from play_fair.explanation.checks import as_arrays, as_class_names, as_count, as_info
from play_fair.explanation.npz_file import read_npz, write_npz
from play_fair.explanation.players import frame_counts, indices_in_video, label_players
from play_fair.explanation.summary import short_class_name, summary
from play_fair.labels import find_class

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure
    import pandas
    import shap
    import shapiq

EXACT = "exact"
"""The method of values from all subsets of frames."""

Target = SupportsIndex | str
"""A class: its id, or its name."""

KINDS = ("curve", "waterfall", "interactions")


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Explanation:
    """Element Shapley Values (ESVs) of one video: how the score of each class splits over its frames.

    The T players are the frames the model was given or, with segments, groups of consecutive frames. For every class
    `prior + values.sum(axis=0)` is `scores`: exactly where the values are exact, and for all estimators of this
    library. Values, prior and scores have the unit of the model's output after the activation, such as probabilities.

    Arguments are converted to the types below and copied; the arrays cannot be written to. Two explanations are equal
    if all their fields are, with NaN equal to NaN.

    Attributes:
        values: (T, C) float32, ESV of each frame for each class: above 0 it supports the class, below it distracts.
        scores: (C,) float32, of the model given all frames.
        prior: (C,) float64, of the model given no frame.
        standard_errors: (T, C) float32, of the values; NaN where unknown. None: the values are exact, or none is known.
        interactions: (T, T, C) float32, Shapley interaction index of every two frames; symmetric, 0 on the diagonal.
            NaN for classes of which they are not stored (see `interactions_of`). None: not computed.
        n_evaluations: subsets of frames the model was evaluated on; 0: not known.
        method: "exact", or the name of the estimator, such as "permutations" or "layered".
        class_names: C names; None: not known.
        info: further plain values (str, int, float, bool, None, and lists and dicts of them). Those with a meaning:
            `segments`: number of frames in each of the T segments; `frame_idxs`: index of each of the T frames in the
            video; `n_video_frames`: frames of the video.

    Raises:
        UserError: shapes do not fit together, values are not finite, standard errors are negative, interactions are
            not symmetric, or `info` has other values than plain ones.
    """

    values: Float32[np.ndarray, "T C"]
    scores: Float32[np.ndarray, " C"]
    prior: Float64[np.ndarray, " C"]
    standard_errors: Float32[np.ndarray, "T C"] | None
    interactions: Float32[np.ndarray, "T T C"] | None
    n_evaluations: int
    method: str
    class_names: tuple[str, ...] | None
    info: Mapping[str, Any]

    # Written out: it takes whatever can be converted to the types of the fields.
    def __init__(
        self,
        values: ArrayLike,
        scores: ArrayLike,
        prior: ArrayLike,
        standard_errors: ArrayLike | None = None,
        interactions: ArrayLike | None = None,
        n_evaluations: SupportsIndex = 0,
        method: str = EXACT,
        class_names: Sequence[str] | np.ndarray | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        arrays = as_arrays(values, scores, prior, standard_errors, interactions)
        n_classes = len(arrays["scores"])
        if not isinstance(method, str) or not method or "\0" in method:
            raise UserError(f"expected the name of a method, got {shown(method)}")
        converted = {
            "standard_errors": None,
            "interactions": None,
            **arrays,
            "n_evaluations": as_count(n_evaluations),
            "method": method,
            "class_names": None if class_names is None else as_class_names(class_names, n_classes),
            "info": as_info(info),
        }
        for name, value in converted.items():
            object.__setattr__(self, name, value)

    @property
    def predicted(self) -> int:
        """Id of the class with the highest score."""
        return int(self.scores.argmax())

    @property
    def exact(self) -> bool:
        """Whether the values come from all subsets of frames."""
        return self.method == EXACT

    @property
    def frame_idxs(self) -> list[int]:
        """Index in the video of each frame, or of the middle frame of each segment; 0, 1, ... where not known."""
        if (lengths := frame_counts(self)) is not None:
            ends = np.cumsum(lengths)
            return (ends - lengths + (np.array(lengths) - 1) // 2).tolist()
        return indices_in_video(self) or list(range(len(self.values)))

    @property
    def n_video_frames(self) -> int:
        """Number of frames of the video; at least as many as `frame_idxs` and segments show, where not known."""
        known = self.info.get("n_video_frames")
        if isinstance(known, int) and known > max(self.frame_idxs):
            return known
        lengths = frame_counts(self)
        return max(self.frame_idxs) + 1 if lengths is None else sum(lengths)

    def class_id(self, target: Target) -> int:
        """Find the id of a class.

        Args:
            target: its id, or its name, or a part of the name that no other class has.

        Raises:
            UserError: there is no such class, several match, or the names are not known.
        """
        n_classes = len(self.scores)
        if isinstance(target, str):
            if self.class_names is None:
                raise UserError(
                    f"expected a class id in 0..{n_classes - 1}, got {target!r}: this explanation has no class_names"
                )
            if target in self.class_names:
                ids = [class_id for class_id, name in enumerate(self.class_names) if name == target]
                if len(ids) > 1:
                    raise UserError(f"expected the name of one class, but {target!r} is that of the ids {some(ids)}")
                return ids[0]
            return find_class(target, self.class_names)
        if isinstance(target, bool | np.bool_) or not isinstance(target, int | np.integer):
            raise UserError(f"expected a class id or a class name, got {shown(target)}")
        if not 0 <= target < n_classes:
            raise UserError(f"expected a class id in 0..{n_classes - 1}, got {target}")
        return int(target)

    def class_name(self, target: Target) -> str:
        """Return the name of a class, or "class 3" where names are not known; see `class_id` for errors."""
        class_id = self.class_id(target)
        return f"class {class_id}" if self.class_names is None else self.class_names[class_id]

    def contrast(self, a: Target, b: Target) -> Float32[np.ndarray, " T"]:
        """Return values of class `a` minus values of class `b`, (T,): above 0 a frame speaks for `a` against `b`.

        Raises:
            UserError: see `class_id`.
        """
        return self.values[:, self.class_id(a)] - self.values[:, self.class_id(b)]

    def interactions_of(self, target: Target) -> Float32[np.ndarray, "T T"] | None:
        """Return the interactions of every two frames for one class, (T, T); None where they are not known.

        Results files have those of the true and of the predicted class only.

        Raises:
            UserError: see `class_id`.
        """
        class_id = self.class_id(target)
        if self.interactions is None or np.isnan(self.interactions[..., class_id]).any():
            return None
        return self.interactions[..., class_id]

    def efficiency_error(self) -> float:
        """Return the largest |prior + sum of values - score| of all classes; only rounding where values are exact."""
        return float(np.abs(self.values.sum(axis=0, dtype=np.float64) + self.prior - self.scores).max())

    def plot(
        self,
        target: Target | None = None,
        frames: Any = None,
        kind: str = "curve",
        ax: "matplotlib.axes.Axes | None" = None,
    ) -> "matplotlib.figure.Figure":
        """Draw the values of one class.

        Args:
            target: class id or name; None: the predicted class.
            frames: pictures of the frames, drawn below the plot: (T, H, W, 3), (T, 3, H, W) or grey (T, H, W), integers
                in 0..255 or floats in 0..1; array, list or torch tensor. Of all `n_video_frames` frames of the video,
                those at `frame_idxs` are drawn.
            kind: "curve": bars over the position of the frames, with bars of two standard errors if they are known.
                "waterfall": a step for each frame, from the prior to the score.
                "interactions": a heat map of the interactions of every two frames; without pictures.
            ax: matplotlib axes to draw in; None: in a new figure, which notebooks show and pyplot does not manage. For
                `pyplot.show()`, pass `pyplot.gca()`.

        Raises:
            UserError: see `class_id`; there is no such kind, the frames do not fit, interactions are not known, or
                matplotlib is not installed.
        """
        class_id = self.predicted if target is None else self.class_id(target)
        if kind not in KINDS:
            raise UserError(f"expected a kind of plot among {', '.join(KINDS)}, got {shown(kind)}")
        with conversions.needs("matplotlib", "pip install 'play-fair[plots]'"):
            from play_fair import plots
        pictures = None
        if frames is not None:
            pictures = plots.as_pictures(frames, len(self.values), self.n_video_frames, self.frame_idxs)
        values, prior, score = self.values[:, class_id], float(self.prior[class_id]), float(self.scores[class_id])
        names, xlabel = label_players(self)
        if kind == "interactions":
            if (pairs := self.interactions_of(class_id)) is None:
                raise UserError(
                    f"expected interactions of {self.class_name(class_id)!r} to draw, but they were not computed; "
                    "explain with interactions=True"
                )
            return plots.interactions(pairs, title=short_class_name(self, class_id), names=names, xlabel=xlabel, ax=ax)
        title = plots.sum_title(short_class_name(self, class_id), values, prior, score)
        if kind == "waterfall":
            return plots.waterfall(
                values, prior, score, title=title, names=names, xlabel=xlabel, pictures=pictures, ax=ax
            )
        errors = None if self.standard_errors is None else self.standard_errors[:, class_id]
        return plots.curve(
            values, title=title, names=names, xlabel=xlabel, standard_errors=errors, pictures=pictures, ax=ax
        )

    def to_dataframe(self) -> "pandas.DataFrame":
        """Return a table with one row for each frame and class, all classes of frame 0 first.

        Its columns are frame (row of `values`), class_id, class_name (if known), value and standard_error (if known).

        Raises:
            UserError: pandas is not installed.
        """
        return conversions.to_dataframe(self)

    def to_shap(self) -> "shap.Explanation":
        """Return the values as a `shap.Explanation` of one sample: values (T, C), base_values (C,), and class names.

        Slice a class for the plots of shap: `shap.plots.waterfall(explanation.to_shap()[:, class_id])`.

        Raises:
            UserError: shap is not installed.
        """
        return conversions.to_shap(self)

    def to_shapiq(self, target: Target | None = None) -> "shapiq.InteractionValues":
        """Return the values of one class as `shapiq.InteractionValues`; its baseline_value is the prior.

        Where interactions of the class are known they are included (index "SII", order 2); else the index is "SV".

        Args:
            target: class id or name; None: the predicted class.

        Raises:
            UserError: see `class_id`; or shapiq is not installed.
        """
        class_id = self.predicted if target is None else self.class_id(target)
        return conversions.to_shapiq(self, class_id)

    def save(self, path: Path | str) -> None:
        """Write an .npz file of plain arrays to exactly this path, atomically; `load` reads it.

        Raises:
            UserError: a file is in the way of the folder.
        """
        write_npz(path, {one.name: getattr(self, one.name) for one in fields(self)})

    @classmethod
    def load(cls, path: Path | str) -> "Explanation":
        """Read a file that `save` wrote; nothing in it is executed.

        Raises:
            UserError: it is missing, damaged, larger than `MAX_BYTES`, or another file.
        """
        return read_npz(path, cls)

    def __repr__(self) -> str:
        return summary(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Explanation):
            return NotImplemented
        return all(_equal(getattr(self, one.name), getattr(other, one.name)) for one in fields(self))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor: unpickled arrays could be written to.
        return type(self), tuple(getattr(self, one.name) for one in fields(self))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    return type(one) is type(other) and one == other
