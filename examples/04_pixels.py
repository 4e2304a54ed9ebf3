"""Train two networks on the pixels of the demo, and ask which frames they look at.

A (2+1)-D convolution and a small video transformer (play_fair.models.small_video_networks) see 16 frames of 64 x 112
pixels of each of the demo's videos. Its ten actions are five pairs that differ only in the order of frames.

    python examples/04_pixels.py [FOLDER]

needs what bin/demo makes, and is run in the project's folder. FOLDER: for the weights, so that the networks are trained
only once (default: checkpoints/demo/pixels). Both are trained in about two minutes on two cores.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy

import play_fair
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.labels import read_classes_csv
from play_fair.models import load_checkpoint, save_checkpoint
from play_fair.models.small_video_networks import Convolution, Transformer
from play_fair.videos.gulp_dataset import GulpVideoDataset

N_FRAMES, HEIGHT, WIDTH = 16, 64, 112
LEFT_TO_RIGHT, RIGHT_TO_LEFT = 6, 7  # class ids
DATASET = Path("datasets/demo")


@dataclass(frozen=True)
class Clips:
    """16 frames of each video of a split."""

    uids: list[str]
    frames: Tensor  # uint8 (N, T, 3, H, W)
    labels: Tensor  # (N,)
    frame_idxs: np.ndarray  # (N, T), of the frames in their videos


def load_clips(split: str) -> Clips:
    """Decode a split, at half of its height and width."""
    videos = GulpVideoDataset(DATASET / "gulp" / split)
    frame_idxs = np.stack([uniform_frame_indices(int(n_frames), N_FRAMES) for n_frames in videos.frame_counts])
    frames = torch.empty(len(videos), N_FRAMES, 3, HEIGHT, WIDTH, dtype=torch.uint8)
    for row, (uid, indices) in enumerate(zip(videos.uids, frame_idxs, strict=True)):
        pictures = torch.from_numpy(videos.frames(uid, indices)).permute(0, 3, 1, 2).float()
        frames[row] = avg_pool2d(pictures, 2).round().byte()
    return Clips(videos.uids, frames, torch.from_numpy(videos.labels), frame_idxs)


NETWORKS = {"convolution": (Convolution, 12, 4e-3), "transformer": (Transformer, 14, 2e-3)}
"""Name -> class, epochs, learning rate."""


def train(network: nn.Module, clips: Clips, n_epochs: int, lr: float) -> None:
    """On clips that are moved a few pixels and, half of them, mirrored: left to right is then right to left."""
    batch_size = 16
    optimizer = torch.optim.AdamW(network.parameters(), lr, weight_decay=0.02)
    n_steps = n_epochs * (len(clips.frames) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, n_steps, pct_start=0.2)
    network.train()
    for _ in range(n_epochs):
        for rows in torch.randperm(len(clips.frames)).split(batch_size)[: len(clips.frames) // batch_size]:
            shift = (int(torch.randint(-4, 5, ())), int(torch.randint(-6, 7, ())))
            inputs, labels = clips.frames[rows].roll(shift, (3, 4)), clips.labels[rows]
            if torch.rand(()) < 0.5:
                sideways = (labels == LEFT_TO_RIGHT) | (labels == RIGHT_TO_LEFT)
                inputs, labels = inputs.flip(4), torch.where(sideways, LEFT_TO_RIGHT + RIGHT_TO_LEFT - labels, labels)
            optimizer.zero_grad()
            cross_entropy(network(inputs), labels, label_smoothing=0.1).backward()
            optimizer.step()
            schedule.step()


@torch.no_grad()
def accuracy(network: nn.Module, clips: Clips) -> float:
    """Share of the videos that are right."""
    network.eval()
    predicted = torch.cat([network(inputs).argmax(dim=1) for inputs in clips.frames.split(50)])
    return float((predicted == clips.labels).float().mean())


def trained(name: str, folder: Path) -> nn.Module:
    """The network of that name: loaded or, the first time, trained and saved."""
    make, n_epochs, lr = NETWORKS[name]
    torch.manual_seed(0)
    network, path = make(), folder / f"{name}.pth"
    if path.exists():
        load_checkpoint(network, path)
    else:
        train(network, load_clips("train"), n_epochs, lr)
        save_checkpoint(network, path)
    return network.eval()


def main(folder: str = "checkpoints/demo/pixels") -> None:
    classes = read_classes_csv(DATASET / "gulp" / "classes.csv")
    clips = load_clips("test")
    for name in NETWORKS:
        network = trained(name, Path(folder))
        print(f"{name}: {accuracy(network, clips):.1%} of {len(clips.uids)} test videos right")
        explanation = play_fair.explain(
            network, clips.frames[0], removal="hold", budget=128, class_names=sorted(classes, key=classes.__getitem__)
        )
        print(explanation)


if __name__ == "__main__":
    main(*sys.argv[1:2])
