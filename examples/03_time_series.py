"""Which seconds of a recording tell the activity? Accelerometer and gyroscope of a smartwatch (BasicMotions, in aeon).

A recording has 100 measurements of 6 sensors in 10 seconds. A segment of consecutive ones counts as one player: the
values of 10 segments are exact (2^10 scores), those of 50 are estimated from a part of the subsets.
"""

import torch
from aeon.datasets import load_basic_motions
from torch import Tensor, nn

from play_fair.attribution import Approximation, CharacteristicFunctionShapleyAttributor

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
    model.eval()
    priors = torch.bincount(labels).float() / len(labels)

    def scores_of(parts: Tensor) -> Tensor:
        return model(parts).softmax(dim=1) if parts.shape[1] else priors[None]

    attributor = CharacteristicFunctionShapleyAttributor(scores_of, len(CLASSES))
    esvs, scores = attributor.explain_batch(test_series, segments=SECONDS)  # (40, 10, 4), (40, 4)
    print(f"{(scores.argmax(dim=1) == test_labels).double().mean():.1%} of {len(test_labels)} recordings right.\n")

    print(f"What each second adds to the score of its activity; prior {priors[0]:.2f}")
    rows = [int((test_labels == class_id).nonzero()[0]) for class_id in range(len(CLASSES))]
    print(f"{'second':20}{''.join(f'{second:6}' for second in range(SECONDS))}  score")
    for class_id, row in enumerate(rows):
        show(CLASSES[class_id], esvs[row, :, class_id], scores[row, class_id])

    badminton, walking = CLASSES.index("badminton"), CLASSES.index("walking")
    mixed = torch.cat([test_series[rows[walking], :40], test_series[rows[badminton], 40:]])
    print("\nFour seconds of walking, and then six of badminton")
    esvs_of_mixed, scores_of_mixed = attributor.explain(mixed, segments=SECONDS)
    for class_id in (walking, badminton):
        show(f"score of {CLASSES[class_id]}", esvs_of_mixed[:, class_id], scores_of_mixed[class_id])

    estimator = Approximation(max_samples_per_scale=150).attributor(attributor)
    estimate = estimator.explanation(mixed[None], segments=50)
    assert estimate.standard_errors is not None
    largest, when = estimate.esvs[0, :, badminton].topk(3)
    print("\nThe fifths of a second that say most of badminton (estimates)")
    for esv, segment in zip(largest, when, strict=True):
        error = estimate.standard_errors[0, segment, badminton]
        print(f"{segment / 5:.1f} to {(segment + 1) / 5:.1f} s {esv:+7.3f}, standard error {error:.3f}")


def show(title: str, esvs: Tensor, score: Tensor) -> None:
    """One row of the table."""
    print(f"{title:20}{''.join(f'{esv:+6.2f}' for esv in esvs)}  {score:5.2f}")


if __name__ == "__main__":
    main()
