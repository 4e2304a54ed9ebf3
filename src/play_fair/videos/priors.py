"""Class priors from the label file of a split."""

from pathlib import Path

from play_fair.arrays import Priors
from play_fair.errors import UserError
from play_fair.labels import class_priors, read_classes_csv, write_class_priors
from play_fair.videos.ssv2 import UNLABELLED, find_labels_json, read_class_ids, read_split


def priors_of_split(
    split_json: Path | str, output: Path | str, classes: Path | None = None, smoothing: float = 0.0
) -> Priors:
    """Write to `output` how often each class occurs in a split, every class included; see `labels.class_priors`.

    Args:
        classes: class ids, a labels json or a classes.csv; without it the labels json beside `split_json`.

    Raises:
        UserError: a file is missing or malformed, or the split has no labels.
    """
    if classes is not None and classes.suffix == ".csv":
        class_ids = read_classes_csv(classes)
    else:
        class_ids = read_class_ids(classes or find_labels_json(split_json))
    labels = [video.class_id for video in read_split(split_json, class_ids)]
    if UNLABELLED in labels:
        raise UserError(f"expected videos with a template in {split_json}, but it has no labels; use the train split")
    priors = class_priors(labels, len(class_ids), smoothing)
    write_class_priors(output, priors)
    return priors
