"""Explain any function of a sequence: here one that says whether the sequence rises or falls."""

import torch
from torch import Tensor

from play_fair.attribution import CharacteristicFunctionShapleyAttributor


def rises_or_falls(sequences: Tensor) -> Tensor:
    """Scores (N, 2) of N sequences of s elements (N, s, 1); of no elements, what is to be expected without any."""
    if sequences.shape[1] == 0:
        return torch.tensor([[0.5, 0.5]])
    rise = sequences[:, -1, 0] - sequences[:, 0, 0]
    return torch.stack([rise, -rise], dim=1).softmax(dim=1)


sequence = torch.tensor([[0.0], [0.1], [2.0], [1.5], [0.4]])
attributor = CharacteristicFunctionShapleyAttributor(rises_or_falls, n_classes=2)
esvs, scores = attributor.explain(sequence)

print("element  rises  falls")
for value, (rises, falls) in zip(sequence[:, 0], esvs, strict=True):
    print(f"{value:7.1f} {rises:+6.3f} {falls:+6.3f}")
print(f"  prior {0.5:+6.3f} {0.5:+6.3f}\n  score {scores[0]:+6.3f} {scores[1]:+6.3f}")
