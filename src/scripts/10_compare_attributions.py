"""Compare Element Shapley Values (ESVs) with other attributions of the same models on the same videos.

    esv               exact; of models of pixels estimated, from as many evaluations as the config says
    leave-one-out     v(all frames) - v(all but this one): occlusion of frames
    alone             v(this frame) - v(no frame)
    one-order         marginal contribution in one random order
    kernel-shap       captum's, one feature a frame; models of pixels only
    ig, ig-zero       Integrated Gradients, from the mean frame or from zero
    gradient-x-input  on features, or on pixels
    grad-cam, grad-cam-signed
    attention-rollout of transformers of pixels, where attention is joint over tokens that belong to one time each
    uniform, middle, random

Configs are those of feature models, and of models of pixels (kind: 'video_model') that name a gulp folder
(dataset.gulp_dir). Of a feature model, Integrated Gradients and Grad-CAM use the last convolutional maps of the
backbone, where the config names it (backbone_config) and the split is gulped; without pictures, Integrated Gradients
use features, and Grad-CAM is left out. All 2^N subsets of N frames are scored: at most 16 frames. Of a model of pixels,
Grad-CAM uses the layer that the config names (model.grad_cam_layer); only the subsets that are asked for are scored,
with frames removed as the config says (explanation.removal).

Measures (the report says what each one assumes):

    deletion area         of the score as the frames with the largest attributions are removed first; lower is better
    insertion area        as they are added first; higher is better. Removal gap: insertion minus deletion
    rank correlation      with ESVs: agreement, not quality
    efficiency gap        |sum + prior - score|; lower is better, 0 for ESVs by definition
    infidelity            squared error of sums of attributions as predictions of what the score loses without their
                          frames; lower is better, also at the best scale for methods without a unit
    max-sensitivity       relative change of attributions with small noise on the video; lower is better, if the model
                          itself is stable
    ms a video

With --decisive-frames also agreement with the decisive frames, and controls: attributions of other videos, the best
fixed position, chance. All means have 95 % intervals; twins count as one.

    python src/scripts/10_compare_attributions.py configs/demo/feature_multiscale_trn.jsonnet \\
        configs/demo/feature_tsn.jsonnet datasets/demo/class-priors.csv datasets/demo/baselines --split test \\
        --decisive-frames datasets/demo/labels/decisive-frames.json
    python src/scripts/10_compare_attributions.py configs/demo/pixel_convolution.jsonnet \\
        configs/demo/pixel_transformer.jsonnet datasets/demo/class-priors.csv datasets/demo/baselines-pixels \\
        --split test --limit 48
"""

import shlex
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from play_fair.baselines.methods import METHODS
from play_fair.baselines.report import REPORT
from play_fair.cli import run
from play_fair.comparison_job import FEATURE_FRAMES, ComparisonOptions, compare_models
from play_fair.errors import UserError


def build_parser() -> ArgumentParser:
    """The command line."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "configs", type=Path, nargs="+", metavar="CONFIG", help="of models of features or of pixels (*.jsonnet)"
    )
    parser.add_argument("priors", type=Path, metavar="CLASS_PRIORS.csv", help="made by 04_compute_class_priors.py")
    parser.add_argument("output", type=Path, metavar="OUT_DIR", help="folder for tables, figures and the report")
    parser.add_argument(
        "--split", default="validation", help="of the features file, or gulp folder (default: %(default)s)"
    )
    parser.add_argument(
        "--sample-n-frames",
        type=int,
        metavar="N",
        help=f"frames the model sees (default: {FEATURE_FRAMES}; models of pixels: clip.n_frames of the config)",
    )
    parser.add_argument("--limit", type=int, metavar="M", help="the first M videos only (default: all)")
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, metavar="METHOD", help="(default: all that are possible)"
    )
    parser.add_argument("--predicted", action="store_true", help="explain the predicted class, not the true one")
    parser.add_argument("--no-pictures", action="store_true", help="use features only, of models of features")
    parser.add_argument(
        "--decisive-frames", type=Path, metavar="JSON", help="windows and twins, made by 00_make_demo_dataset.py"
    )
    parser.add_argument(
        "--sensitivity-videos",
        type=int,
        default=4,
        metavar="M",
        help="measure max-sensitivity on the first M videos: each method explains each of them 4 times more "
        "(0: not at all; default: %(default)s)",
    )
    parser.add_argument(
        "--batch-size", type=int, default=32, help="videos at once, of models of features (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of random methods and of the bootstrap (default: %(default)s)"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: %(default)s)")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Explain, compare, and write the report."""
    args = build_parser().parse_args(argv)
    least_values = {"sample_n_frames": 1, "limit": 1, "sensitivity_videos": 0, "batch_size": 1, "seed": 0}
    for name, least in least_values.items():
        if (value := getattr(args, name)) is not None and value < least:
            raise UserError(f"expected --{name.replace('_', '-')} of at least {least}, got {value}")
    options = ComparisonOptions(
        args.split,
        args.sample_n_frames,
        args.limit,
        args.methods,
        args.predicted,
        not args.no_pictures,
        args.sensitivity_videos,
        args.batch_size,
        args.seed,
        args.device,
    )
    command = shlex.join(["python", "src/scripts/10_compare_attributions.py", *(argv or sys.argv[1:])])
    sentences = compare_models(
        args.configs, args.priors, args.output, options, args.decisive_frames, {"command": command}
    )
    for sentence in sentences:
        print(f"* {sentence}")
    print(f"Comparison: {args.output / REPORT}")


if __name__ == "__main__":
    sys.exit(run(main))
