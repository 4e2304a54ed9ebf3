"""Types of the domain's torch tensors (see arrays.py for the letters).

B videos at once, T frames, D features per frame, C classes, N subsets (coalitions) of s frames.
"""

from jaxtyping import Bool, Float, Int64, Shaped, UInt8
from torch import Tensor

FrameFeatures = Float[Tensor, "T D"]
"""Backbone features of one video."""

VideoBatch = Float[Tensor, "B T D"]
"""Features of B videos of the same number of frames."""

Videos = Shaped[Tensor, "B T ..."]
"""B videos of the same number of frames: features, pixels or tokens."""

Coalitions = Bool[Tensor, "N n"]
"""Which of n players (frames, or segments of frames) are in each of N coalitions."""

SubsetFeatures = Float[Tensor, "N s D"]
"""Features of N subsets of s frames, in time order."""

SubsetScores = Float[Tensor, "N C"]
"""One row of class scores (or logits) for each subset."""

Subsets = Int64[Tensor, "N s"]
"""Frame indices of N subsets of size s; rows ascending."""

LevelValues = Float[Tensor, "N B C"]
"""Class scores of the N subsets of one size, for B videos."""

Esvs = Float[Tensor, "T C"]
"""Element Shapley Values of one video."""

EsvBatch = Float[Tensor, "B T C"]
"""Element Shapley Values of B videos."""

Scores = Float[Tensor, " C"]
"""Class scores of one video, after softmax."""

ScoreBatch = Float[Tensor, "B C"]
"""Class scores of B videos, after softmax."""

Pictures = UInt8[Tensor, "N H W 3"]
"""RGB pictures of one size, before normalisation."""

Images = Float[Tensor, "N 3 H W"]
"""Normalised pictures, as a backbone takes them."""

VideoImages = Float[Tensor, "T 3 h w"]
"""Images of one video, after resizing or cropping."""

Maps = Float[Tensor, "N K h w"]
"""A backbone's last convolutional maps of N pictures: K channels."""

FrameEmbeddings = Float[Tensor, "N D"]
"""Output of a backbone: one row of features per picture."""

Logits = Float[Tensor, " C"]
"""Class logits of one video, before softmax."""

LogitBatch = Float[Tensor, "B C"]
"""Class logits of B videos, before softmax."""
