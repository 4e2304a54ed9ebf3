"""Training: it learns what can be learnt and no more, keeps the best epoch, repeats itself, and reports."""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from play_fair.config import TrainingConfig
from play_fair.files import temporary_beside
from play_fair.models import FeatureTSN, MLPConsensus, load_checkpoint
from play_fair.models.accuracy import Accuracy, accuracy, write_accuracies
from play_fair.models.labelled_features import LabelledFeatures
from play_fair.models.training import Epoch, History, train_head
from play_fair.models.training_job import Head, train_heads
from recorded_bar import RecordedBar

D = 8
CPU = torch.device("cpu")


def in_order_or_reversed(n_videos: int, seed: int) -> LabelledFeatures:
    """Class 0 goes from one thing to another, class 1 back: the same frames in the other order."""
    rng = np.random.default_rng(seed)
    start, end = np.random.default_rng(0).standard_normal((2, D))

    def video(label: int) -> np.ndarray:
        progress = np.linspace(0, 1, rng.integers(6, 15))[:, None]
        frames = (1 - progress) * start + progress * end + 0.1 * rng.standard_normal((len(progress), D))
        return (frames[::-1] if label else frames).astype(np.float32)

    labels = [i % 2 for i in range(n_videos)]
    return LabelledFeatures.of([(video(label), label) for label in labels], n_classes=2)


TRAIN, VALIDATION = in_order_or_reversed(60, seed=1), in_order_or_reversed(40, seed=2)
CONFIG = TrainingConfig(epochs=15, batch_size=20, lr=1e-2, patience=15)


def trn(n_frames: int, dropout: float = 0.0) -> MLPConsensus:
    return MLPConsensus(n_frames * D, 16, 2, dropout=dropout)


def tsn() -> FeatureTSN:
    return FeatureTSN(D, 2)


def trained(make: Callable[[], nn.Module], n_frames: int, config: TrainingConfig = CONFIG) -> tuple[nn.Module, History]:
    return train_head(make, n_frames, TRAIN, VALIDATION, config, CPU)


def test_order_is_learnt_by_a_trn_and_not_by_a_tsn() -> None:
    ordered, _ = trained(partial(trn, 3), 3)
    order_blind, _ = trained(tsn, 3)
    assert accuracy("TRN", ordered, VALIDATION, 3).top1 == 1
    assert accuracy("TSN", order_blind, VALIDATION, 3).top1 < 0.75


def test_same_seed_same_model_and_the_callers_random_state_is_untouched() -> None:
    make = partial(trn, 3, dropout=0.2)
    config = CONFIG.model_copy(update={"epochs": 2})
    torch.manual_seed(5)
    expected_next = torch.rand(3)
    torch.manual_seed(5)
    first, first_history = trained(make, 3, config)
    assert torch.equal(torch.rand(3), expected_next)
    second, second_history = trained(make, 3, config)
    assert first_history == second_history
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    other, _ = trained(make, 3, config.model_copy(update={"seed": 1}))
    assert not torch.equal(next(other.parameters()), next(first.parameters()))


def test_stops_early_and_keeps_the_best_epoch() -> None:
    seen: list[Epoch] = []

    def on_epoch(history: History) -> None:
        seen.append(history.epochs[-1])

    config = CONFIG.model_copy(update={"epochs": 40, "patience": 3, "lr": 0.3})
    model, history = train_head(tsn, 3, TRAIN, VALIDATION, config, CPU, on_epoch)
    assert seen == history.epochs
    assert len(history.epochs) == history.best + 1 + 3 < 40
    assert not model.training
    best = history.epochs[history.best]
    assert accuracy("TSN", model, VALIDATION, 3).top1 == pytest.approx(best.validation_top1)
    loss = nn.functional.cross_entropy(model(VALIDATION.uniform(3)), VALIDATION.labels)
    assert loss.item() == pytest.approx(best.validation_loss)


def test_best_epoch_is_the_most_accurate_then_the_surest() -> None:
    def epoch(top1: float, loss: float) -> Epoch:
        return Epoch(train_loss=1.0, train_top1=0.0, validation_loss=loss, validation_top1=top1)

    assert History([epoch(0.5, 0.1), epoch(0.7, 0.9), epoch(0.7, 0.8), epoch(0.6, 0.2)]).best == 2
    assert History([epoch(0.7, 0.8), epoch(0.7, 0.8)]).best == 0


def test_batch_norm_survives_a_last_batch_of_one_video() -> None:
    make = partial(MLPConsensus, D, 4, 2, batch_norm=True)
    trained(make, 1, TrainingConfig(epochs=1, batch_size=59))


def test_accuracy_counts_first_and_fifth_guesses() -> None:
    places = [0, 1, 4, 5, 6, 0]  # of class 0, the right one, among the guesses
    logits = torch.zeros(len(places), 7)
    for row, place in zip(logits, places, strict=True):
        guesses = [*range(1, place + 1), 0, *range(place + 1, 7)]
        row[guesses] = -torch.arange(7.0)
    videos = LabelledFeatures.of([(np.zeros((1, 1), np.float32), 0)] * len(places), n_classes=7)
    measured = accuracy("toy", lambda batch: logits, videos, 1)
    assert (measured.model, measured.n_frames) == ("toy", 1)
    assert (measured.top1, measured.top5) == pytest.approx((2 / 6, 4 / 6))


def test_writes_accuracies(tmp_path: Path) -> None:
    write_accuracies([Accuracy("TSN", 8, 0.5, 0.75)], tmp_path / "accuracy.csv")
    assert (tmp_path / "accuracy.csv").read_text() == "model,n_frames,top1,top5\nTSN,8,0.5,0.75\n"


def load(split: str) -> LabelledFeatures:
    return {"train": TRAIN, "validation": VALIDATION}[split]


def trn_heads(folder: Path) -> list[Head]:
    return [Head("TRN", n, partial(trn, n), folder / "weights" / f"trn_{n}.pth") for n in (1, 2, 3)]


def test_job_leaves_weights_accuracies_and_curves(tmp_path: Path) -> None:
    heads, bar = trn_heads(tmp_path), RecordedBar()
    temporary_beside(tmp_path / "trn.png").touch()  # of a killed run
    accuracies = train_heads(heads, load, CONFIG, tmp_path / "trn.csv", {}, CPU, bar=bar)
    assert not list(tmp_path.glob(".*"))
    assert (bar.total, bar.done) == (3 * CONFIG.epochs, 3 * CONFIG.epochs)

    with (tmp_path / "trn.csv").open(newline="") as file:
        rows = {(row["model"], int(row["n_frames"])): float(row["top1"]) for row in csv.DictReader(file)}
    assert list(rows) == [(model, n) for model in ("TRN", "multi-scale TRN") for n in (1, 2, 3)]
    assert {(row.model, row.n_frames): row.top1 for row in accuracies} == rows
    loaded = trn(3)
    load_checkpoint(loaded, heads[2].checkpoint)
    assert accuracy("TRN", loaded.eval(), VALIDATION, 3).top1 == rows["TRN", 3] == 1
    assert rows["TRN", 1] == rows["multi-scale TRN", 1]

    with Image.open(tmp_path / "trn.png") as picture:
        assert picture.width > picture.height > 300
        assert picture.convert("L").getextrema()[0] < 100  # something is drawn


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("stop_at", [1, 3, 5])
def test_a_stopped_job_is_resumed_to_the_same_bytes(tmp_path: Path, stop_at: int) -> None:
    config = CONFIG.model_copy(update={"epochs": 2})
    for name in ("undisturbed", "stopped"):
        (tmp_path / name).mkdir()
    train_heads(trn_heads(tmp_path / "undisturbed"), load, config, tmp_path / "undisturbed" / "trn.csv", {}, CPU)
    heads, report = trn_heads(tmp_path / "stopped"), tmp_path / "stopped" / "trn.csv"
    with pytest.raises(KeyboardInterrupt):
        train_heads(heads, load, config, report, {}, CPU, bar=RecordedBar(stop_at=stop_at))
    trained = [head.checkpoint for head in heads if head.checkpoint.exists()]
    before = [path.stat().st_mtime_ns for path in trained]
    assert len(trained) == stop_at // 2
    train_heads(heads, load, config, report, {}, CPU)
    assert [path.stat().st_mtime_ns for path in trained] == before, "trained models are not trained again"
    assert contents(tmp_path / "stopped") == contents(tmp_path / "undisturbed")


def test_job_measures_a_tsn_on_up_to_the_frames_it_was_trained_with(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"epochs": 1})
    head = Head("TSN", 3, tsn, tmp_path / "tsn.pth", any_length=True)
    accuracies = train_heads([head], load, config, tmp_path / "tsn.csv", {}, CPU)
    assert [(row.model, row.n_frames) for row in accuracies] == [("TSN", 1), ("TSN", 2), ("TSN", 3)]
