"""A tiny project: the demo with few videos and short training, made by the numbered scripts, in the README's order."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from numbered_scripts import SCRIPTS
from play_fair.files import locked

ROOT = Path(__file__).parents[1]
SPLITS = {"train": 40, "validation": 20, "test": 10}
N_FRAMES = (1, 2, 3)
SEVERAL = [f"datasets/demo/esvs/{{model}}-{n}.pkl" for n in N_FRAMES]


class Project:
    """A folder in which the scripts run, with small configs that import the project's own."""

    def __init__(self, folder):
        self.folder = folder

    def copied_to(self, folder):
        """A project to work in; this one may be others', too."""
        shutil.copytree(self.folder, folder / "project")
        return Project(folder / "project")

    def add_configs(self):
        small_trn = "model+: { n_scales: 3 }, training+: { epochs: 5 }"
        self.add_config("light", "")
        self.add_config("feature_tsn", "training+: { epochs: 5, n_frames: 3 }")
        self.add_config("feature_trn", small_trn)
        self.add_config("feature_multiscale_trn", small_trn)

    def add_config(self, name, changes):
        original = ROOT / "configs" / "demo" / f"{name}.jsonnet"
        path = self.folder / config(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"(import '{original}') {{ {changes} }}")

    def start(self, script, *arguments):
        command = [sys.executable, str(SCRIPTS[script]), *map(str, arguments)]
        return subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def run(self, script, *arguments):
        process = self.start(script, *arguments)
        output, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
        return output

    def run_and_kill(self, script, *arguments, when):
        """Start a script, and kill it with all its processes as soon as `when()`."""
        process = self.start(script, *arguments)
        end = time.monotonic() + 120
        while not when():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def __truediv__(self, name):
        return self.folder / name


def config(name):
    return f"configs/demo/{name}.jsonnet"


def extract(*more):
    splits = [argument for split in SPLITS for argument in ("--split", split)]
    return ("02", config("light"), "datasets/demo/features/light.hdf", *splits, "--videos-per-shard", 5, *more)


def explain(model, *more):
    name = {"tsn": "feature_tsn", "mtrn": "feature_multiscale_trn"}[model]
    output = f"datasets/demo/esvs/{model}-{{n_frames}}.pkl"
    return ("05", config(name), "datasets/demo/class-priors.csv", output, "--videos-per-shard", 5, *more)


def run_all_scripts(project):
    """Scripts 00 to 08."""
    project.add_configs()
    project.run("00", "datasets/demo", *(f"--n-{split}={n}" for split, n in SPLITS.items()))
    for split in SPLITS:
        labels, gulped = f"datasets/demo/labels/{split}.json", f"datasets/demo/gulp/{split}"
        project.run("01", labels, "datasets/demo/videos", gulped, "--frame-rate", 0)
    project.run("01b", config("light"), "--n-frames", 8)
    project.run(*extract())
    for name in ("feature_tsn", "feature_trn"):
        project.run("03", config(name))
    project.run("04", "datasets/demo/labels/train.json", "datasets/demo/class-priors.csv")
    for model in ("tsn", "mtrn"):
        project.run(*explain(model, "--sample-n-frames", *N_FRAMES))
        inputs = [path.format(model=model) for path in SEVERAL]
        project.run("06", *inputs, f"datasets/demo/esvs/{model}.pkl", "--dataset", "demo", "--model", model.upper())
    project.run("07", "datasets/demo/gulp/test", "datasets/demo/frames")
    project.run("08", "datasets/demo/frames", "datasets/demo/webm")


def built_once(folder):
    """The project in `folder`, made by whichever test process comes first; the others wait for it."""
    with locked(folder, wait=True):
        if not folder.exists():
            making = folder.with_suffix(".making")
            run_all_scripts(Project(making))
            making.rename(folder)
    return Project(folder)
