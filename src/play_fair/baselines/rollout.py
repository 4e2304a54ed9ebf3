"""Attention rollout: from the attention of all layers to how much each frame flows into what is classified.

Only where every layer attends jointly over all tokens, each token belongs to one time, and the mean over tokens is
classified:

* `torch.nn.MultiheadAttention` with one token for each frame;
* VideoMAE of transformers with mean pooling.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from play_fair.models.video_network import Clips, VideoNetwork

Attention = Float[Tensor, "B tokens tokens"]
"""Mean over the heads of a layer: from token, at [b, from, to], to token. Rows sum to 1."""


def rollout(attentions: Sequence[Attention]) -> Float[Tensor, "B tokens"]:
    """How much of each input token flows into the mean of the output tokens, with half of it through the residual.

    The mean row of the product of (A + I) / 2 over layers; sums to 1. Abnar & Zuidema, "Quantifying Attention Flow in
    Transformers", ACL 2020, equation 1.

    Args:
        attentions: of each layer, the first one first.
    """
    flow = torch.eye(attentions[0].shape[1]).to(attentions[0]).expand_as(attentions[0])
    for attention in attentions:
        flow = (attention @ flow + flow) / 2
    return flow.mean(dim=1)


@torch.no_grad()
def frame_rollout(network: VideoNetwork, clips: Clips) -> Float[Tensor, "B T"] | None:
    """Attention rollout of each frame; None where it is not defined for the network (see above)."""
    n_videos, n_frames = clips.shape[:2]
    if _is_videomae(network.network):
        model: Any = network.network
        n_shared = model.config.tubelet_size
        of_times = rollout(_attentions_of_videomae(model, clips)).unflatten(1, (n_frames // n_shared, -1)).sum(dim=2)
        return of_times.repeat_interleave(n_shared, dim=1) / n_shared
    recorded = _multihead_attentions(network, clips)
    if not recorded or any(attention.shape != (n_videos, n_frames, n_frames) for attention in recorded):
        return None
    return rollout(recorded)


def _is_videomae(network: nn.Module) -> bool:
    if not type(network).__module__.startswith("transformers."):
        return False
    from transformers import VideoMAEForVideoClassification

    return isinstance(network, VideoMAEForVideoClassification) and network.config.use_mean_pooling


def _attentions_of_videomae(model: Any, clips: Clips) -> list[Attention]:
    implementation = model.config._attn_implementation
    model.set_attn_implementation("eager")  # others do not return attentions
    try:
        outputs = model(clips, output_attentions=True)
    finally:
        model.set_attn_implementation(implementation)
    return [attention.mean(dim=1) for attention in outputs.attentions]


def _multihead_attentions(network: VideoNetwork, clips: Clips) -> list[Tensor]:
    """The weights of all `MultiheadAttention` in the order in which they run."""
    recorded: list[Tensor] = []

    def ask(module: nn.Module, inputs: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
        return inputs, {**keywords, "need_weights": True, "average_attn_weights": True}

    def record(module: nn.Module, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        recorded.append(output[1])

    handles: list[Any] = []
    for module in network.network.modules():
        if isinstance(module, nn.MultiheadAttention):
            handles += [
                module.register_forward_pre_hook(ask, with_kwargs=True),
                module.register_forward_hook(record),
            ]
    try:
        if handles:
            network(clips)
    finally:
        for handle in handles:
            handle.remove()
    return recorded
