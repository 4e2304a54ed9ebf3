"""Load and save weights."""

import io
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from play_fair.errors import UserError, some
from play_fair.files import atomic_path, require_file
from play_fair.models.checkpoint_file import read_weights

_SHOWN_KEYS = 3


def load_checkpoint(module: nn.Module, path: Path | str) -> None:
    """Copy the weights of a checkpoint into `module`, in place, converted to the module's precision.

    Accepts {"state_dict": weights, ...}, {"model": weights, ...} and bare weights; other entries (an optimiser's state)
    are ignored, objects of any class included, and so is the `module.` that DataParallel puts before names. No code of
    the file runs.

    Raises:
        UserError: the file is missing, is not a checkpoint, or its weights are not those of `module`.
    """
    path = require_file(path, "a checkpoint")
    weights = _without_wrapper(read_weights(path))
    expected = module.state_dict()
    # Batch norms counted no batches before PyTorch 0.4.1; the count only matters to training without momentum.
    missing = [key for key in expected if key not in weights and not key.endswith(".num_batches_tracked")]
    unexpected = [key for key in weights if key not in expected]
    misshapen = [
        f"{key} {tuple(weights[key].shape)}, expected {tuple(expected[key].shape)}"
        for key in expected
        if key in weights and weights[key].shape != expected[key].shape
    ]
    problems = {"missing": missing, "unexpected": unexpected, "of another shape": misshapen}
    if any(problems.values()):
        found = "; ".join(f"{len(keys)} {kind}: {some(keys, _SHOWN_KEYS)}" for kind, keys in problems.items() if keys)
        raise UserError(
            f"the weights in {path} are not those of this {type(module).__name__} ({len(expected)} entries): {found}. "
            "Give the checkpoint that belongs to this model, or the model settings it was trained with"
        )
    module.load_state_dict(weights, strict=False)


def save_checkpoint(module: nn.Module, path: Path | str, **extra: Any) -> None:
    """Write {"state_dict": weights on the CPU, **extra}, atomically."""
    weights = {key: value.detach().cpu() for key, value in module.state_dict().items()}
    content = io.BytesIO()  # torch.save to a file does not report a full disk
    torch.save({"state_dict": weights, **extra}, content)
    with atomic_path(path) as part:
        part.write_bytes(content.getbuffer())


def _without_wrapper(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Remove DataParallel's prefix from names."""
    if all(key.startswith("module.") for key in weights):
        return {key.removeprefix("module."): value for key, value in weights.items()}
    return weights
