"""The values behind the plots, as tables to download."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence

from esv_dashboard.catalogue import Catalogue, Explanation, Model
from esv_dashboard.figures import top_classes
from esv_dashboard.view import View

Row = Sequence[object]


def predictions(catalogue: Catalogue, model: Model, view: View) -> Iterator[Row]:
    """Scores of the bars that are shown."""
    yield ("class_id", "class", "score", "prior", "is_true_class")
    video, explanation = catalogue.video(view.uid), model.explain(view.uid, view.n_frames)
    if video is None or explanation is None:
        return
    for class_id in top_classes(explanation, (video.label, *view.classes)):
        score, prior = explanation.scores[class_id], explanation.priors[class_id]
        yield (class_id, catalogue.class_names[class_id], score, prior, int(class_id == video.true_class))


def esvs(catalogue: Catalogue, model: Model, view: View) -> Iterator[Row]:
    """ESVs of the classes in the plot."""
    yield ("class_id", "class", "frame", "esv", "standard_error")
    if (explanation := model.explain(view.uid, view.n_frames)) is not None:
        for class_id in view.classes:
            yield from _esv_rows(catalogue, explanation, class_id)


def _esv_rows(catalogue: Catalogue, explanation: Explanation, class_id: int) -> Iterator[Row]:
    errors = explanation.standard_errors
    for index, frame in enumerate(explanation.frames.tolist()):
        error = "" if errors is None else errors[index, class_id]
        yield (class_id, catalogue.class_names[class_id], frame, explanation.esvs[index, class_id], error)


def waterfall(catalogue: Catalogue, model: Model, view: View) -> Iterator[Row]:
    """Prior, ESVs and score of the class in focus."""
    yield ("term", "frame", "value")
    if (explanation := model.explain(view.uid, view.n_frames)) is not None:
        yield ("prior", "", explanation.priors[view.focus])
        for frame, esv in zip(explanation.frames.tolist(), explanation.esvs[:, view.focus], strict=True):
            yield ("esv", frame, esv)
        yield ("score", "", explanation.scores[view.focus])


def scales(catalogue: Catalogue, model: Model, view: View) -> Iterator[Row]:
    """ESVs of the class in focus for every number of frames."""
    yield ("frames_fed", "frame", "esv")
    for n_frames, explanation in model.explain_all(view.uid).items():
        for frame, esv in zip(explanation.frames.tolist(), explanation.esvs[:, view.focus], strict=True):
            yield (n_frames, frame, esv)


def interactions(catalogue: Catalogue, model: Model, view: View) -> Iterator[Row]:
    """Interactions of every two frames for the class in focus."""
    yield ("frame_a", "frame_b", "interaction")
    explanation = model.explain(view.uid, view.n_frames)
    if explanation is not None and view.focus in explanation.interactions:
        pairs = explanation.interactions[view.focus]
        frames = explanation.frames.tolist()
        for i, a in enumerate(frames):
            for j, b in enumerate(frames):
                if i != j:
                    yield (a, b, pairs[i, j])


TABLES: Mapping[str, Callable[[Catalogue, Model, View], Iterator[Row]]] = {
    "predictions": predictions,
    "esvs": esvs,
    "waterfall": waterfall,
    "scales": scales,
    "interactions": interactions,
}


def to_csv(rows: Iterator[Row]) -> str:
    """Rows as the text of a csv file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
