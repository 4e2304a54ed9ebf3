import platform
import subprocess
import sys

import pytest

PAGES_CLEARED = """
import sys
from resource import RUSAGE_SELF, getrusage
from play_fair.memory import keep_freed_memory

def touch():
    b"." * (256 << 20)

if "kept" in sys.argv:
    keep_freed_memory()
touch()
before = getrusage(RUSAGE_SELF).ru_minflt
touch()
print(getrusage(RUSAGE_SELF).ru_minflt - before)
"""


def pages_cleared(*arguments):
    return int(subprocess.check_output([sys.executable, "-c", PAGES_CLEARED, *arguments]))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that is told")
def test_memory_that_was_freed_is_used_again_as_it_is():
    assert pages_cleared("kept") < 100 < pages_cleared()
