import platform
import subprocess
import sys

import pytest

RESIDENT_AFTER_FREEING = """
import sys
from play_fair.memory import keep_freed_memory

def resident_pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])

if "keep" in sys.argv:
    keep_freed_memory()
before = resident_pages()
block = b"." * (256 << 20)
with_block = resident_pages()
del block
print((resident_pages() - before) / (with_block - before))
"""


def resident_after_freeing(*arguments):
    return float(subprocess.check_output([sys.executable, "-c", RESIDENT_AFTER_FREEING, *arguments]))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it configures glibc")
def test_freed_memory_stays_with_the_process():
    assert resident_after_freeing() < 0.1
    assert resident_after_freeing("keep") > 0.9
