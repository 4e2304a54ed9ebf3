"""Frames per second from gulped videos to features, against the bare backbone on the same frames.

The ratio says how much of the time the backbone waits or shares the cores with decoding. Both are measured in turns, so
that a machine that slows down slows both; medians are printed. On the CPU the ratio of processor times follows: it is
that of a machine with nothing else to do.

    python benchmarks/extraction.py --backbone resnet50 --videos 8
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from play_fair.build import pick_device
from play_fair.features import FeatureExtractor, default_num_workers
from play_fair.features.extraction import packed
from play_fair.models import BNInception, resnet50_backbone
from play_fair.models.backbones.light import light_backbone
from play_fair.videos.gulp import EncodedVideo, encode_frame, write_chunk
from play_fair.videos.gulp_dataset import GulpVideoDataset
from play_fair.videos.resize import resize
from play_fair.videos.transforms import Preprocess


@dataclass(frozen=True)
class Case:
    """A backbone with the frames it gets: as they are stored (height, width), and what is done to them."""

    make: Callable[[int], nn.Module]
    stored: tuple[int, int]
    preprocess: Preprocess


IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
CASES = {
    "bninception": Case(BNInception, (240, 427), Preprocess(short_side=256, crop=224, **IMAGENET)),
    "resnet50": Case(resnet50_backbone, (240, 427), Preprocess(short_side=256, crop=224, **IMAGENET)),
    "light": Case(light_backbone, (128, 224), Preprocess(size=(64, 112), **IMAGENET)),
}


def write_videos(folder: Path, n_videos: int, n_frames: int, size: tuple[int, int]) -> None:
    """Gulp smooth noise: as costly to decode as photographs."""
    rng = np.random.default_rng(0)
    videos = []
    for number in range(n_videos):
        frames = [resize(rng.integers(0, 256, (30, 54, 3), np.uint8), *size) for _ in range(n_frames)]
        videos.append(
            EncodedVideo(str(number), {"id": str(number), "idx": 0}, [encode_frame(frame) for frame in frames])
        )
    write_chunk(folder, 0, videos)


def seconds(run: Callable[[], object], device: torch.device) -> tuple[float, float]:
    """Wall and processor time, that of worker processes included."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start, cpu_start = time.perf_counter(), sum(os.times()[:4])
    run()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start, sum(os.times()[:4]) - cpu_start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", choices=CASES, default="bninception")
    parser.add_argument("--videos", type=int, default=8)
    parser.add_argument("--frames", type=int, default=36, help="of each video (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--num-workers", type=int)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--amp", action="store_true")
    args = parser.parse_args()
    device = pick_device(args.device)
    num_workers = default_num_workers() if args.num_workers is None else args.num_workers
    case = CASES[args.backbone]
    extractor = FeatureExtractor(
        case.make(256), case.preprocess, device, args.batch_size, num_workers, device.type == "cpu", args.amp
    )

    with tempfile.TemporaryDirectory() as folder:
        write_videos(Path(folder), args.videos, args.frames, case.stored)
        videos = GulpVideoDataset(folder)
        clips = (
            torch.from_numpy(case.preprocess.resize_and_crop(videos.frames(uid))).to(device) for uid in videos.uids
        )
        batches: list[Tensor] = list(packed(clips, args.batch_size))
        list(extractor.features(videos, [videos.uids[:1]]))  # warm up
        bare, whole = [], []
        for _ in range(args.rounds):
            bare.append(seconds(lambda: [extractor.embed(batch) for batch in batches], device))
            whole.append(seconds(lambda: list(extractor.features(videos, [videos.uids])), device))
    n_frames = args.videos * args.frames
    (bare_wall, bare_cpu), (whole_wall, whole_cpu) = (
        map(statistics.median, zip(*times, strict=True)) for times in (bare, whole)
    )
    print(f"{args.backbone} on {device}, {num_workers} workers, batches of {args.batch_size}, {n_frames} frames")
    rates = f"bare backbone {n_frames / bare_wall:.1f} frames/s, extraction {n_frames / whole_wall:.1f} frames/s"
    print(f"{rates}: {bare_wall / whole_wall:.1%}")
    if device.type == "cpu":
        print(f"processor time: {bare_cpu / whole_cpu:.1%}")


if __name__ == "__main__":
    main()
