"""Read and write features of videos in HDF5: one group for each split, one row of variable length for each video.

{split}/features        float32 (N,) of variable length: (T, D) row by row; attribute feature_dim = D
{split}/uids            utf-8 (N,)
{split}/labels/uid      utf-8 (N,)
{split}/labels/action   int64 (N,), the class id; labels/label is the same
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypedDict

import h5py
import numpy as np

from play_fair.array_checks import as_numbers, as_uids
from play_fair.arrays import Features
from play_fair.errors import UserError, require_once, shown, some
from play_fair.features.heaps import Heaps
from play_fair.files import require_file
from play_fair.frame_sampling import FrameSampler

_DATASETS = {"features": "arrays of numbers", "uids": "text", "labels/action": "numbers", "labels/label": "numbers"}
"""Datasets that are read, and their types; labels/uid is equal to uids."""


class VideoLabels(TypedDict):
    """uid and class id of a video; action and label are equal."""

    action: int
    label: int
    uid: str


class HdfFeatureReader(Sequence[tuple[Features, VideoLabels]]):
    """The videos of one split, each as (features float32 (T, D), labels).

    Args:
        group: of one split.
        sampler: selects the frames of each video; None: all frames.
        in_mem: read all features now, so that the file can be closed.

    Raises:
        UserError: the group does not have the format of this module.
    """

    def __init__(self, group: h5py.Group, sampler: FrameSampler | None = None, in_mem: bool = False) -> None:
        self._where = f"{group.name} of {group.file.filename}"
        with _damage_as_user_error(self._where):
            self._features, *others = self._datasets(group)
            self.feature_dim = self._feature_dim()
            self._heaps, uid_heaps = Heaps(self._features), Heaps(others[0])
            for row in range(len(others[0])):
                uid_heaps.check(row)
            uids, self._actions, self._labels = (dataset[:] for dataset in others)
        self.uids = self._checked(uids)
        self._sampler = sampler
        self._in_memory = [self._read(index) for index in range(len(self))] if in_mem else None

    def __len__(self) -> int:
        return len(self.uids)

    def __getitem__(self, index: int) -> tuple[Features, VideoLabels]:  # type: ignore[override]
        """The video at `index`; a random sampler draws again at each call.

        Raises:
            IndexError: there are fewer videos.
            UserError: its features are not whole frames.
        """
        index = range(len(self))[index]
        features = self._in_memory[index] if self._in_memory is not None else self._read(index)
        if self._sampler is not None:
            features = features[self._sampler.sample(len(features))]
        labels = VideoLabels(action=int(self._actions[index]), label=int(self._labels[index]), uid=self.uids[index])
        return features, labels

    def require_classes(self, n_classes: int) -> None:
        """Check the class ids of all videos.

        Raises:
            UserError: one is not in 0..n_classes-1.
        """
        ids = np.concatenate([self._actions, self._labels])
        if len(ids) and not (ids.min() >= 0 and ids.max() < n_classes):
            raise UserError(
                f"expected class ids in 0..{n_classes - 1} in {self._where}, got {ids.min()}..{ids.max()}; set the "
                "n_classes of these features in the config, or use a split with labels (-1 stands for no label)"
            )

    def _read(self, index: int) -> Features:
        with _damage_as_user_error(self._where):
            self._heaps.check(index)
            values = self._features[index]
        if not len(values) or len(values) % self.feature_dim:
            raise UserError(
                f"expected one or more frames of {self.feature_dim} values for video {self.uids[index]} in "
                f"{self._where}, got {len(values)} values; extract the features again"
            )
        features = values.reshape(-1, self.feature_dim).astype(np.float32, copy=False)
        check_features(self.uids[index], features, self.feature_dim)
        return features

    def _datasets(self, group: h5py.Group) -> list[h5py.Dataset]:
        """The datasets of _DATASETS, checked: equal lengths, plausible for the size of the file."""
        for name in _DATASETS:
            if not isinstance(group.get(name), h5py.Dataset):
                raise UserError(f"expected the datasets {', '.join(_DATASETS)} in {self._where}, but {name} is missing")
        datasets = {name: group[name] for name in _DATASETS}
        shapes = {name: dataset.shape for name, dataset in datasets.items()}
        n_videos = len(datasets["features"])
        if set(shapes.values()) != {(n_videos,)} or n_videos > group.file.id.get_filesize():
            raise UserError(f"expected datasets with an entry for each video in {self._where}, got the shapes {shapes}")
        for name, dataset in datasets.items():
            if _kind_of(dataset) != _DATASETS[name]:
                raise UserError(f"expected {_DATASETS[name]} as {name} in {self._where}, got {_kind_of(dataset)}")
        return list(datasets.values())

    def _feature_dim(self) -> int:
        if "feature_dim" not in self._features.attrs:
            raise UserError(f"expected an attribute feature_dim of the features in {self._where}; extract them again")
        feature_dim = int(self._features.attrs["feature_dim"])
        if feature_dim < 1:
            raise UserError(f"expected a feature_dim of 1 or more in {self._where}, got {feature_dim}")
        return feature_dim

    def _checked(self, uids: np.ndarray) -> list[str]:
        """The uids as strings, checked to be unique; also check that class ids are whole numbers."""
        try:
            text: list[str] = as_uids(uids).tolist()
            require_once(text, "each uid once")
            for name, values in (("labels/action", self._actions), ("labels/label", self._labels)):
                as_numbers(name, values, np.int64, n_axes=1)
        except UserError as error:
            raise UserError(f"cannot use {self._where}: {error}") from error
        return text


class HdfFeatureWriter:
    """Write the videos of one split into an empty group, in order. The end of the `with` block checks their number.

    Args:
        group: to write into.
        n_videos: number of videos to be appended.
        feature_dim: number of values of each frame.
    """

    def __init__(self, group: h5py.Group, n_videos: int, feature_dim: int) -> None:
        self.feature_dim = feature_dim
        self._uids: list[str] = []
        self._features = group.create_dataset("features", n_videos, dtype=h5py.vlen_dtype(np.float32))
        self._features.attrs["feature_dim"] = np.int64(feature_dim)
        # The published layout stores uids and class ids twice.
        self._uid_datasets = [
            group.create_dataset(key, n_videos, h5py.string_dtype()) for key in ("uids", "labels/uid")
        ]
        self._label_datasets = [
            group.create_dataset(key, n_videos, np.int64) for key in ("labels/action", "labels/label")
        ]

    def append(self, uid: str, features: Features, label: int) -> None:
        """Write the next video: features (T, D).

        Raises:
            UserError: T is 0, D is not feature_dim, or a value is not finite.
        """
        check_features(uid, features, self.feature_dim)
        row = len(self._uids)
        if row == len(self._features):
            raise ValueError(f"expected {row} videos, got one more: {uid}")
        self._features[row] = features.reshape(-1)
        for dataset in self._uid_datasets:
            dataset[row] = uid
        for dataset in self._label_datasets:
            dataset[row] = label
        self._uids.append(uid)

    def __enter__(self) -> "HdfFeatureWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None and len(self._uids) != len(self._features):
            raise ValueError(f"expected {len(self._features)} videos, got {len(self._uids)}")


def check_features(uid: str, features: Features, feature_dim: int) -> None:
    """Check features (T, D): T at least 1, D = feature_dim, finite values.

    Raises:
        UserError: they are not so.
    """
    if len(features) == 0 or features.shape[1] != feature_dim:
        raise UserError(
            f"expected features of shape (one or more frames, {feature_dim}) for video {uid}, got {features.shape}"
        )
    if not np.isfinite(features).all():
        bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
        raise UserError(
            f"expected finite features for video {uid}, but {len(bad)} of its {len(features)} frames have NaN or "
            f"infinite values (the first is frame {bad[0]}); check the backbone's checkpoint, or extract without mixed "
            "precision"
        )


def _kind_of(dataset: h5py.Dataset) -> str:
    """The type of a dataset's values, for messages. HDF5 may crash on a damaged type, which h5py could not create."""
    # Compare the encodings: HDF5's own comparison skips some fields.
    if h5py.h5t.py_create(dataset.dtype, logical=True).encode() != dataset.id.get_type().encode():
        return "a damaged type"
    item = h5py.check_vlen_dtype(dataset.dtype)
    if h5py.check_string_dtype(dataset.dtype):
        return "text"
    if item is not None:  # h5py does not swap the bytes of arrays
        return "arrays of numbers" if item.kind == "f" and item.isnative else f"arrays of {item}"
    return "numbers" if dataset.dtype.kind in "iuf" else str(dataset.dtype)


@contextmanager
def _damage_as_user_error(where: str) -> Iterator[None]:
    """Convert exceptions of HDF5 on a damaged file to a UserError."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError) as error:
        raise UserError(f"cannot read {where}, it is damaged: {shown(error)}; extract the features again") from error


@contextmanager
def open_features(
    path: Path | str,
    split: str,
    feature_dim: int | None = None,
    n_classes: int | None = None,
) -> Iterator[HdfFeatureReader]:
    """Open the videos of `split` in the features file at `path`; see `HdfFeatureReader`.

    Args:
        feature_dim: expected number of values of each frame, if given.
        n_classes: upper bound of class ids, if given; without it, videos may be unlabelled (-1).

    Raises:
        UserError: the file is missing, is not HDF5, lacks the split, or has another feature_dim or other classes.
    """
    path = require_file(path, "a features file (made by 02_extract_features.py)")
    if not h5py.is_hdf5(path):
        raise UserError(
            f"expected an HDF5 file of features at {path}, but it is no HDF5 file; extract the features again"
        )
    with _damage_as_user_error(str(path)):
        opened = h5py.File(path, "r")
    with opened as file:
        with _damage_as_user_error(str(path)):
            splits = [name for name in file if isinstance(file.get(name), h5py.Group)]
        if split not in splits:
            raise UserError(
                f"expected a split {split!r} in {path}, got {some(splits) or 'none'}; "
                f"extract it with 02_extract_features.py --split {split}"
            )
        reader = HdfFeatureReader(file[split])
        if feature_dim is not None and reader.feature_dim != feature_dim:
            raise UserError(
                f"expected features of {feature_dim} values a frame in {path}, got {reader.feature_dim}; give the "
                "features this model was made for, or set feature_dim in the config"
            )
        if n_classes is not None:
            reader.require_classes(n_classes)
        yield reader
