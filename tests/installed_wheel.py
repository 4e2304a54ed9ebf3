"""The wheel, and virtual environments in which it is installed with some of its extras, and nothing else.

Third-party packages are links to those of the environment in which the tests run: nothing is downloaded.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
EVERYTHING = "everything"
"""All packages of the tests' environment."""


def build_wheel(folder):
    """Build the wheel from a copy of the sources, so that no build folder is left in the project."""
    source = folder / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, source)
    return next(folder.glob("*.whl"))


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def metadata_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(name).decode())


def requirements_of(wheel, extra=""):
    """What the wheel requires with an extra; without one, what it always requires."""
    requirements = map(Requirement, metadata_of(wheel).get_all("Requires-Dist"))
    for one in requirements:
        if one.name == "play-fair" and one.marker.evaluate({"extra": extra}):
            for included in one.extras:
                yield from requirements_of(wheel, included)
        elif one.marker is None or one.marker.evaluate({"extra": extra}):
            yield one


def with_dependencies(requirements):
    """Name -> installed distribution, of what is required and all that it requires in turn."""
    found, asked, left = {}, set(), list(requirements)
    while left:
        one = left.pop()
        extras = one.extras or {""}
        for extra in extras - {extra for name, extra in asked if name == one.name}:
            asked.add((one.name, extra))
            found[one.name] = importlib.metadata.distribution(one.name)
            further = map(Requirement, found[one.name].requires or ())
            left += [each for each in further if each.marker is None or each.marker.evaluate({"extra": extra})]
    return found


class Environment:
    """A virtual environment with the wheel, and with packages: a folder of links, or the tests' site-packages."""

    def __init__(self, folder, wheel, packages):
        self.folder, self.home = folder / "venv", folder / "home"
        self.home.mkdir(parents=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.folder], check=True)
        self.python = self.folder / "bin" / "python"
        pip("--python", self.python, "install", "--no-deps", "--no-index", wheel)
        # A folder named by a .pth file is searched last; .pth files in it, such as those of editable installs, are not
        # read: play_fair and esv_dashboard come from the wheel.
        next(self.folder.glob("lib/python*/site-packages")).joinpath("packages.pth").write_text(f"{packages}\n")

    def run(self, *command, cwd=None):
        """Run a command of this environment: its Python unless another one is named."""
        first, *arguments = map(str, command)
        program = self.folder / "bin" / first
        return subprocess.run(
            [program if program.exists() else self.python, *(arguments if program.exists() else (first, *arguments))],
            cwd=cwd or self.home,
            env={
                "PATH": os.defpath,
                "HOME": str(self.home),
                "OMP_NUM_THREADS": "1",
                "MPLBACKEND": "Agg",
                # Nobody listens there: what wants to download something fails.
                "HTTPS_PROXY": "http://127.0.0.1:9",
                "HTTP_PROXY": "http://127.0.0.1:9",
            },
            capture_output=True,
            text=True,
            timeout=300,
        )


def link_packages(folder, distributions):
    """Make a folder with links to all modules of the distributions."""
    folder.mkdir(parents=True)
    for distribution in distributions:
        root = Path(distribution.locate_file(""))
        for name in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            if not name.endswith(".pth") and (root / name).exists() and not (folder / name).exists():
                (folder / name).symlink_to(root / name)
    return folder


class Environments:
    """The wheel and its environments, each made when it is first asked for."""

    def __init__(self, folder):
        self.folder, self.made = folder, {}
        self.wheel = build_wheel(folder)

    def with_extra(self, extra="", without=()):
        """With what the wheel requires and one of its extras; or with `EVERYTHING`.

        Args:
            without: packages to leave out, and what only they require.
        """
        key = (extra, *without)
        if key not in self.made:
            folder = self.folder / "-".join(filter(None, ("with", *key)))
            self.made[key] = Environment(folder, self.wheel, self._packages(folder, extra, without))
        return self.made[key]

    def _packages(self, folder, extra, without):
        if extra == EVERYTHING:
            return SITE_PACKAGES
        required = [one for one in requirements_of(self.wheel, extra) if one.name not in without]
        return link_packages(folder / "packages", with_dependencies(required).values())
