"""A real browser for tests of pages."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
QUIETER = "--disable-component-update --disable-sync --mute-audio"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine, headless, with a profile of its own; without one, tests are skipped and warn."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        message = f"no Chromium on PATH ({', '.join(CHROMIUM)}): THE DASHBOARD IS NOT TESTED IN A BROWSER"
        warnings.warn(message, stacklevel=2)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=f"{QUIET} {QUIETER}".split())
        try:
            yield browser
        finally:
            browser.close()
