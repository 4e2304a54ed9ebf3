"""Frames per second from gulped videos to features, against the bare backbone on the same frames.

As many workers as the script 02 would start do both in turns, at the same time, so that what slows one slows both:
embed batches that are there, decoded (bare); and decode, embed and write shards (extraction). The sum over workers of
their median rates is printed; on a CPU also the rates in processor time, which other programs disturb less. The ratios
say how much of the time the backbone waits or shares the cores with decoding.

    python benchmarks/extraction.py --backbone resnet50 --videos 2
    python benchmarks/extraction.py --backbone resnet50 --videos 256 --device cuda --amp
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from play_fair.build import pick_device
from play_fair.features import FeatureExtractor, default_decoders, extract_features
from play_fair.features.extraction import packed
from play_fair.jobs import THREADS, n_cores
from play_fair.memory import keep_freed_memory
from play_fair.models import BNInception, resnet50_backbone
from play_fair.models.backbones.light import LightBackbone
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
    "light": Case(LightBackbone, (128, 224), Preprocess(size=(64, 112), **IMAGENET)),
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


class Measured(NamedTuple):
    """Of one worker in one round."""

    worker: int
    bare: float
    """Frames per second."""
    whole: float
    bare_cpu: float
    """Seconds of the processor, those of decoding processes included."""
    whole_cpu: float


def seconds(run: Callable[[], object], device: torch.device) -> tuple[float, float]:
    """Wall and processor time, that of processes it has waited for included."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start, cpu_start = time.perf_counter(), sum(os.times()[:4])
    run()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start, sum(os.times()[:4]) - cpu_start


def make_extractor(backbone: str, device: str, batch_size: int, decoders: int, amp: bool) -> FeatureExtractor:
    """A backbone with random weights, and what it wants."""
    case = CASES[backbone]
    return FeatureExtractor(case.make(256), case.preprocess, torch.device(device), batch_size, decoders, amp)


def measure(make: Callable[[], FeatureExtractor], folder: Path, n_rounds: int, start: Barrier) -> list[Measured]:
    """Measure both in turns; all workers start together."""
    keep_freed_memory()
    extractor, videos = make(), GulpVideoDataset(folder)
    n_frames, worker = int(videos.frame_counts.sum()), os.getpid()
    list(extractor.features(videos, [videos.uids[:1]]))  # warm up, and move the backbone
    clips = (torch.from_numpy(extractor.preprocess.resize_and_crop(videos.frames(uid))) for uid in videos.uids)
    batches = [batch.to(extractor.device) for batch in packed(clips, extractor.batch_size)]
    measured = []
    start.wait()
    for number in range(n_rounds):
        output = folder / f"{worker}-{number}.hdf"
        bare, bare_cpu = seconds(lambda: [extractor.embed(batch) for batch in batches], extractor.device)
        whole, whole_cpu = seconds(partial(extract_features, {"all": videos}, extractor, output, {}), extractor.device)
        measured.append(Measured(worker, n_frames / bare, n_frames / whole, bare_cpu, whole_cpu))
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", choices=CASES, default="bninception")
    parser.add_argument("--videos", type=int, default=2, help="for each worker and round (default: %(default)s)")
    parser.add_argument("--frames", type=int, default=36, help="of each video (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--workers", type=int, default=0, help="(default: one for each core of a CPU, one for a GPU)")
    parser.add_argument("--decoders", type=int, help="for each worker (default: none on a CPU; on a GPU, the cores, 8)")
    parser.add_argument("--amp", action="store_true")
    args = parser.parse_args()
    device = str(pick_device(args.device))
    workers = args.workers or (n_cores() if device == "cpu" else 1)
    decoders = (0 if device == "cpu" else default_decoders(workers)) if args.decoders is None else args.decoders
    os.environ.setdefault(THREADS, str(max(1, n_cores() // workers)))  # workers read it when they start
    spawn = multiprocessing.get_context("spawn")
    make = partial(make_extractor, args.backbone, device, args.batch_size, decoders, args.amp)
    with tempfile.TemporaryDirectory() as folder:
        write_videos(Path(folder), args.videos, args.frames, CASES[args.backbone].stored)
        with multiprocessing.Manager() as manager, ProcessPoolExecutor(workers, spawn) as pool:
            start = manager.Barrier(workers)
            futures = [pool.submit(measure, make, Path(folder), args.rounds, start) for _ in range(workers)]
            measured = [each for future in futures for each in future.result()]

    def rate(name: str) -> float:
        of_worker = [
            [getattr(m, name) for m in measured if m.worker == worker] for worker in {m.worker for m in measured}
        ]
        return sum(map(statistics.median, of_worker))

    bare, whole = rate("bare"), rate("whole")
    print(f"{args.backbone} on {device}, {workers} workers with {decoders} decoders, batches of {args.batch_size}")
    print(f"bare backbone {bare:.1f} frames/s, extraction {whole:.1f} frames/s: {whole / bare:.1%}")
    if device == "cpu":
        cpu, whole_cpu = (sum(getattr(m, name) for m in measured) for name in ("bare_cpu", "whole_cpu"))
        n_frames = args.videos * args.frames * len(measured)
        print(
            f"in a second of a core: bare backbone {n_frames / cpu:.1f} frames, "
            f"extraction {n_frames / whole_cpu:.1f}: {cpu / whole_cpu:.1%}"
        )


if __name__ == "__main__":
    main()
