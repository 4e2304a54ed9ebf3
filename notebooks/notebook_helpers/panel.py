"""Controls for estimates: choose a video and an estimator, see its ESVs beside the exact ones."""

from collections.abc import Mapping

import ipywidgets as widgets
from IPython.display import display
from matplotlib.figure import Figure

from notebook_helpers.demo import DemoVideos
from notebook_helpers.experiments import estimate, relative_mse
from notebook_helpers.figures import estimates_and_exact, film_strip, top_predictions
from play_fair.attribution import ESTIMATORS, Approximation, Estimator, ShapleyAttributor
from play_fair.errors import UserError

SAMPLES = (8, 16, 32, 64, 128, 256, 512, 1024)
"""Most subsets of one size, to choose from."""


def estimators_of(exact: ShapleyAttributor) -> tuple[str, ...]:
    """The estimators that can explain the model."""
    return tuple(name for name, estimator in ESTIMATORS.items() if _is_for(estimator, exact))


def _is_for(estimator: Estimator, exact: ShapleyAttributor) -> bool:
    try:
        estimator.require(exact.game)
    except UserError:
        return False
    return True


def compare(
    exact: ShapleyAttributor,
    videos: DemoVideos,
    uid: str,
    approximation: Approximation,
    n_repeats: int,
    n_frames: int = 16,
) -> Figure:
    """Estimated ESVs of the class that the model predicts, `n_repeats` times, beside the exact ones."""
    video = videos.sampled(uid, n_frames)
    esvs, scores = exact.explain(video.features)
    class_id = int(scores.argmax())
    estimates = estimate(exact, approximation, video.features, class_id, n_repeats)
    truth = esvs[:, class_id].numpy()
    title = (
        f"“{videos.classes[class_id]}”, {approximation.estimator}: {estimates.n_evaluations:,} evaluations, "
        f"relMSE {relative_mse(estimates.runs, truth):.2g}, {1e3 * estimates.seconds:.0f} ms"
    )
    return estimates_and_exact(video, truth, estimates.runs, title)


def panel(
    models: Mapping[str, ShapleyAttributor], videos: DemoVideos, class_name: str, place: int = 0
) -> widgets.Widget:
    """Controls, and below them the frames, the predictions, and the estimates, which follow them.

    Args:
        models: by the name to be shown.
        class_name, place: the video to start with: which of its class.
    """
    model = widgets.ToggleButtons(options=list(models), description="model")
    class_ = widgets.Dropdown(options=sorted(videos.classes), value=class_name, description="class")
    uids = videos.of_class(class_name)
    uid = widgets.Dropdown(options=uids, value=uids[place], description="video")
    estimator = widgets.Dropdown(options=estimators_of(models[model.value]), description="estimator")
    samples = widgets.SelectionSlider(
        options=SAMPLES, value=128, description="samples", continuous_update=False, tooltip="most subsets of one size"
    )
    n_iters = widgets.IntSlider(value=1, min=1, max=8, description="iterations", continuous_update=False)
    n_repeats = widgets.IntSlider(value=8, min=1, max=20, description="repeats", continuous_update=False)

    def list_videos(change: object) -> None:
        uid.options = videos.of_class(class_.value)

    def list_estimators(change: object) -> None:
        estimator.options = estimators_of(models[model.value])

    # Before the outputs observe: they then find an estimator that is for the model.
    class_.observe(list_videos, "value")
    model.observe(list_estimators, "value")

    def show_video(model: str, uid: str) -> None:
        video = videos.sampled(uid, 16)
        _, scores = models[model].explain(video.features)
        display(film_strip(video.pictures, video.indices.tolist()))
        display(top_predictions(scores.numpy(), videos.classes, video.label))

    def show_estimates(model: str, uid: str, estimator: str, samples: int, n_iters: int, n_repeats: int) -> None:
        approximation = Approximation(samples, n_iters, estimator=estimator)
        display(compare(models[model], videos, uid, approximation, n_repeats))

    about_video = {"model": model, "uid": uid}
    about_estimates = {"estimator": estimator, "samples": samples, "n_iters": n_iters, "n_repeats": n_repeats}
    return widgets.VBox(
        [
            widgets.HBox([model, class_, uid]),
            widgets.interactive_output(show_video, about_video),
            widgets.HBox([estimator, samples, n_iters, n_repeats]),
            widgets.interactive_output(show_estimates, {**about_video, **about_estimates}),
        ]
    )
