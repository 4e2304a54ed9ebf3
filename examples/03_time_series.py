"""Which seconds of a recording tell the activity? Accelerometer and gyroscope of a smartwatch (BasicMotions, in aeon).

A recording has 100 measurements of 6 sensors in 10 seconds. A segment of consecutive measurements counts as one player:
the values of 10 segments are exact (2^10 - 1 evaluations of the model), those of 50 are estimated within a budget.
"""

import torch
from aeon.datasets import load_basic_motions
from torch import Tensor, nn

import play_fair

SECONDS = 10
CLASSES = ("badminton", "running", "standing", "walking")


class Classifier(nn.Module):
    """What short stretches look like, averaged over the series: it takes series of any length."""

    def __init__(self, n_sensors: int) -> None:
        super().__init__()
        self.stretches = nn.Sequential(
            nn.Conv1d(n_sensors, 24, kernel_size=5, padding=2), nn.ReLU(), nn.Conv1d(24, 24, 5, padding=2), nn.ReLU()
        )
        self.classifier = nn.Linear(24, len(CLASSES))

    def forward(self, series: Tensor) -> Tensor:
        """(N, T, sensors) to logits (N, C)."""
        return self.classifier(self.stretches(series.transpose(1, 2)).mean(dim=2))


def recordings(split: str) -> tuple[Tensor, Tensor]:
    """Series (N, T, sensors), and class ids."""
    series, names = load_basic_motions(split=split)
    labels = torch.tensor([CLASSES.index(name) for name in names])
    return torch.from_numpy(series).float().transpose(1, 2), labels


def train(model: nn.Module, series: Tensor, labels: Tensor) -> None:
    """On random seconds of each recording, so that the model knows what it says when it sees a part."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-3)
    for _ in range(150):
        n_seen = int(torch.randint(1, SECONDS + 1, ()))
        seen = torch.randperm(SECONDS)[:n_seen].sort().values
        parts = series.unflatten(1, (SECONDS, -1))[:, seen].flatten(1, 2)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(parts), labels).backward()
        optimizer.step()


def main() -> None:
    torch.manual_seed(0)
    (series, labels), (test_series, test_labels) = recordings("train"), recordings("test")
    model = Classifier(series.shape[2])
    train(model, series, labels)
    prior = torch.bincount(labels) / len(labels)

    explanations = play_fair.explain(model, list(test_series), prior=prior, segments=SECONDS, class_names=CLASSES)
    right = [explanation.predicted == label for explanation, label in zip(explanations, test_labels, strict=True)]
    print(f"{sum(right) / len(right):.1%} of {len(right)} recordings right.\n")

    print(f"What each second adds to the score of its activity; prior {prior[0]:.2f}")
    print(f"{'second':20}{''.join(f'{second:6}' for second in range(SECONDS))}  score")
    rows = [int((test_labels == class_id).nonzero()[0]) for class_id in range(len(CLASSES))]
    for name, row in zip(CLASSES, rows, strict=True):
        show(name, explanations[row], name)

    print("\nFour seconds of walking, and then six of badminton")
    walking, badminton = (test_series[rows[CLASSES.index(name)]] for name in ("walking", "badminton"))
    mixed = torch.cat([walking[:40], badminton[40:]])
    explanation = play_fair.explain(model, mixed, prior=prior, segments=SECONDS, class_names=CLASSES)
    for name in ("walking", "badminton"):
        show(f"score of {name}", explanation, name)

    print("\nThe fifths of a second that speak most for badminton, estimated")
    for budget in (100, 500):
        explanation = play_fair.explain(
            model, mixed, prior=prior, segments=5 * SECONDS, budget=budget, class_names=CLASSES
        )
        assert explanation.standard_errors is not None
        print(f"budget {budget}")
        class_id = explanation.class_id("badminton")
        for segment in explanation.values[:, class_id].argsort()[::-1][:3]:
            value, error = explanation.values[segment, class_id], explanation.standard_errors[segment, class_id]
            print(f"    {segment / 5:.1f} to {(segment + 1) / 5:.1f} s {value:+7.3f}, standard error {error:.3f}")


def show(title: str, explanation: play_fair.Explanation, class_name: str) -> None:
    """One row of the table."""
    class_id = explanation.class_id(class_name)
    values = "".join(f"{value:+6.2f}" for value in explanation.values[:, class_id])
    print(f"{title:20}{values}  {explanation.scores[class_id]:5.2f}")


if __name__ == "__main__":
    main()
