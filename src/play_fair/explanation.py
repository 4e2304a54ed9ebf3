"""The explanation of one video: what each frame adds to the score of each class. Needs numpy only."""

import json
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from io import BytesIO
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from jaxtyping import Float32, Float64
from numpy.typing import ArrayLike

from play_fair.errors import UserError, shown, some
from play_fair.files import atomic_path, require_file
from play_fair.formatting import plural, shortened, signed
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

MAX_BYTES = 1 << 32
"""Of a saved explanation, uncompressed; larger files are refused."""

_FORMAT = "play_fair.Explanation 1"
_INT64_MAX = 2**63 - 1
_MAX_DEPTH = 32
"""Of lists and dicts in `info`."""

SYMMETRY = 1e-5
"""Largest asymmetry that rounding leaves, of interactions up to 1; in proportion, of larger ones."""

_SHOWN_FRAMES = 3


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
        arrays = _as_arrays(values, scores, prior, standard_errors, interactions)
        n_classes = len(arrays["scores"])
        if not isinstance(method, str) or not method or "\0" in method:
            raise UserError(f"expected the name of a method, got {shown(method)}")
        converted = {
            "standard_errors": None,
            "interactions": None,
            **arrays,
            "n_evaluations": _as_count(n_evaluations),
            "method": method,
            "class_names": None if class_names is None else _as_class_names(class_names, n_classes),
            "info": _as_info(info),
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
        if (lengths := self._info_list("segments")) is not None:
            ends = np.cumsum(lengths)
            return (ends - lengths + (np.array(lengths) - 1) // 2).tolist()
        return self._info_list("frame_idxs") or list(range(len(self.values)))

    @property
    def n_video_frames(self) -> int:
        """Number of frames of the video; at least as many as `frame_idxs` and segments show, where not known."""
        known = self.info.get("n_video_frames")
        if isinstance(known, int) and known > max(self.frame_idxs):
            return known
        lengths = self._info_list("segments")
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
        with _needs("matplotlib", "pip install 'play-fair[plots]'"):
            from play_fair import plots
        pictures = None
        if frames is not None:
            pictures = plots.as_pictures(frames, len(self.values), self.n_video_frames, self.frame_idxs)
        values, prior, score = self.values[:, class_id], float(self.prior[class_id]), float(self.scores[class_id])
        names, xlabel = self._frame_names()
        if kind == "interactions":
            if (pairs := self.interactions_of(class_id)) is None:
                raise UserError(
                    f"expected interactions of {self.class_name(class_id)!r} to draw, but they were not computed; "
                    "explain with interactions=True"
                )
            return plots.interactions(pairs, title=self._short_name(class_id), names=names, xlabel=xlabel, ax=ax)
        title = plots.sum_title(self._short_name(class_id), values, prior, score)
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
        with _needs("pandas", "pip install 'play-fair[tables]'"):
            import pandas
        n_frames, n_classes = self.values.shape
        columns: dict[str, Any] = {
            "frame": np.repeat(np.arange(n_frames), n_classes),
            "class_id": np.tile(np.arange(n_classes), n_frames),
        }
        if self.class_names is not None:
            columns["class_name"] = list(self.class_names) * n_frames
        columns["value"] = self.values.ravel()
        if self.standard_errors is not None:
            columns["standard_error"] = self.standard_errors.ravel()
        return pandas.DataFrame(columns)

    def to_shap(self) -> "shap.Explanation":
        """Return the values as a `shap.Explanation` of one sample: values (T, C), base_values (C,), and class names.

        Slice a class for the plots of shap: `shap.plots.waterfall(explanation.to_shap()[:, class_id])`.

        Raises:
            UserError: shap is not installed.
        """
        with _needs("shap", "pip install shap"):
            import shap
        names, xlabel = self._frame_names()
        return shap.Explanation(
            values=self.values.copy(),
            base_values=self.prior.copy(),
            feature_names=[f"{xlabel.split()[0]} {name}" for name in names],
            output_names=[self.class_name(class_id) for class_id in range(len(self.scores))],
        )

    def to_shapiq(self, target: Target | None = None) -> "shapiq.InteractionValues":
        """Return the values of one class as `shapiq.InteractionValues`; its baseline_value is the prior.

        Where interactions of the class are known they are included (index "SII", order 2); else the index is "SV".

        Args:
            target: class id or name; None: the predicted class.

        Raises:
            UserError: see `class_id`; or shapiq is not installed.
        """
        class_id = self.predicted if target is None else self.class_id(target)
        with _needs("shapiq", "pip install shapiq"):
            import shapiq
        n_frames, prior = len(self.values), float(self.prior[class_id])
        values: dict[tuple[int, ...], float] = {
            (frame,): value for frame, value in enumerate(self.values[:, class_id].tolist())
        }
        pairs = self.interactions_of(class_id)
        if pairs is not None:
            values.update(((i, j), float(pairs[i, j])) for i in range(n_frames) for j in range(i + 1, n_frames))
        else:
            values[()] = prior
        return shapiq.InteractionValues(
            values,
            index="SV" if pairs is None else "SII",
            max_order=1 if pairs is None else 2,
            # The SII of no frame is not the prior, and not known.
            min_order=0 if pairs is None else 1,
            n_players=n_frames,
            estimated=not self.exact,
            estimation_budget=self.n_evaluations or None,
            baseline_value=prior,
        )

    def save(self, path: Path | str) -> None:
        """Write an .npz file of plain arrays to exactly this path, atomically; `load` reads it.

        Raises:
            UserError: a file is in the way of the folder.
        """
        arrays = {name: getattr(self, name) for name in _ARRAYS if getattr(self, name) is not None}
        if self.class_names is not None:
            arrays["class_names"] = np.array(self.class_names, dtype=np.str_)
        arrays["n_evaluations"] = np.int64(self.n_evaluations)
        arrays["method"] = np.str_(self.method)
        arrays["info"] = np.str_(json.dumps(self.info))
        arrays["format"] = np.str_(_FORMAT)
        with atomic_path(path) as part, part.open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path | str) -> "Explanation":
        """Read a file that `save` wrote; nothing in it is executed.

        Raises:
            UserError: it is missing, damaged, larger than `MAX_BYTES`, or another file.
        """
        path = require_file(path, "a saved explanation (.npz)")
        try:
            arrays = _read_npz(path)
            if str(arrays.get("format")) != _FORMAT:
                raise ValueError("it was not written by Explanation.save of this version")
            if missing := [name for name in _REQUIRED if name not in arrays]:
                raise ValueError(f"it has no {missing[0]}")
            names = arrays.get("class_names")
            if names is not None and names.dtype.kind != "U":
                raise ValueError("its class_names are not text")
            if not isinstance(info := json.loads(str(arrays["info"])), dict):
                raise ValueError("its info is not a dict")
            content: dict[str, Any] = {name: arrays.get(name) for name in _ARRAYS}
            return cls(
                **content,
                n_evaluations=index(arrays["n_evaluations"].item()),
                method=str(arrays["method"]),
                class_names=names,
                info=info,
            )
        except (*_DAMAGED, UserError) as error:
            raise UserError(f"cannot read {path} as a saved explanation: {shown(error)}") from error

    def __repr__(self) -> str:
        n_frames, n_classes = self.values.shape
        names, xlabel = self._frame_names()
        players = "frame" if self._info_list("segments") is None else "segment"
        evaluations = f", {plural(self.n_evaluations, 'evaluation')}" if self.n_evaluations else ""
        classes = f"{n_classes:,} class{'' if n_classes == 1 else 'es'}"
        top = self.predicted
        name = "" if self.class_names is None else f" {self._short_name(top)}"
        values = self.values[:, top]
        order = np.argsort(-np.abs(values), kind="stable")[:_SHOWN_FRAMES].tolist()
        largest = ", ".join(f"{row} ({signed(float(values[row]))})" for row in order)
        if xlabel != "frame":
            where = "frames" if players == "segment" else "in the video:"
            largest += f"; {where} {', '.join(names[row] for row in order)}"
        lines = [
            f"Explanation: {plural(n_frames, players)}, {classes}, method {self.method}{evaluations}",
            f"  top class: {top}{name}, score {self.scores[top]:.3f}, prior {self.prior[top]:.3f}",
            f"  top {players}s: {largest}",
        ]
        if self.standard_errors is not None and not np.isnan(self.standard_errors[:, top]).all():
            lines.append(f"  standard errors: {np.nanmax(self.standard_errors[:, top]):.2g} at most for this class")
        return "\n".join(lines)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Explanation):
            return NotImplemented
        return all(_equal(getattr(self, one.name), getattr(other, one.name)) for one in fields(self))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor: unpickled arrays could be written to.
        return type(self), tuple(getattr(self, one.name) for one in fields(self))

    def _short_name(self, class_id: int) -> str:
        return f"class {class_id}" if self.class_names is None else f"“{shortened(self.class_names[class_id])}”"

    def _frame_names(self) -> tuple[list[str], str]:
        """Labels of the players, and what they count."""
        if (lengths := self._info_list("segments")) is not None:
            ends = np.cumsum(lengths).tolist()
            starts = [0, *ends[:-1]]
            names = [
                str(start) if end - start == 1 else f"{start}–{end - 1}"
                for start, end in zip(starts, ends, strict=True)
            ]
            return names, "frames of the segment"
        known = self._info_list("frame_idxs") is not None
        return [str(index) for index in self.frame_idxs], "frame of the video" if known else "frame"

    def _info_list(self, name: str) -> list[int] | None:
        """An entry of `info` that has a whole number, 0 or more, for each row of values; None where it has not."""
        numbers = self.info.get(name)
        if not isinstance(numbers, list) or len(numbers) != len(self.values):
            return None
        return numbers if all(type(number) is int and number >= 0 for number in numbers) else None


_ARRAYS = ("values", "scores", "prior", "standard_errors", "interactions")
_REQUIRED = ("values", "scores", "prior", "n_evaluations", "method", "info")
_DAMAGED = (
    *(ValueError, KeyError, TypeError, OSError, EOFError, OverflowError, MemoryError),
    *(RuntimeError, zlib.error, zipfile.BadZipFile),
)
"""What reading a damaged or hostile .npz raises."""


def _as_arrays(values: Any, scores: Any, prior: Any, standard_errors: Any, interactions: Any) -> dict[str, np.ndarray]:
    """Convert and check the arrays of an explanation; they cannot be written to.

    Raises:
        UserError: they are not numbers, their shapes do not fit together, or they have values they must not have.
    """
    values = _as_array("values", values, np.float32)
    if values.ndim != 2 or 0 in values.shape:
        raise UserError(f"expected values of shape (T, C), at least one frame and one class, got {values.shape}")
    n_frames, n_classes = values.shape
    arrays: dict[str, np.ndarray] = {"values": values}
    optional = ("standard_errors", "interactions")
    for name, given, dtype, shape in (
        ("scores", scores, np.float32, (n_classes,)),
        ("prior", prior, np.float64, (n_classes,)),
        ("standard_errors", standard_errors, np.float32, values.shape),
        ("interactions", interactions, np.float32, (n_frames, *values.shape)),
    ):
        if given is None and name in optional:
            continue
        arrays[name] = _as_array(name, given, dtype)
        if arrays[name].shape != shape:
            raise UserError(f"expected {name} of shape {shape}, for values of {values.shape}, got {arrays[name].shape}")
    for name, array in arrays.items():
        if np.isinf(array).any() or (name not in optional and np.isnan(array).any()):
            raise UserError(f"expected finite {name}, got {'infinity' if name in optional else 'NaN or infinity'}")
        array.setflags(write=False)
    if "standard_errors" in arrays and (arrays["standard_errors"] < 0).any():
        raise UserError(f"expected standard_errors of 0 or more, got {np.nanmin(arrays['standard_errors']):.3g}")
    if "interactions" in arrays:
        _require_interactions(arrays["interactions"])
    return arrays


def _as_array(name: str, values: Any, dtype: type[np.floating]) -> np.ndarray:
    """Copy to an array of this type.

    Raises:
        UserError: they are not real numbers, or do not form an array.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"got {type(values).__name__} {shown(values, 60)}")
        with np.errstate(over="ignore"):  # becomes infinite, which is refused
            return np.array(array, dtype=dtype, order="C")
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"expected {name} to be an array of numbers: {shown(error)}") from error


def _as_count(value: Any) -> int:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer) or not 0 <= value <= _INT64_MAX:
        raise UserError(f"expected n_evaluations to be a whole number of 0 or more, got {shown(value)}")
    return int(value)


def _as_class_names(names: Any, n_classes: int) -> tuple[str, ...]:
    names = names.tolist() if isinstance(names, np.ndarray) else names
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise UserError(f"expected class_names to be a sequence of names, got {shown(names)}")
    if len(names) != n_classes:
        raise UserError(f"expected {plural(n_classes, 'class name')}, one for each column of values, got {len(names)}")
    if wrong := [name for name in names if "\0" in name]:
        raise UserError(f"expected class names without null characters, got {shown(wrong[0])}")
    return tuple(map(str, names))


def _as_info(info: Any) -> dict[str, Any]:
    if not isinstance(info, Mapping | None):
        raise UserError(f"expected info to be a dict of plain values, got {type(info).__name__}")
    return _as_plain("info", info or {})


def _as_plain(where: str, value: Any, depth: int = 0) -> Any:
    """Copy plain values; numpy scalars and arrays become numbers and lists, tuples become lists."""
    if depth > _MAX_DEPTH:
        raise UserError(f"expected at most {_MAX_DEPTH} levels of lists and dicts in info")
    if isinstance(value, np.generic | np.ndarray):
        return _as_plain(where, value.tolist(), depth)
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Mapping):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise UserError(f"expected {where} to have strings as keys, got {shown(wrong[0])}")
        return {key: _as_plain(f"{where}[{key!r}]", item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_plain(f"{where}[{index}]", item, depth + 1) for index, item in enumerate(value)]
    raise UserError(f"expected a plain value (str, int, float, bool, None, list, dict) in {where}, got {shown(value)}")


def _require_interactions(interactions: np.ndarray) -> None:
    """Refuse interactions that are not symmetric, or not 0 on the diagonal, but for rounding."""
    unknown = np.isnan(interactions)
    if not np.array_equal(unknown, unknown.swapaxes(0, 1)):
        raise UserError("expected symmetric interactions, but some are NaN in one order of two frames only")
    known = np.where(unknown, 0, interactions)
    allowed = SYMMETRY * max(1.0, float(np.abs(known).max()))
    if (asymmetry := float(np.abs(known - known.swapaxes(0, 1)).max())) > allowed:
        raise UserError(f"expected symmetric interactions, but those of two frames differ by up to {asymmetry:.3g}")
    if (own := float(np.abs(np.einsum("iic->ic", known)).max())) > allowed:
        raise UserError(f"expected interactions of 0 for a frame with itself, got up to {own:.3g}")


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read arrays without objects, allocating no more than the file declares, and that within `MAX_BYTES`.

    Raises:
        ValueError, and others of `_DAMAGED`: it is not such a file.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if (total := sum(member.file_size for member in members)) > MAX_BYTES:
            raise ValueError(f"its arrays have {total:,} bytes, more than {MAX_BYTES:,}")
        return {member.filename.removesuffix(".npy"): _read_npy(archive.read(member)) for member in members}


def _read_npy(content: bytes) -> np.ndarray:
    file = BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"an array is stored in version {version}")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read_header(file)
    # Checked first: numpy allocates what the header declares.
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"an array of shape {shape} and type {dtype} does not have the bytes it needs")
    flat = np.frombuffer(content, dtype, offset=file.tell()) if dtype.itemsize else np.zeros(math.prod(shape), dtype)
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    return type(one) is type(other) and one == other


@contextmanager
def _needs(package: str, install: str) -> Iterator[None]:
    """Turn the lack of an optional package into advice.

    Raises:
        UserError: the package, or one it needs, is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "play_fair":
            raise
        raise UserError(f"this needs {package}, which is not installed ({error}): {install}") from error
