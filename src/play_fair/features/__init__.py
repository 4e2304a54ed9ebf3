"""Extract features of the frames of videos with a backbone, and store them in HDF5."""

from play_fair.features.extraction import FeatureExtractor, default_decoders
from play_fair.features.extraction_job import VIDEOS_PER_SHARD, Throughput, extract_features
from play_fair.features.store import HdfFeatureReader, HdfFeatureWriter, open_features

__all__ = [
    "VIDEOS_PER_SHARD",
    "FeatureExtractor",
    "HdfFeatureReader",
    "HdfFeatureWriter",
    "Throughput",
    "default_decoders",
    "extract_features",
    "open_features",
]
