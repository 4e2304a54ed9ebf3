"""Learn the last layer of the demo's light backbone: a PCA of the frames of the gulped training videos.

The rest of the backbone is EfficientNet-Lite0 with ImageNet weights, from a package. Takes seconds.

example:
    python src/scripts/01b_learn_projection.py configs/demo/light.jsonnet
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from play_fair.build import build_preprocess
from play_fair.cli import progress, run
from play_fair.config import BackboneConfig, load_config
from play_fair.errors import UserError
from play_fair.frame_sampling import uniform_frame_indices
from play_fair.models import save_checkpoint
from play_fair.models.backbones.light import fit_projection, imagenet_light_backbone
from play_fair.tensors import VideoImages
from play_fair.videos.gulp_dataset import GulpVideoDataset


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, metavar="CONFIG", help="dataset, preprocessing and backbone (jsonnet)")
    parser.add_argument("--split", default="train", help="folder in the config's gulp_dir (default: %(default)s)")
    parser.add_argument(
        "--n-videos", type=int, default=400, help="videos to learn from, at most (default: %(default)s)"
    )
    parser.add_argument("--n-frames", type=int, default=4, help="frames of each video (default: %(default)s)")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    if args.n_videos < 1 or args.n_frames < 1:
        raise UserError(f"expected 1 or more videos and frames, got {args.n_videos} and {args.n_frames}")
    config = load_config(args.config, BackboneConfig)
    if config.backbone.kind != "light":
        raise UserError(f"expected a config of the light backbone, got {config.backbone.kind!r} in {args.config}")
    checkpoint = config.backbone.checkpoint
    assert checkpoint is not None  # no config of a light backbone is without
    videos = GulpVideoDataset(config.dataset.gulp_dir / args.split)
    preprocess = build_preprocess(config.preprocess)
    backbone = imagenet_light_backbone(config.backbone.feature_dim)
    uids = videos.uids[:: max(len(videos.uids) // args.n_videos, 1)][: args.n_videos]

    def batches() -> Iterator[VideoImages]:
        for uid in progress(uids, "Reading frames", total=len(uids)):
            n_frames = len(videos.video(uid).frame_info)
            yield preprocess(videos.frames(uid, uniform_frame_indices(n_frames, args.n_frames)))

    kept = fit_projection(backbone, batches())
    save_checkpoint(backbone, checkpoint)
    print(f"The features keep {kept:.0%} of the variance of {len(uids) * args.n_frames} frames")
    print(f"Backbone: {checkpoint}")


if __name__ == "__main__":
    sys.exit(run(main))
