"""The command that explains an uploaded video."""

import sys
from dataclasses import dataclass
from pathlib import Path

from play_fair.config import load_model_config
from play_fair.errors import UserError
from play_fair.files import require_file
from play_fair.labels import read_classes_csv

PROGRAM = (sys.executable, "-m", "play_fair")
"""The command play-fair-explain, which needs torch and the extra `videos`."""
DEMO_CONFIG = Path("configs/demo/feature_multiscale_trn.jsonnet")


@dataclass(frozen=True)
class Explainer:
    """The command play-fair-explain with a model; it writes a page and a results file."""

    config: Path
    """Config of the feature model."""
    program: tuple[str, ...] = PROGRAM
    """The program without its arguments."""
    timeout: float = 600.0
    """Seconds without progress after which the process is killed."""
    max_memory: int = 8 << 30
    """Bytes that the process may allocate: five times what 8K video takes."""

    def require_files(self) -> "Explainer":
        """Return itself.

        Raises:
            UserError: the config is missing.
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
        """Name of the model and its dataset, and the class names; what is known of them if files are missing."""
        try:
            config = load_model_config(self.config)
            name = f"{config.model.name} ({config.dataset.name})"
            return name, list(read_classes_csv(config.dataset.classes)) if config.dataset.classes else []
        except UserError:
            return f"The model of {self.config}", []

    def command(self, video: Path, output: Path, n_frames: int, class_name: str) -> list[str]:
        """The command line that writes a page and a results file to the folder `output`."""
        options = [f"--config={self.config}", f"--output-dir={output}", f"--sample-n-frames={n_frames}"]
        if class_name:
            options.append(f"--class={class_name}")
        return [*self.program, *options, "--", str(video)]
