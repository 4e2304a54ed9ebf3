"""How the dashboard starts, and how it says that it cannot."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

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
        timeout=180,
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


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "٣", "9" * 5000, "65536"])
def test_numbers_in_the_environment_are_checked(text):
    names = {"ESV_RESULTS": "a.pkl", "ESV_VIDEOS": "v", "ESV_CLASSES": "c.csv"}
    with pytest.raises(UserError, match=r"expected a whole number from 0 to 65535 in the environment .* ESV_PORT, got"):
        Settings.from_environment({**names, "ESV_PORT": text})
    with pytest.raises(UserError, match="expected a whole number from 0 to 1 in the environment variable ESV_UPLOADS"):
        Settings.from_environment({**names, "ESV_UPLOADS": text})
    with pytest.raises(UserError, match="environment variable ESV_RESULTS; "):
        Settings.from_environment({**names, "ESV_RESULTS": os.pathsep})


def test_wsgi_serves_what_the_environment_names(world):
    code = "from esv_dashboard.wsgi import server; print(server.test_client().get('/').status_code)"
    environment = {"ESV_RESULTS": world.mtrn, "ESV_VIDEOS": world.videos, "ESV_CLASSES": world.classes}
    done = start(command=["-c", code], **{name: str(value) for name, value in environment.items()})
    assert done.stdout == "200\n", done.stderr


def test_imports_no_torch():
    done = start(command=["-c", "import sys, esv_dashboard.command; print('torch' in sys.modules)"])
    assert done.stdout == "False\n", done.stderr


@contextmanager
def running(world, *command, **environment):
    """A dashboard in a process of its own; gives the line in which it says where it listens, and its address."""
    path = os.pathsep.join([str(APPS), str(APPS.parent)])
    names = {"ESV_RESULTS": world.mtrn, "ESV_VIDEOS": world.videos, "ESV_CLASSES": world.classes, **environment}
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **{name: str(value) for name, value in names.items()}},
    )
    try:
        line = next((line for line in process.stdout if "http://" in line), "")
        yield line, line[line.index("http://") :].split()[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


SERVERS = {
    "module": ("-m", "esv_dashboard", "--port", "0"),
    "environment": ("-m", "esv_dashboard"),
    "script": (APPS / "esv_dashboard" / "visualise_esvs.py", "--port", "0"),
    "gunicorn": ("-m", "gunicorn", "--bind", "127.0.0.1:0", "esv_dashboard.wsgi:server"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_serves_in_every_way_it_can_be_started(world, name):
    arguments = () if name in ("environment", "gunicorn") else (world.mtrn, world.videos, world.classes)
    with running(world, *SERVERS[name], *arguments, ESV_PORT=0) as (line, address):
        assert "127.0.0.1" in line
        with urlopen(f"{address}/_dash-layout") as layout:
            assert b"Play Fair" in layout.read()
        with urlopen(f"{address}/media/frames/101/0.jpg") as frame:
            assert frame.headers["Content-Type"] == "image/jpeg"
            assert "max-age" in frame.headers["Cache-Control"]


def test_a_port_that_is_taken_is_told_in_a_line(world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = start(world.mtrn, world.videos, world.classes, "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert done.stderr.startswith("error: expected to listen on 127.0.0.1, port")
    assert "is another dashboard running?" in done.stderr


@pytest.mark.parametrize("address", [("--port", "99999"), ("--host", "no.such.host.invalid"), ("--host", "x" * 70)])
def test_an_address_that_is_none_is_told_in_a_line(world, address):
    done = start(world.mtrn, world.videos, world.classes, *address)
    assert done.returncode == 1
    assert done.stderr.startswith("error: expected to listen on")
