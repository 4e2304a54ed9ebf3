"""Run the numbered scripts in order on the generated demo dataset; `bin/demo` calls this after setting up.

Finished stages are skipped, a stopped one is resumed, and stages whose settings changed are run again.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from play_fair.analysis import describe
from play_fair.cli import run
from play_fair.errors import UserError
from play_fair.jobs.local_engine import THREADS
from play_fair.stages import Stage, run_stages
from play_fair.subprocesses import start_child

DATA = Path("datasets/demo")
WEIGHTS = Path("checkpoints/demo")
CONFIGS = Path("configs/demo")
BACKBONE = CONFIGS / "light.jsonnet"
SPLITS = ("train", "validation", "test")
ANALYSIS = DATA / "analysis"
SITE = DATA / "site"
PAIRS = DATA / "labels" / "decisive-frames.json"
N_FRAMES = tuple(range(1, 9))
MODELS = {"mtrn": "feature_multiscale_trn", "tsn": "feature_tsn"}
*_, LAST_MODEL = MODELS
"""As soon as its ESVs are collated, the dashboard opens."""


def stages() -> list[Stage]:
    """All stages from nothing to collated ESVs, in order."""
    return [
        make_videos(),
        *map(gulp, SPLITS),
        learn_projection(),
        extract_features(),
        *train(),
        class_priors(),
        *(stage for model in MODELS for stage in (compute_esvs(model), collate(model))),
        dump_frames(),
        encode_videos(),
        analyse(),
        export_site(),
    ]


def make_videos() -> Stage:
    return Stage(
        "Generate 1,600 videos of ten actions",
        ("src/scripts/00_make_demo_dataset.py", str(DATA)),
        inputs=(),
        outputs=(DATA / "videos", DATA / "labels"),
    )


def gulp(split: str) -> Stage:
    return Stage(
        f"Gulp the {split} videos",
        (
            "src/scripts/01_gulp_ssv2.py",
            str(DATA / "labels" / f"{split}.json"),
            str(DATA / "videos"),
            str(DATA / "gulp" / split),
            *("--frame-rate", "0", "--videos-per-chunk", "20"),
        ),
        inputs=(DATA / "videos", DATA / "labels"),
        outputs=(DATA / "gulp" / split,),
    )


def learn_projection() -> Stage:
    return Stage(
        "Learn the last layer of the light backbone",
        ("src/scripts/01b_learn_projection.py", str(BACKBONE)),
        inputs=(BACKBONE, DATA / "gulp" / "train"),
        outputs=(WEIGHTS / "backbones" / "light.pth",),
    )


def extract_features() -> Stage:
    features = DATA / "features" / "light.hdf"
    splits = [argument for split in SPLITS for argument in ("--split", split)]
    return Stage(
        "Extract features of every frame",
        ("src/scripts/02_extract_features.py", str(BACKBONE), str(features), *splits),
        inputs=(BACKBONE, WEIGHTS / "backbones" / "light.pth", *(DATA / "gulp" / split for split in SPLITS)),
        outputs=(features,),
    )


def train() -> list[Stage]:
    weights = {"feature_tsn": ["tsn.pth"], "feature_trn": [f"trn_{n}_frames.pth" for n in N_FRAMES]}
    titles = {"feature_tsn": "Train TSN", "feature_trn": "Train TRN for 1 to 8 frames"}
    return [
        Stage(
            titles[name],
            ("src/scripts/03_train_feature_models.py", str(CONFIGS / f"{name}.jsonnet")),
            inputs=(CONFIGS / f"{name}.jsonnet", DATA / "features" / "light.hdf"),
            outputs=tuple(WEIGHTS / "features" / file for file in files),
        )
        for name, files in weights.items()
    ]


def class_priors() -> Stage:
    return Stage(
        "Compute class priors",
        (
            "src/scripts/04_compute_class_priors.py",
            str(DATA / "labels" / "train.json"),
            str(DATA / "class-priors.csv"),
        ),
        inputs=(DATA / "labels",),
        outputs=(DATA / "class-priors.csv",),
    )


def esvs_of(model: str, n_frames: int | str) -> Path:
    return DATA / "esvs" / f"{model}-{n_frames}.pkl"


def compute_esvs(model: str) -> Stage:
    config, priors = CONFIGS / f"{MODELS[model]}.jsonnet", DATA / "class-priors.csv"
    weights = ["tsn.pth"] if model == "tsn" else [f"trn_{n}_frames.pth" for n in N_FRAMES]
    return Stage(
        f"Compute ESVs of {model.upper()} on 1 to 8 frames",
        (
            "src/scripts/05_compute_esvs.py",
            *(str(config), str(priors), str(esvs_of(model, "{n_frames}"))),
            *("--sample-n-frames", *map(str, N_FRAMES), "--interactions", "--subset-scores"),
        ),
        inputs=(config, priors, DATA / "features" / "light.hdf", *(WEIGHTS / "features" / file for file in weights)),
        outputs=tuple(esvs_of(model, n) for n in N_FRAMES),
    )


def collate(model: str) -> Stage:
    inputs = tuple(esvs_of(model, n) for n in N_FRAMES)
    output = collated(model)
    return Stage(
        f"Collate the ESVs of {model.upper()}",
        (
            "src/scripts/06_collate_esvs.py",
            *map(str, inputs),
            str(output),
            *("--dataset", "Play Fair demo", "--model", model.upper()),
        ),
        inputs=inputs,
        outputs=(output,),
    )


def collated(model: str) -> Path:
    return DATA / "esvs" / f"{model}.pkl"


def dump_frames() -> Stage:
    gulped = DATA / "gulp" / "validation"
    return Stage(
        "Dump the frames of the validation videos",
        ("src/scripts/07_dump_frames_from_gulp_dir.py", str(gulped), str(DATA / "frames")),
        inputs=(gulped,),
        outputs=(DATA / "frames",),
    )


def encode_videos() -> Stage:
    return Stage(
        "Encode them as videos for the dashboard",
        ("src/scripts/08_encode_videos.py", str(DATA / "frames"), str(DATA / "webm"), "--frame-rate", "12"),
        inputs=(DATA / "frames",),
        outputs=(DATA / "webm",),
    )


def analyse() -> Stage:
    results = tuple(collated(model) for model in MODELS)
    classes = DATA / "gulp" / "classes.csv"
    return Stage(
        "Analyse the ESVs: figures, tables, a report",
        (
            "src/scripts/09_analyse_esvs.py",
            *map(str, results),
            *("--output-dir", str(ANALYSIS), "--classes-csv", str(classes)),
            *("--frames-dir", str(DATA / "frames"), "--groups", str(PAIRS)),
        ),
        inputs=(*results, DATA / "frames", DATA / "labels"),
        outputs=(ANALYSIS,),
    )


def export_site() -> Stage:
    files = (*(collated(model) for model in MODELS), DATA / "webm", DATA / "gulp" / "classes.csv")
    return Stage(
        "Export the videos and their ESVs as static pages",
        (
            "src/scripts/12_export_site.py",
            *(*map(str, files), str(SITE), "--report", str(ANALYSIS / "report.html"), "--groups", str(PAIRS)),
        ),
        inputs=(*(collated(model) for model in MODELS), DATA / "webm", DATA / "labels", ANALYSIS),
        outputs=(SITE,),
    )


@contextmanager
def dashboard(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the dashboard on the results, with the original videos: those for the web may still be encoded."""
    files = [*(collated(model) for model in MODELS), DATA / "videos", DATA / "gulp" / "classes.csv"]
    more = {"--groups": PAIRS, "--report": ANALYSIS / "report.html", "--port": port}
    options = [str(part) for option in more.items() for part in option]
    command = [sys.executable, "-m", "esv_dashboard", *map(str, files), *options]
    with start_child(command) as process:
        try:
            yield process
        finally:
            process.terminate()


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-serve", action="store_true", help="do not open the dashboard")
    parser.add_argument("--port", type=int, default=8080, help="port of the dashboard (default: %(default)s)")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    args = build_parser().parse_args(argv)
    # The models are tiny: threads cost more than they save, several times as much where other programs run, too.
    os.environ.setdefault(THREADS, "1")
    opened: list[subprocess.Popen[bytes]] = []
    with ExitStack() as stack:

        def open_dashboard(stage: Stage) -> None:
            if stage.title == collate(LAST_MODEL).title and not args.no_serve:
                opened.append(stack.enter_context(dashboard(args.port)))

        run_stages(stages(), DATA / "stages.json", open_dashboard)
        for model in MODELS:
            print(f"\n{describe(collated(model))}")
        print(f"\nReport: {ANALYSIS / 'report.html'}")
        print(f"Static pages: {SITE}, which `python -m http.server --directory {SITE}` shows at http://localhost:8000")
        print(f"Results: {', '.join(str(collated(model)) for model in MODELS)}", flush=True)
        if opened and (code := opened[0].wait()):
            raise UserError(f"the dashboard ended with exit code {code}")


if __name__ == "__main__":
    sys.exit(run(main))
