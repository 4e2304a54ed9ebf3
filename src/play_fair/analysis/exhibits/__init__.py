"""The exhibits of a report: tables with figures, captions and summaries."""

from play_fair.analysis.exhibits.change import class_growth, classes, extremes, stability_of_esvs
from play_fair.analysis.exhibits.exhibit import Exhibit
from play_fair.analysis.exhibits.rival import contrast_positions, contrasts, kinds_of_frames, true_against_predicted
from play_fair.analysis.exhibits.true_class import (
    accuracy,
    positions,
    positions_as_frames_grow,
    sums,
    supporting_frames,
)
from play_fair.analysis.study import Study


def exhibits(study: Study) -> list[Exhibit]:
    """All exhibits, in the order of the report."""
    return [
        accuracy(study),
        supporting_frames(study),
        sums(study),
        positions(study),
        positions_as_frames_grow(study),
        kinds_of_frames(study),
        true_against_predicted(study),
        contrasts(study),
        contrast_positions(study),
        extremes(study),
        stability_of_esvs(study),
        classes(study),
        class_growth(study),
    ]


__all__ = ["Exhibit", "exhibits"]
