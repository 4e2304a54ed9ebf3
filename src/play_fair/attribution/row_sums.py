"""Weighted sums of many rows, without the loss of summing them in float32."""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

_ROWS_AT_ONCE = 64
"""Rows summed in float32 before going on in float64: the error is 1e-6 of them at worst, where all values are equal."""


def weighted_row_sums(weights: Float[Tensor, "N K"], values: Float[Tensor, "N M"]) -> Float64[Tensor, "K M"]:
    """The sums over the rows of `values`, K times with other weights."""
    weights = weights.to(values.dtype)
    n_pieces = len(values) // _ROWS_AT_ONCE
    rest = n_pieces * _ROWS_AT_ONCE
    sums = (weights[rest:].T @ values[rest:]).double()
    if n_pieces:
        pieces = [rows[:rest].unflatten(0, (n_pieces, -1)) for rows in (weights, values)]
        sums += torch.bmm(pieces[0].transpose(1, 2), pieces[1]).sum(dim=0, dtype=torch.float64)
    return sums
