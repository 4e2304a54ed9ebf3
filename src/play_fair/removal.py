"""Removals: what is left of a video when only some of its frames are kept.

A removal maps a video (T, ...) and N rows of kept frames (N, T) to N inputs (N, T', ...). Those of this module:

    drop        a shorter sequence, of the kept frames alone; the model must take any number of frames
    hold        the last kept frame stands in for a removed one; before the first kept frame, that one
    resample    the kept frames stretched to T frames by nearest neighbour
    mean        the mean frame of the video stands in
    black       zeros stand in
    blur        the removed frame itself, blurred over height and width, stands in

With mean, black and blur a removed frame has a filler, so that a video without any frame exists: the all-filler video.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Bool, Shaped
from torch import Tensor

from play_fair.errors import UserError

Video = Shaped[Tensor, "T ..."]
Kept = Bool[Tensor, "N T"]
Inputs = Shaped[Tensor, "N S ..."]

RemovalFunction = Callable[[Video, Kept], Inputs]
"""From a video and which frames are kept, in each of N coalitions, to N inputs of the model."""

_BLUR_SHARE = 0.1
"""Standard deviation of the blur, as a share of the shorter side of a frame."""


@dataclass(frozen=True)
class Removal:
    """How frames are removed.

    Attributes:
        name: for results.
        apply: (video, kept) to inputs. Rows of `kept` have at least one frame, unless `has_filler`.
        has_filler: whether `apply` takes rows without any kept frame: the all-filler video.
        any_sizes: whether one call takes rows of different numbers of kept frames.
    """

    name: str
    apply: RemovalFunction
    has_filler: bool = False
    any_sizes: bool = True


def removal_of(removal: "str | Removal | RemovalFunction") -> Removal:
    """The removal of that name, or of a user's function of (video, kept).

    Raises:
        UserError: there is no removal of that name.
    """
    if isinstance(removal, Removal):
        return removal
    if callable(removal):
        # The inputs of a function may be as long as there are kept frames, so that sizes cannot be mixed.
        return Removal(getattr(removal, "__name__", type(removal).__name__), removal, any_sizes=False)
    if removal not in REMOVALS:
        raise UserError(
            f"expected a removal among {', '.join(REMOVALS)}, or a function of (video, kept) -> inputs, got {removal!r}"
        )
    return REMOVALS[removal]


def drop(video: Video, kept: Kept) -> Inputs:
    """The kept frames alone, (N, s, ...); every row keeps s frames."""
    size = int(kept[0].sum())
    return video[kept.nonzero()[:, 1].view(len(kept), size)]


def hold(video: Video, kept: Kept) -> Inputs:
    """In place of a removed frame, the last kept one before it; before the first kept frame, that one. (N, T, ...)"""
    times = torch.arange(kept.shape[1], device=kept.device)
    last_kept = torch.where(kept, times, -1).cummax(dim=1).values
    first_kept = kept.int().argmax(dim=1, keepdim=True)
    return video[torch.where(last_kept < 0, first_kept, last_kept)]


def resample(video: Video, kept: Kept) -> Inputs:
    """The kept frames stretched to T: at time t stands kept frame number floor((t + 1/2) s / T). (N, T, ...)"""
    n_frames = kept.shape[1]
    sizes = kept.sum(dim=1, keepdim=True)
    places = (2 * torch.arange(n_frames, device=kept.device) + 1) * sizes // (2 * n_frames)
    # A stable sort puts the kept frames first, in their order.
    in_order = kept.int().argsort(dim=1, descending=True, stable=True)
    return video[in_order.gather(1, places)]


def mean(video: Video, kept: Kept) -> Inputs:
    """In place of a removed frame, the mean of all frames. (N, T, ...)"""
    _require_intensities(video, "mean")
    return _filled(video, kept, _as_dtype(video.double().mean(dim=0, keepdim=True), video.dtype))


def black(video: Video, kept: Kept) -> Inputs:
    """In place of a removed frame, zeros. (N, T, ...)"""
    return _filled(video, kept, torch.zeros_like(video[:1]))


def blur(video: Video, kept: Kept) -> Inputs:
    """In place of a removed frame, the frame itself after a Gaussian blur. (N, T, ...)

    The blur's standard deviation is a tenth of the frame's shorter side. Frames are (H, W), (C, H, W) or, with 1, 3 or
    4 channels last, (H, W, C).
    """
    _require_intensities(video, "blur")
    return _filled(video, kept, _as_dtype(_blurred(video), video.dtype))


def _filled(video: Video, kept: Kept, filler: Tensor) -> Inputs:
    """Frames that are not kept replaced by the filler, (T, ...) or (1, ...)."""
    mask = kept.view(*kept.shape, *(1,) * (video.ndim - 1))
    return torch.where(mask, video, filler)


def _blurred(video: Video) -> Tensor:
    if video.ndim not in (3, 4) or min(video.shape[-2:]) < 1:
        raise UserError(
            f"expected frames with a height and a width for the removal 'blur', (T, C, H, W) or (T, H, W), got a video "
            f"of shape {tuple(video.shape)}; use 'hold', 'mean' or 'black'"
        )
    channels_last = video.ndim == 4 and video.shape[-1] in (1, 3, 4) and video.shape[1] not in (1, 3, 4)
    pictures = video.movedim(-1, 1) if channels_last else video
    planes = pictures.reshape(-1, 1, *pictures.shape[-2:]).to(torch.float32)
    deviation = max(0.5, _BLUR_SHARE * min(planes.shape[-2:]))
    radius = math.ceil(3 * deviation)
    offsets = torch.arange(-radius, radius + 1, device=video.device)
    weights = (-0.5 * (offsets / deviation).square()).exp()
    weights = weights / weights.sum()
    # The edge is continued; one pass over each axis.
    planes = F.conv2d(F.pad(planes, (radius, radius, 0, 0), mode="replicate"), weights.view(1, 1, 1, -1))
    planes = F.conv2d(F.pad(planes, (0, 0, radius, radius), mode="replicate"), weights.view(1, 1, -1, 1))
    blurred = planes.view(pictures.shape)
    return blurred.movedim(1, -1) if channels_last else blurred


def _require_intensities(video: Video, name: str) -> None:
    if not (video.is_floating_point() or video.dtype == torch.uint8):
        raise UserError(
            f"expected a video of floats or uint8 for the removal {name!r}, got {video.dtype}: there is no mean of "
            "tokens; use 'drop', 'hold', 'resample', or a function of (video, kept)"
        )


def _as_dtype(values: Tensor, dtype: torch.dtype) -> Tensor:
    return values.to(dtype) if dtype.is_floating_point else values.round().clamp(0, 255).to(dtype)


REMOVALS = {
    removal.name: removal
    for removal in (
        Removal("drop", drop, any_sizes=False),
        Removal("hold", hold),
        Removal("resample", resample),
        Removal("mean", mean, has_filler=True),
        Removal("black", black, has_filler=True),
        Removal("blur", blur, has_filler=True),
    )
}
"""By name."""
