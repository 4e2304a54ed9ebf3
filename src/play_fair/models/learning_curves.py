"""Plot losses and accuracies of training."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib import colormaps
from matplotlib.figure import Figure

from play_fair.files import atomic_path
from play_fair.models.training import History


def plot_learning_curves(histories: Mapping[str, History], path: Path | str) -> None:
    """Losses and validation accuracy over the epochs, one colour a model; a dot marks the epoch that was kept.

    The suffix of `path` chooses the format; it is written atomically.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    loss_axes, accuracy_axes = figure.subplots(1, 2)
    colours = colormaps["viridis"].resampled(max(len(histories), 2))
    for i, (name, history) in enumerate(histories.items()):
        colour = colours(i)
        epochs = range(1, len(history.epochs) + 1)
        best = history.epochs[history.best]
        loss_axes.plot(epochs, [epoch.train_loss for epoch in history.epochs], "--", color=colour, linewidth=1)
        loss_axes.plot(epochs, [epoch.validation_loss for epoch in history.epochs], color=colour)
        loss_axes.plot(history.best + 1, best.validation_loss, "o", color=colour)
        top1 = [100 * epoch.validation_top1 for epoch in history.epochs]
        accuracy_axes.plot(epochs, top1, color=colour, label=f"{name}: {top1[history.best]:.1f} %")
        accuracy_axes.plot(history.best + 1, top1[history.best], "o", color=colour)
    loss_axes.set(title="Loss (dashed: training, solid: validation)", xlabel="epoch", ylabel="cross entropy")
    accuracy_axes.set(title="Validation accuracy (dot: the epoch kept)", xlabel="epoch", ylabel="top-1 (%)")
    for axes in (loss_axes, accuracy_axes):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    accuracy_axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    with atomic_path(path) as part:
        figure.savefig(part, dpi=150)
