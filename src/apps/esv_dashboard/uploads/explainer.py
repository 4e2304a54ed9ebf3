"""The command that explains a video."""

import sys
from dataclasses import dataclass
from pathlib import Path

from play_fair.config import FeatureModelConfig, load_config
from play_fair.errors import UserError
from play_fair.files import require_file
from play_fair.labels import read_classes_csv

PROGRAM = (sys.executable, "-m", "play_fair")
"""The command play-fair-explain, which needs torch and the extra `videos`."""
DEMO_CONFIG = Path("configs/demo/feature_multiscale_trn.jsonnet")


@dataclass(frozen=True)
class Explainer:
    """The command play-fair-explain with a model: one page of HTML of one video."""

    config: Path
    """Of the feature model."""
    program: tuple[str, ...] = PROGRAM
    """What to run, without its arguments."""
    timeout: float = 600.0
    """Seconds after which a video is given up."""

    def require_files(self) -> "Explainer":
        """Itself, if there is a config.

        Raises:
            UserError: it is missing.
        """
        require_file(self.config, "the config of a feature model for uploads")
        return self

    @property
    def is_there(self) -> bool:
        """Whether uploads can be explained."""
        try:
            self.require_files()
        except UserError:
            return False
        return True

    def model(self) -> tuple[str, list[str]]:
        """What explains, for people, and the classes that it knows, as far as its files are there to tell."""
        try:
            config = load_config(self.config, FeatureModelConfig)
            name = f"{config.model.name} ({config.dataset.name})"
            return name, list(read_classes_csv(config.dataset.classes)) if config.dataset.classes else []
        except UserError:
            return f"The model of {self.config}", []

    def command(self, video: Path, output: Path, n_frames: int, class_name: str) -> list[str]:
        """What to run, so that there are a page and a results file in the folder `output`."""
        options = [f"--config={self.config}", f"--output-dir={output}", f"--sample-n-frames={n_frames}"]
        if class_name:
            options.append(f"--class={class_name}")
        return [*self.program, *options, "--", str(video)]
