"""Class priors from the labels of a split."""

from pathlib import Path

from play_fair.arrays import Priors
from play_fair.errors import UserError
from play_fair.labels import class_priors, read_classes_csv, write_class_priors
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.split import UNLABELLED
from play_fair.videos.ssv2 import find_labels_json, read_class_ids, read_split


def priors_of_split(
    split: Path | str, output: Path | str, classes: Path | None = None, smoothing: float = 0.0
) -> Priors:
    """Compute the class priors of a split and write them to `output`; see `labels.class_priors`.

    Args:
        split: its json, SSv2 style, or its gulp folder.
        classes: class ids, a labels json or a classes.csv; without it the labels json beside the split's json, or the
            classes.csv beside its gulp folder.

    Raises:
        UserError: a file is missing or malformed, or the split has no labels.
    """
    split = Path(split)
    if not split.exists():
        raise UserError(f"expected the json of a split, or its gulp folder, at {split}, but there is neither")
    if classes is None:
        classes = split.parent / "classes.csv" if split.is_dir() else find_labels_json(split, "--classes")
    class_ids = read_classes_csv(classes) if classes.suffix == ".csv" else read_class_ids(classes)
    if split.is_dir():
        labels = GulpVideoDataset(split).labels.tolist()
    else:
        labels = [video.class_id for video in read_split(split, class_ids)]
    if UNLABELLED in labels:
        raise UserError(f"expected videos of known classes in {split}, but it has no labels; use the train split")
    priors = class_priors(labels, len(class_ids), smoothing)
    write_class_priors(output, priors)
    return priors
