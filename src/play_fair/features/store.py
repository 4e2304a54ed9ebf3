"""Features of videos in HDF5: one group for each split, one row of variable length for each video.

{split}/features        float32 (N,) of variable length: (T, D) row by row; attribute feature_dim = D
{split}/uids            utf-8 (N,)
{split}/labels/uid      utf-8 (N,)
{split}/labels/action   int64 (N,), the class id; labels/label is the same
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypedDict

import h5py
import numpy as np

from play_fair.arrays import Features
from play_fair.errors import UserError
from play_fair.files import require_file
from play_fair.frame_sampling import FrameSampler

_DATASETS = ("features", "uids", "labels/action", "labels/label", "labels/uid")


class VideoLabels(TypedDict):
    """What is known of a video; action and label are both its class id."""

    action: int
    label: int
    uid: str


class HdfFeatureReader(Sequence[tuple[Features, VideoLabels]]):
    """The videos of one split, each as (features float32 (T, D), labels).

    Args:
        group: of one split.
        sampler: chooses the frames of each video; all of them without one.
        uids: keep only these videos, in the order of the file.
        in_mem: read all features now, so that the file may be closed.

    Raises:
        UserError: the group is not as this module says, or a uid is not in it.
    """

    def __init__(
        self,
        group: h5py.Group,
        sampler: FrameSampler | None = None,
        uids: Collection[str] | None = None,
        in_mem: bool = False,
    ) -> None:
        self._where = f"{group.name} of {group.file.filename}"
        self._features = self._dataset(group, "features")
        if "feature_dim" not in self._features.attrs:
            raise UserError(f"expected an attribute feature_dim of the features in {self._where}; extract them anew")
        self.feature_dim = int(self._features.attrs["feature_dim"])
        self._actions, self._labels = (self._dataset(group, f"labels/{key}")[:] for key in ("action", "label"))
        all_uids: list[str] = self._dataset(group, "uids").asstr()[:].tolist()
        self._rows = self._rows_of(uids, all_uids)
        self.uids = [all_uids[row] for row in self._rows]
        self._sampler = sampler
        self._in_memory = [self._read(i) for i in range(len(self))] if in_mem else None

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[Features, VideoLabels]:  # type: ignore[override]
        """The video at `index`; a sampler that draws at random draws anew each time.

        Raises:
            IndexError: there are fewer videos.
            UserError: its features are not whole frames.
        """
        index = range(len(self))[index]
        row = self._rows[index]
        features = self._in_memory[index] if self._in_memory is not None else self._read(index)
        if self._sampler:
            features = features[self._sampler.sample(len(features))]
        return features, {"action": int(self._actions[row]), "label": int(self._labels[row]), "uid": self.uids[index]}

    def _read(self, index: int) -> Features:
        values = self._features[self._rows[index]]
        if not len(values) or len(values) % self.feature_dim:
            raise UserError(
                f"expected one or more frames of {self.feature_dim} values for video {self.uids[index]} in "
                f"{self._where}, got {len(values)} values; extract the features anew"
            )
        return values.reshape(-1, self.feature_dim).astype(np.float32, copy=False)

    def _dataset(self, group: h5py.Group, name: str) -> h5py.Dataset:
        if not isinstance(group.get(name), h5py.Dataset):
            raise UserError(f"expected the datasets {', '.join(_DATASETS)} in {self._where}, but {name} is missing")
        return group[name]

    def _rows_of(self, wanted: Collection[str] | None, uids: list[str]) -> list[int]:
        if wanted is None:
            return list(range(len(uids)))
        if unknown := sorted(set(wanted) - set(uids)):
            shown = ", ".join(unknown[:3]) + (", ..." if len(unknown) > 3 else "")
            raise UserError(f"expected only uids of {self._where}, but {len(unknown)} are not in it: {shown}")
        chosen = set(wanted)
        return [row for row, uid in enumerate(uids) if uid in chosen]


class HdfFeatureWriter:
    """Writes the videos of one split into an empty group, in order; leaving the `with` block checks that all came.

    Args:
        group: to write into.
        n_videos: that will be appended.
        feature_dim: values of each frame.
    """

    def __init__(self, group: h5py.Group, n_videos: int, feature_dim: int) -> None:
        self.feature_dim = feature_dim
        self._uids: list[str] = []
        self._features = group.create_dataset("features", n_videos, dtype=h5py.vlen_dtype(np.float32))
        self._features.attrs["feature_dim"] = np.int64(feature_dim)
        # The published layout has each uid twice, and each class id.
        self._uid_datasets = [
            group.create_dataset(key, n_videos, h5py.string_dtype()) for key in ("uids", "labels/uid")
        ]
        self._label_datasets = [
            group.create_dataset(key, n_videos, np.int64) for key in ("labels/action", "labels/label")
        ]

    def append(self, uid: str, features: Features, label: int) -> None:
        """Write the next video.

        Raises:
            UserError: there are no frames, a frame does not have feature_dim values, or a value is not a finite number.
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
    """Refuse features that would spoil everything computed from them.

    Raises:
        UserError: as `HdfFeatureWriter.append` says.
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


@contextmanager
def open_features(
    path: Path | str,
    split: str,
    feature_dim: int | None = None,
    sampler: FrameSampler | None = None,
    uids: Collection[str] | None = None,
    in_mem: bool = False,
) -> Iterator[HdfFeatureReader]:
    """The videos of `split` in the features file at `path`; see HdfFeatureReader.

    Args:
        feature_dim: what the features must have, if given.

    Raises:
        UserError: the file is missing, is not HDF5, has no such split, or its features have another dimension.
    """
    path = require_file(path, "a features file (made by 02_extract_features.py)")
    if not h5py.is_hdf5(path):
        raise UserError(
            f"expected an HDF5 file of features at {path}, but it is no HDF5 file; extract the features anew"
        )
    with h5py.File(path, "r") as file:
        if not isinstance(file.get(split), h5py.Group):
            raise UserError(
                f"expected a split {split!r} in {path}, got {', '.join(file) or 'none'}; "
                f"extract it with 02_extract_features.py --split {split}"
            )
        reader = HdfFeatureReader(file[split], sampler, uids, in_mem)
        if feature_dim is not None and reader.feature_dim != feature_dim:
            raise UserError(
                f"expected features of {feature_dim} values a frame in {path}, got {reader.feature_dim}; give the "
                "features this model was made for, or set feature_dim in the config"
            )
        yield reader
