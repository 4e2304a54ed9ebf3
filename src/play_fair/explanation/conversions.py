"""Convert an `Explanation` to the types of other packages, which are imported on use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from play_fair.errors import UserError
from play_fair.explanation.players import label_players

if TYPE_CHECKING:
    import pandas
    import shap
    import shapiq

    from play_fair.explanation.explanation import Explanation


def to_dataframe(explanation: "Explanation") -> "pandas.DataFrame":
    """See `Explanation.to_dataframe`."""
    with needs("pandas", "pip install 'play-fair[tables]'"):
        import pandas
    n_frames, n_classes = explanation.values.shape
    columns: dict[str, Any] = {
        "frame": np.repeat(np.arange(n_frames), n_classes),
        "class_id": np.tile(np.arange(n_classes), n_frames),
    }
    if explanation.class_names is not None:
        columns["class_name"] = list(explanation.class_names) * n_frames
    columns["value"] = explanation.values.ravel()
    if explanation.standard_errors is not None:
        columns["standard_error"] = explanation.standard_errors.ravel()
    return pandas.DataFrame(columns)


def to_shap(explanation: "Explanation") -> "shap.Explanation":
    """See `Explanation.to_shap`."""
    with needs("shap", "pip install shap"):
        import shap
    names, xlabel = label_players(explanation)
    return shap.Explanation(
        values=explanation.values.copy(),
        base_values=explanation.prior.copy(),
        feature_names=[f"{xlabel.split()[0]} {name}" for name in names],
        output_names=[explanation.class_name(class_id) for class_id in range(len(explanation.scores))],
    )


def to_shapiq(explanation: "Explanation", class_id: int) -> "shapiq.InteractionValues":
    """See `Explanation.to_shapiq`."""
    with needs("shapiq", "pip install shapiq"):
        import shapiq
    n_frames, prior = len(explanation.values), float(explanation.prior[class_id])
    values: dict[tuple[int, ...], float] = {
        (frame,): value for frame, value in enumerate(explanation.values[:, class_id].tolist())
    }
    pairs = explanation.interactions_of(class_id)
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
        estimated=not explanation.exact,
        estimation_budget=explanation.n_evaluations or None,
        baseline_value=prior,
    )


@contextmanager
def needs(package: str, install: str) -> Iterator[None]:
    """Advise to install an optional package if the imports in this context fail.

    Raises:
        UserError: the package, or one it needs, is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "play_fair":
            raise
        raise UserError(f"this needs {package}, which is not installed ({error}): {install}") from error
