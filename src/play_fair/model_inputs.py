"""The videos that `explain` is given, as the tensors that its model takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from play_fair.errors import UserError
from play_fair.games.evaluation_mode import find_modules
from play_fair.plan import Model


def is_one_video(video: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a list holds the numbers of one video rather than videos."""
    return len(video) > 0 and not all(isinstance(part, Tensor | np.ndarray) for part in video)


def as_videos(video: Any) -> list[Tensor]:
    """One or more videos (T, ...), as tensors.

    Raises:
        UserError: one is no array of numbers, has no frame, or has NaN or infinity.
    """
    parts = list(video) if isinstance(video, list | tuple) and not is_one_video(video) else [video]
    videos = []
    for place, part in enumerate(parts):
        which = f" (number {place} of the list)" if len(parts) > 1 else ""
        try:
            one = part.detach() if isinstance(part, Tensor) else torch.as_tensor(np.asarray(part))
        except (TypeError, ValueError, RuntimeError) as error:
            raise UserError(
                f"expected a video as a tensor or array of numbers{which}, got {type(part).__name__}: {error}"
            ) from error
        if one.ndim < 1 or 0 in one.shape:
            raise UserError(f"expected a video (T, ...) of at least one frame{which}, got shape {tuple(one.shape)}")
        if one.is_floating_point() and not one.isfinite().all():
            raise UserError(f"expected a video of finite numbers{which}, got NaN or infinity among them")
        videos.append(one)
    return videos


def prepared(video: Tensor, device: torch.device | None, dtype: torch.dtype | None) -> Tensor:
    """The video where the model is, and in its dtype if both are floating point."""
    return video.to(device, dtype if video.is_floating_point() else None)


@contextmanager
def model_on(
    model: Model, device: torch.device | str | None
) -> Iterator[tuple[torch.device | None, torch.dtype | None]]:
    """The device and the floating point dtype of a model; on `device` for a block, if it is given."""
    modules = find_modules(model)
    parameters = [parameter for module in modules for parameter in module.parameters()]
    dtype = next((parameter.dtype for parameter in parameters if parameter.is_floating_point()), None)
    if device is None:
        yield (parameters[0].device if parameters else None), dtype
        return
    homes = [next((parameter.device for parameter in module.parameters()), None) for module in modules]
    try:
        for module in modules:
            module.to(device)
        yield torch.device(device), dtype
    finally:
        for module, home in zip(modules, homes, strict=True):
            if home is not None:
                module.to(home)
