"""Paths in configs: relative to the root of the project, whatever folder a script is run from.

A loaded config has absolute ones, which messages show; `provenance` has those of the file, the same on every machine.
"""

import os
from pathlib import Path


def project_root(config_path: Path | str) -> Path:
    """Return the nearest folder above a config that has a folder `configs`, else the working directory."""
    parents = _without_dots(config_path).parents
    return next((folder for folder in parents if (folder / "configs").is_dir()), Path.cwd())


def relative_to_root(path: Path | str, root: Path) -> str:
    """Return a path inside `root` relative to it, any other one as an absolute one."""
    path = _without_dots(path)
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _without_dots(path: Path | str) -> Path:
    """Make a path absolute; a link to a folder `configs` stays one, of the project that it is in."""
    return Path(os.path.abspath(path))  # noqa: PTH100
