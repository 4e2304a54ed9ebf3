"""Explain any function of a sequence: here one that says whether the sequence rises or falls."""

import torch
from torch import Tensor

import play_fair


def rises_or_falls(sequences: Tensor) -> Tensor:
    """N sequences of s elements, (N, s, 1), to logits (N, 2)."""
    rise = sequences[:, -1, 0] - sequences[:, 0, 0]
    return torch.stack([rise, -rise], dim=1)


sequence = torch.tensor([[0.0], [0.1], [2.0], [1.5], [0.4]])
explanation = play_fair.explain(rises_or_falls, sequence, class_names=["rises", "falls"])
print(explanation)

print("\nelement  rises  falls")
for element, (rises, falls) in zip(sequence[:, 0], explanation.values, strict=True):
    print(f"{element:7.1f} {rises:+6.3f} {falls:+6.3f}")
for name, (rises, falls) in (("prior", explanation.prior), ("score", explanation.scores)):
    print(f"{name:>7} {rises:+6.3f} {falls:+6.3f}")
