"""A real browser on a dashboard that is served for the tests."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from urllib.parse import urlparse

from dashboard_example import BROKEN
from esv_dashboard import Settings, create_app
from esv_dashboard.serving import RequestHandler
from playwright.sync_api import Page, Route
from werkzeug.serving import make_server

PATIENCE = 60_000
"""Milliseconds to wait for what must come: machines are busy while tests run."""


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """The address of a dashboard, served while the block runs."""
    server = make_server("127.0.0.1", 0, create_app(settings).server, threaded=True, request_handler=RequestHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()


@dataclass
class Watch:
    """What a page must not do; `expected` are parts of addresses that may fail."""

    address: str
    expected: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Listen to a page from now on."""
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("console", lambda message: self._console(message.type, message.text, message.location.get("url", "")))
        page.on("request", lambda request: self._request(request.url))
        page.on("requestfailed", lambda request: self._failed(request.url, str(request.failure)))
        page.on("response", lambda response: self._response(response.status, response.url))

    def _console(self, kind: str, text: str, url: str) -> None:
        if kind in ("error", "warning") and not self._allowed(url):
            self.complaints.append(f"console {kind}: {text} ({url})")

    def _request(self, url: str) -> None:
        if urlparse(url).scheme not in ("data", "blob") and not url.startswith(self.address):
            self.complaints.append(f"a request leaves the machine: {url}")

    def _failed(self, url: str, reason: str) -> None:
        # The browser stops loading what it no longer shows or needs ahead, and hands downloads over.
        given_up = "ABORTED" in reason and url.split("?")[0].endswith(
            (".webm", ".jpg", ".csv", ".png", ".svg", ".html", ".js")
        )
        if not self._allowed(url) and not given_up:
            self.complaints.append(f"request failed: {url} {reason}")

    def _response(self, status: int, url: str) -> None:
        if status >= 400 and not self._allowed(url):
            self.complaints.append(f"HTTP {status}: {url}")

    def _allowed(self, url: str) -> bool:
        # Pictures of a broken video are in the list, or fetched ahead.
        return any(part in url for part in (f"/frames/{BROKEN}/", f"/thumbnails/{BROKEN}/", *self.expected))


class Dashboard:
    """A page of the dashboard and what tests do with it."""

    def __init__(self, page: Page, address: str, watch: Watch) -> None:
        self.page, self.address, self.watch = page, address, watch
        page.set_default_timeout(PATIENCE)
        watch.follow(page)

    def open(self, query: str = "?video=100") -> "Dashboard":
        """Go to a view and wait until it is there."""
        self.page.goto(f"{self.address}/{query}")
        self.page.wait_for_selector("main[data-view=video] #title:not(:empty), main[data-view=overview]")
        self.page.wait_for_function(
            "document.querySelector('.plot, .overview *, .board > .empty:not(:empty)') !== null"
        )
        return self

    def settle(self) -> None:
        """Wait until Dash has no request under way."""
        self.page.wait_for_function("document.querySelectorAll('[data-dash-is-loading]').length === 0")

    def pressed(self, model: int = 0) -> list[str]:
        """Names of the classes whose bars are pressed: those that are explained."""
        return self.page.locator(f"#scores-{model} .bar[aria-pressed=true] .bar-name").all_inner_texts()

    def frame_in_video(self) -> int:
        """The frame on the screen, worked out from the video's clock."""
        return self.page.evaluate(
            "() => { const video = document.getElementById('video');"
            " return Math.floor(video.currentTime / video.duration * video.dataset.frames + 0.005); }"
        )

    def highlighted(self) -> dict[str, list[int]]:
        """The frame that is highlighted in each film strip and each plot."""
        return self.page.evaluate(
            "() => ({strip: [...document.querySelectorAll('.strip [aria-current]')].map(e => +e.dataset.frame),"
            " plot: [...document.querySelectorAll('.plot')].map(e => +e.dataset.current)})"
        )

    def wait_until_highlighted(self, frame: int, n_models: int = 1) -> None:
        """Wait until strip and plot of every model highlight a sampled frame."""
        self.page.wait_for_function(
            "([frame, n]) => { const cells = [...document.querySelectorAll('.strip [aria-current]')];"
            " const plots = [...document.querySelectorAll('.plot')];"
            " return cells.length === n && cells.every(e => +e.dataset.frame === frame)"
            " && plots.length === n && plots.every(e => +e.dataset.current === frame); }",
            arg=[frame, n_models],
        )

    def pause(self) -> None:
        """Stop the video where it is, once it has begun to play by itself."""
        self.page.wait_for_function("!document.getElementById('video').paused")
        self.page.evaluate("document.getElementById('video').pause()")


class SlowServer:
    """Holds the answers of the server back and lets them go in any order, as a busy machine would."""

    def __init__(self, page: Page, seed: int = 0) -> None:
        self._held: list[Route] = []
        self._random, self._holds = random.Random(seed), True
        page.route("**/_dash-update-component*", self._take)

    def _take(self, route: Route) -> None:
        if self._holds:
            self._held.append(route)
        else:
            route.continue_()

    def answer(self, most: int = 3) -> None:
        """Let some of the answers go."""
        for _ in range(min(self._random.randint(0, most), len(self._held))):
            self._held.pop(self._random.randrange(len(self._held))).continue_()

    def answer_all(self) -> None:
        """Let all go, and from now on at once."""
        self._holds = False
        while self._held:
            self.answer()

    def hold(self) -> None:
        """Hold them back again."""
        self._holds = True
