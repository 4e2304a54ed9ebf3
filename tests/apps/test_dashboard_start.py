"""How the dashboard starts, and how it says that it cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from esv_dashboard.settings import Settings

from play_fair.errors import UserError

APPS = Path(__file__).parents[2] / "src" / "apps"
STARTS = (["-m", "esv_dashboard"], [str(APPS / "esv_dashboard" / "visualise_esvs.py")])


def start(*arguments, command=STARTS[0], **environment):
    path = os.pathsep.join([str(APPS), str(APPS.parent)])
    return subprocess.run(
        [sys.executable, *command, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **environment},
    )


@pytest.mark.parametrize("command", STARTS)
def test_help_has_an_example(command):
    done = start("--help", command=command)
    assert done.returncode == 0
    assert "python -m esv_dashboard datasets/demo" in done.stdout


@pytest.mark.parametrize(
    ("results", "videos", "classes", "message"),
    [
        ("none.pkl", "videos", "classes.csv", "expected a results pickle at"),
        ("mtrn.pkl", "none", "classes.csv", "expected a folder of videos at"),
        ("mtrn.pkl", "videos", "none.csv", "expected a classes csv (name,id) at"),
        ("classes.csv", "videos", "classes.csv", "cannot read"),
        ("mtrn.pkl", "videos", "videos", "is a folder"),
    ],
)
def test_files_that_do_not_fit_end_it_without_a_traceback(world, results, videos, classes, message):
    folder = world.videos.parent
    done = start(folder / results, folder / videos, folder / classes)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_listens_on_this_machine_unless_told_otherwise(world):
    assert world.settings().host == "127.0.0.1"
    assert world.settings().port == 8080


def test_settings_from_the_environment(tmp_path):
    names = {"ESV_RESULTS": f"a.pkl{os.pathsep}b.pkl", "ESV_VIDEOS": "v", "ESV_CLASSES": "c.csv", "ESV_PORT": "99"}
    assert Settings.from_environment(names) == Settings(
        (Path("a.pkl"), Path("b.pkl")), Path("v"), Path("c.csv"), port=99
    )
    with pytest.raises(UserError, match="expected the environment variable ESV_VIDEOS"):
        Settings.from_environment({"ESV_RESULTS": "a.pkl", "ESV_CLASSES": "c.csv"})
    with pytest.raises(UserError, match="expected a whole number in the environment variable ESV_PORT, got 'x'"):
        Settings.from_environment({**names, "ESV_PORT": "x"})


def test_wsgi_serves_what_the_environment_names(world):
    code = "from esv_dashboard.wsgi import server; print(server.test_client().get('/').status_code)"
    environment = {"ESV_RESULTS": world.mtrn, "ESV_VIDEOS": world.videos, "ESV_CLASSES": world.classes}
    done = start(command=["-c", code], **{name: str(value) for name, value in environment.items()})
    assert done.stdout == "200\n", done.stderr


def test_imports_no_torch():
    done = start(command=["-c", "import sys, esv_dashboard.__main__; print('torch' in sys.modules)"])
    assert done.stdout == "False\n", done.stderr
