"""Types of the domain's numpy arrays; tensors.py has those of torch tensors.

Letters: N videos, n frames sampled from a video, C classes, T frames, D features per frame, H x W pixels.
"""

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

Priors = Float64[np.ndarray, "C"]
"""v(empty): how often each class occurs; at class id."""

FrameIndices = Int64[np.ndarray, " n"]
"""Indices of the sampled frames in the video, ascending."""

Labels = Int64[np.ndarray, " N"]
"""Ground-truth class ids."""

SequenceLengths = Int64[np.ndarray, " N"]
"""Frames each video had before sampling."""

SequenceIndices = Int64[np.ndarray, "N n"]
"""FrameIndices of every video."""

ClassScores = Float32[np.ndarray, "N C"]
"""Softmax scores of the model on all n frames."""

ShapleyValues = Float32[np.ndarray, "N n C"]
"""ESVs: what each frame adds to each class score."""

FrameEsvs = Float32[np.ndarray, "N n"]
"""ESVs of one class of each video: what each frame adds to its score."""

FrameTimes = Float64[np.ndarray, "N n"]
"""Where each frame is in its video, from 0 (begin) to 1 (end); NaN stands for padding."""

Frame = UInt8[np.ndarray, "H W 3"]
"""One RGB picture."""

Frames = UInt8[np.ndarray, "T H W 3"]
"""RGB pictures of one video, in time order."""

Features = Float32[np.ndarray, "_T D"]
"""Backbone features of one video, in time order; T differs between the videos of a list."""

ResizedFrame = UInt8[np.ndarray, "h w 3"]
"""One RGB picture after resizing or cropping."""

ResizedFrames = UInt8[np.ndarray, "T h w 3"]
"""RGB pictures of one video after resizing or cropping."""

FrameAttributions = Float64[np.ndarray, "N n"]
"""Attributions of n frames of N videos, for one class of each video."""
