"""A model that explains videos in milliseconds, and explanations made of given numbers."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from play_fair.attribution import OnlineShapleyAttributor
from play_fair.explanation import Explanation
from play_fair.features import FeatureExtractor
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.models import MLPConsensus
from play_fair.video_page.clip import Clip
from play_fair.video_page.model import FeatureVideoModel
from play_fair.videos.transforms import Preprocess

CLASSES = ("Moving something up", "Moving something down", "Covering something", "Uncovering something")
JPEG = bytes.fromhex("ffd8ffd9")


class MeanColour(nn.Module):
    """The simplest backbone: three features."""

    def forward(self, images):
        return images.mean(dim=(2, 3))


def tiny_video_model(n_scales=3, class_names=CLASSES):
    """Untrained, but always the same; sure enough of itself that frames matter."""
    torch.manual_seed(0)
    models = [MLPConsensus(3 * n_frames, 16, len(class_names)).eval() for n_frames in range(1, n_scales + 1)]
    for model in models:
        for parameter in model.parameters():
            parameter.data *= 3
    priors = np.linspace(1, 2, len(class_names)) / np.linspace(1, 2, len(class_names)).sum()
    return FeatureVideoModel(
        name="TINY",
        dataset="a tiny dataset",
        extractor=FeatureExtractor(MeanColour().eval(), Preprocess(size=(8, 8)), torch.device("cpu")),
        attributor=OnlineShapleyAttributor(models, priors, len(class_names)),
        priors=priors,
        class_names=class_names,
    )


def make_clip_of(n_video_frames=24, n_frames=4, frame_rate=12.0, steady=True, damage=None, preview=Path("v.webm")):
    """A clip nobody decoded."""
    return Clip(
        uid="v",
        source=Path("v.mp4"),
        preview=preview,
        n_video_frames=n_video_frames,
        frame_rate=frame_rate,
        steady=steady,
        damage=damage,
        frame_idxs=uniform_frame_indices(n_video_frames, n_frames),
    )


def make_explanation(
    esvs, priors=None, clip=None, class_names=None, standard_errors=None, interactions=None, method=None
):
    """An explanation of a clip, and the clip: ESVs (n, C) are given, scores what they add up to; pairs by class."""
    esvs = np.asarray(esvs, np.float32)
    n_frames, n_classes = esvs.shape
    priors = np.full(n_classes, 1 / n_classes) if priors is None else np.asarray(priors, np.float64)
    clip = clip or make_clip_of(n_frames=n_frames)
    pairs = None
    if interactions is not None:
        pairs = np.zeros((n_frames, n_frames, n_classes), np.float32)
        for class_id, values in interactions.items():
            pairs[..., class_id] = values
    explanation = Explanation(
        values=esvs,
        scores=(priors + esvs.sum(0, dtype=np.float64)).astype(np.float32),
        prior=priors,
        standard_errors=standard_errors,
        interactions=pairs,
        method=method or ("exact" if standard_errors is None else "layered"),
        class_names=tuple(class_names or CLASSES[:n_classes]),
        info={
            "frame_idxs": clip.frame_idxs.tolist(),
            "n_video_frames": clip.n_video_frames,
            "model": "TINY",
            "dataset": "a tiny dataset",
        },
    )
    return explanation, clip
