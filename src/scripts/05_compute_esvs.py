"""Compute the Element Shapley Values (ESVs) of a model on all videos of a split.

Samples N frames of each video uniformly and attributes the score of every class to them. Exact by default, at a cost
that doubles with each frame (16 frames: well under a second a video). --approximate is exact up to 16 frames; beyond,
it evaluates a part of the subsets with the best estimator for the model. Or choose the estimator:

    --estimator exact         all subsets
    --estimator constructive  the published sampler: subsets that grow from one size to the next
    --estimator layered       a regression within the subsets of each size; nearly unbiased; for TSN
    --estimator permutations  antithetic permutations; unbiased; for TSN
    --estimator set_kernel    a Gaussian process over subsets: most accurate with few evaluations; biased; for TSN
    --estimator surrogate     fits each network of a multi-scale model to few subsets; biased, less with more

--budget N limits the evaluations of the model for each video. Estimates other than constructive ones have
`standard_errors`; those of set_kernel and surrogate also `loo_residual`, the leave-one-out residual of the fit,
relative to the spread of the scores. With --interactions there are `interactions` of every two frames of a video, for
the true and for the predicted class: the Shapley interaction index, estimated where the ESVs are. With --subset-scores
there are `subset_scores`, the model's scores of all 2^N subsets, for the same two classes.

Videos of fewer than N frames are left out and listed. The same command resumes a stopped run; an output made with the
same settings is left as it is.

    python src/scripts/05_compute_esvs.py configs/feature_multiscale_trn.jsonnet datasets/ssv2/class-priors.csv \\
        datasets/ssv2/esvs/mtrn-8.pkl --sample-n-frames 8

    python src/scripts/05_compute_esvs.py configs/feature_tsn.jsonnet datasets/ssv2/class-priors.csv \\
        'datasets/ssv2/esvs/tsn-{n_frames}.pkl' --sample-n-frames 1 2 3 4 5 6 7 8

    python src/scripts/05_compute_esvs.py configs/feature_tsn.jsonnet datasets/ssv2/class-priors.csv \\
        datasets/ssv2/esvs/tsn-all.pkl --sample-n-frames -1 --approximate --target-stderr 1e-3
"""

import hashlib
import json
import shlex
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from play_fair.attribution import BEST, ESTIMATORS, Approximation
from play_fair.build import build_explainer, checkpoints_of, pick_devices
from play_fair.cli import counting, run
from play_fair.config import FeatureModelConfig, evaluate_jsonnet, load_config, project_root, relative_to_root
from play_fair.errors import UserError
from play_fair.esv_job import (
    ALL_FRAMES,
    MOST_FRAMES_OF_ALL,
    MOST_FRAMES_OF_SUBSET_SCORES,
    VIDEOS_PER_SHARD,
    EsvReport,
    compute_esvs,
)
from play_fair.features import open_features
from play_fair.files import sha256_of
from play_fair.jobs.options import (
    add_engine_options,
    engine_from,
    partition_from,
    partition_summary,
    warn_if_no_gpu,
    without_engine_options,
)
from play_fair.labels import read_class_priors

N_FRAMES = "{n_frames}"


def build_parser() -> ArgumentParser:
    """The command line."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, metavar="CONFIG", help="of the feature model (*.jsonnet)")
    parser.add_argument("priors", type=Path, metavar="CLASS_PRIORS.csv", help="made by 04_compute_class_priors.py")
    parser.add_argument("output", metavar="OUT.pkl", help="results; {n_frames} stands for the number of frames")
    parser.add_argument("--split", default="validation", help="of the features file (default: validation)")
    parser.add_argument(
        "--sample-n-frames",
        type=int,
        nargs="+",
        default=[8],
        metavar="N",
        help="frames of each video that the model sees, one or several numbers; -1: all it has, exact if no video has "
        f"more than {MOST_FRAMES_OF_ALL} (default: 8)",
    )
    parser.add_argument(
        "--approximate", action="store_true", help="estimate ESVs where there are too many subsets to evaluate"
    )
    parser.add_argument(
        "--estimator",
        choices=("exact", *ESTIMATORS),
        help="(default: exact; with --approximate, the best). "
        + "; ".join(f"{name}: {estimator.summary}" for name, estimator in ESTIMATORS.items()),
    )
    parser.add_argument(
        "--budget", type=int, metavar="N", help="estimate with at most N evaluations of the model for each video"
    )
    parser.add_argument(
        "--approximate-n-iters", type=int, default=1, metavar="K", help="sample this many times (default: 1)"
    )
    parser.add_argument(
        "--approximate-max-samples-per-scale",
        type=int,
        metavar="M",
        help="most subsets of each size that one sampling looks at; on average, but for the constructive estimator "
        f"(default: {', '.join(f'{name} {estimator.default_samples}' for name, estimator in ESTIMATORS.items())})",
    )
    parser.add_argument(
        "--target-stderr", type=float, metavar="E", help="sample until no ESV has a larger standard error"
    )
    parser.add_argument("--interactions", action="store_true", help="also compute the interaction of every two frames")
    parser.add_argument(
        "--subset-scores",
        action="store_true",
        help=f"also the scores of all subsets, of at most {MOST_FRAMES_OF_SUBSET_SCORES} frames: for what-if questions "
        "in the dashboard",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the sampling (default: 0)")
    parser.add_argument("--batch-size", type=int, default=64, help="videos explained at once (default: 64)")
    parser.add_argument(
        "--videos-per-shard",
        type=int,
        default=VIDEOS_PER_SHARD,
        help="videos between two save points (default: %(default)s)",
    )
    add_engine_options(parser, workers="one for each device, which uses all cores of a CPU", devices=True)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Compute one results file for each number of frames."""
    args = build_parser().parse_args(argv)
    if len(args.sample_n_frames) > 1 and N_FRAMES not in args.output:
        raise UserError(f"expected {N_FRAMES} in the name of the output for several numbers of frames: {args.output}")
    config = load_config(args.config, FeatureModelConfig)
    priors = read_class_priors(args.priors, config.dataset.n_classes)
    approximation, partition = approximation_of(args), partition_from(args)
    devices = pick_devices(args.devices, elsewhere=args.engine == "ray")
    warn_if_no_gpu(args, devices)
    engine = engine_from(args, devices)
    # Engine options do not change the results, so they are not part of the provenance.
    command = shlex.join(["python", "src/scripts/05_compute_esvs.py", *without_engine_options(argv or sys.argv[1:])])
    attrs = {"command": command, "version": version("play-fair")}
    dataset = config.dataset
    open_videos = partial(open_features, dataset.features, args.split, dataset.feature_dim, dataset.n_classes)
    settings = {**model_settings(args.config, config, args.priors), "split": args.split}
    outputs = {n: Path(args.output.replace(N_FRAMES, str(n))) for n in args.sample_n_frames}
    for n_frames, output in outputs.items():
        explainer_on = partial(
            build_explainer,
            config,
            priors,
            n_frames,
            args.batch_size,
            approximation,
            args.interactions,
            args.subset_scores,
        )
        bar = counting(f"ESVs -> {output.name}")
        report = compute_esvs(
            open_videos, explainer_on, output, settings, attrs, args.videos_per_shard, engine, partition, bar
        )
        if report is not None:
            print_report(report, n_frames)
    if partition is None:
        print(f"ESVs: {', '.join(map(str, outputs.values()))}")
    else:
        print(partition_summary(Path(args.output), partition))


def approximation_of(args: Namespace) -> Approximation | None:
    """The approximation that the arguments choose, or None for exact ESVs.

    Raises:
        UserError: the arguments contradict each other.
    """
    estimator = args.estimator or (BEST if args.approximate else "exact")
    if estimator != "exact":
        samples, n_iters = args.approximate_max_samples_per_scale, args.approximate_n_iters
        return Approximation(samples, n_iters, args.seed, estimator, args.target_stderr, args.budget)
    if args.approximate:
        raise UserError("expected --approximate or --estimator exact, got both")
    for name in ("target_stderr", "budget"):
        if getattr(args, name) is not None:
            flag = f"--{name.replace('_', '-')}"
            raise UserError(f"{flag} is for estimates, and exact ESVs have no error: add --approximate")
    return None


def model_settings(config_path: Path, config: FeatureModelConfig, priors: Path) -> dict[str, Any]:
    """Everything that identifies the model, its priors and the videos, as JSON values."""
    root = project_root(config_path)
    content = json.dumps(evaluate_jsonnet(config_path), sort_keys=True)
    return {
        "model": config.model.name,
        "dataset": config.dataset.name,
        "config": relative_to_root(config_path, root),
        "config_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "checkpoints_sha256": {relative_to_root(path, root): sha256_of(path) for path in checkpoints_of(config)},
        "features_sha256": sha256_of(config.dataset.features),
        "class_priors_sha256": sha256_of(priors),
    }


def print_report(report: EsvReport, n_frames: int) -> None:
    """Print the number of explained videos, and the videos that were left out."""
    print(
        f"Explained {report.n_explained} videos on {'all' if n_frames == ALL_FRAMES else n_frames} frames; "
        f"ESVs + prior - score is {report.efficiency_error:.1e} at most"
    )
    if report.too_short:
        print(f"Left out {len(report.too_short)}, shorter than {n_frames} frames: {', '.join(report.too_short)}")


if __name__ == "__main__":
    sys.exit(run(main))
