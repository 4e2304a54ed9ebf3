"""Reading and writing weights."""

import io
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from play_fair.errors import UserError, shown, some
from play_fair.files import atomic_path, require_file
from play_fair.models.checkpoint_size import require_modest
from play_fair.pickle_machine import MALFORMED, ForeignNameError

_STATE_ENTRIES = ("state_dict", "model")
_SHOWN_KEYS = 3
_UNREADABLE = (
    *(pickle.UnpicklingError, zipfile.BadZipFile, OSError, RuntimeError, EOFError, AssertionError),
    *MALFORMED,
)
"""What PyTorch raises on files that are none of its own."""


def load_checkpoint(module: nn.Module, path: Path | str) -> None:
    """Copy the weights of a checkpoint into `module`, in place and in the module's own precision.

    Accepts {"state_dict": weights, ...}, {"model": weights, ...} and bare weights; other entries (an optimiser's state)
    are ignored, and so is the `module.` that DataParallel puts before names. Only tensors and plain containers are
    read: no code of the file runs.

    Raises:
        UserError: the file is missing, is not a checkpoint, or its weights are not those of `module`.
    """
    path = require_file(path, "a checkpoint")
    weights = _without_wrapper(_weights_in(_read(path), path))
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
    content = io.BytesIO()  # PyTorch's own writing does not say that a disk is full
    torch.save({"state_dict": weights, **extra}, content)
    with atomic_path(path) as part:
        part.write_bytes(content.getbuffer())


def _read(path: Path) -> Any:
    try:
        require_modest(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of PyTorch, on formats it does not write any more
            return torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        hint = (
            '; it could run code: if you trust the file, read it yourself and save its {"state_dict": ...} anew'
            if isinstance(error, ForeignNameError)
            else "; is it complete, and of PyTorch?"
        )
        raise UserError(f"cannot read {path} as a checkpoint: {shown(error)}{hint}") from error


def _weights_in(content: Any, path: Path) -> dict[str, Tensor]:
    weights = content
    if isinstance(content, Mapping):
        weights = next((content[entry] for entry in _STATE_ENTRIES if isinstance(content.get(entry), Mapping)), content)
    if not isinstance(weights, Mapping) or not weights or not all(isinstance(v, Tensor) for v in weights.values()):
        found = f"entries {some(content, _SHOWN_KEYS)}" if isinstance(content, Mapping) else type(content).__name__
        raise UserError(
            f'expected {{"state_dict": weights}}, {{"model": weights}} or bare weights (name -> tensor) in {path}, '
            f"got {found}"
        )
    if odd := [key for key, value in weights.items() if not _is_dense(value)]:
        raise UserError(f"expected dense tensors of real numbers in {path}, but {len(odd)} are others: {some(odd)}")
    return {str(key): value for key, value in weights.items()}


def _is_dense(tensor: Tensor) -> bool:
    """Whether it can be copied into any parameter of its shape."""
    real = not (tensor.is_quantized or tensor.is_complex())
    return real and tensor.layout is torch.strided and tensor.device.type == "cpu"


def _without_wrapper(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names as they are without DataParallel."""
    if all(key.startswith("module.") for key in weights):
        return {key.removeprefix("module."): value for key, value in weights.items()}
    return weights
