"""From a model's outputs to class scores."""

from collections.abc import Callable

import torch
from torch import Tensor

from play_fair.errors import UserError

Activation = str | Callable[[Tensor], Tensor]
"""One of `ACTIVATIONS`, or a function from outputs (N, C) to scores (N, C)."""

ACTIVATIONS = ("softmax", "sigmoid", "none")


def require_activation(activation: Activation) -> Activation:
    """The activation itself.

    Raises:
        UserError: it is neither one of `ACTIVATIONS` nor a function.
    """
    if not (callable(activation) or activation in ACTIVATIONS):
        raise UserError(
            f"expected an activation among {', '.join(ACTIVATIONS)}, or a function (N, C) -> (N, C), got {activation!r}"
        )
    return activation


def activate(outputs: Tensor, activation: Activation, out: Tensor | None = None) -> Tensor:
    """Scores of outputs (..., C), written to `out` if it is given.

    Raises:
        UserError: softmax of a single output, which is always 1, or a function that changes the shape.
    """
    if callable(activation):
        scores = activation(outputs.flatten(end_dim=-2)).view(outputs.shape)
    elif activation == "softmax":
        if outputs.shape[-1] == 1:
            raise UserError(
                "the softmax of a single output is always 1, so that no frame can change it: give "
                "activation='sigmoid', or 'none' for a model of values"
            )
        return torch.softmax(outputs, dim=-1, out=out)
    else:
        scores = torch.sigmoid(outputs) if activation == "sigmoid" else outputs
    return scores if out is None else out.copy_(scores)


def score_of_no_evidence(n_classes: int, activation: Activation) -> Tensor:
    """Scores (C,) of outputs that are all 0: 1/C with softmax, 1/2 with sigmoid, 0 without activation."""
    return activate(torch.zeros(1, n_classes), activation)[0].float()
