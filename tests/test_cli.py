import os
import signal

import pytest

from play_fair.cli import run
from play_fair.errors import UserError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (None, 0, ""),
        (UserError("expected a, got b"), 1, "error: expected a, got b\n"),
        (
            OSError(28, "No space left on device", "out.pkl"),
            1,
            "error: out.pkl: No space left on device; free some space and run the same command again\n",
        ),
        (KeyboardInterrupt(), 130, "run the same command again"),
    ],
)
def test_exit_codes(capsys, error, code, said):
    def main(argv):
        if error:
            raise error

    assert run(main) == code
    captured = capsys.readouterr().err
    assert said in captured
    assert "Traceback" not in captured


def test_sigterm_ends_as_ctrl_c_does(capsys):
    def main(argv):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        except KeyboardInterrupt:
            print("tidied up")
            raise

    before = signal.getsignal(signal.SIGTERM)
    assert run(main) == 143
    assert signal.getsignal(signal.SIGTERM) == before
    said = capsys.readouterr()
    assert (said.out, said.err) == ("tidied up\n", "stopped; run the same command again to go on\n")


def test_a_second_sigterm_does_not_interrupt_the_clean_up():
    cleaned_up = []

    def main(argv):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            cleaned_up.append(True)

    assert run(main) == 143
    assert cleaned_up


def test_bugs_keep_their_traceback():
    def main(argv):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(main)
