"""The scripts of src/scripts by their numbers, to start or to run in this process, which is quicker."""

import contextlib
import io
import runpy
import shlex
from pathlib import Path

from play_fair.cli import run

SCRIPTS = {path.name.split("_")[0]: path for path in (Path(__file__).parents[1] / "src/scripts").glob("[0-9]*.py")}


def run_here(number, *arguments):
    """The script's `main`; what goes wrong is raised."""
    runpy.run_path(str(SCRIPTS[number]), run_name=SCRIPTS[number].stem)["main"]([str(one) for one in arguments])


def say(line):
    """Run a command line, such as "05 tsn.jsonnet ...", as a shell does; its exit code, and what it says on stderr."""
    number, *arguments = shlex.split(line)
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            code = run(lambda _: run_here(number, *arguments))
        except SystemExit as end:
            code = end.code
    return code, errors.getvalue()
