"""checkpoints/download.sh against a web server of our own, with all that goes wrong with downloads."""

import hashlib
import os
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "checkpoints" / "download.sh"
WEIGHTS = b"\x80\x02" + bytes(range(256)) * 800  # about 200 KiB, and begins as a pickle does
ABOUT = "200K"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


class Handler(BaseHTTPRequestHandler):
    """Serves WEIGHTS at any address; what the address says goes wrong. Notes each request."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        name = self.path.split("?")[0]
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.server.requests.append((name, begin))
        first = [seen for seen, _ in self.server.requests].count(name) == 1
        if name == "/moved":
            self.answer(302, headers={"Location": "/good"})
        elif name == "/gone":
            self.answer(404, b"not here")
        elif name == "/busy" and first:
            self.answer(503)
        elif name == "/page":
            self.answer(200, b"<html>" + bytes(len(WEIGHTS)))
        elif name == "/short":
            self.answer(200, WEIGHTS[:1000])
        elif name == "/no-ranges":
            self.answer(200, WEIGHTS)
        elif begin >= len(WEIGHTS):
            self.answer(416)
        else:
            content = WEIGHTS[begin:]
            breaks = name == "/always-breaks" or (name == "/breaks" and first)
            self.answer(206 if begin else 200, content, sent=content[:50_000] if breaks else content)

    def answer(self, status, content=b"", sent=None, headers=None):
        self.send_response(status)
        begin = len(WEIGHTS) - len(content)
        more = {"Content-Range": f"bytes {begin}-{len(WEIGHTS) - 1}/{len(WEIGHTS)}"} if status == 206 else {}
        for key, value in {"Content-Length": len(content), **more, **(headers or {})}.items():
            self.send_header(key, str(value))
        self.end_headers()
        self.wfile.write(content if sent is None else sent)


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


class Folder:
    """A copy of the script in a folder of its own, with a table of files on the server."""

    def __init__(self, path, server):
        self.path, self.server = path, server
        shutil.copy(SCRIPT, path)

    def table(self, *rows, sha256="-", size=ABOUT):
        address = f"http://127.0.0.1:{self.server.server_port}"
        lines = [f"{path}\t{size}\t{sha256}\t{address}/{name}?dl=1" for path, name in rows]
        (self.path / "published.tsv").write_text("\n".join(["# a comment", "", *lines, ""]))

    def run(self, *arguments, code=0):
        self.server.requests = []
        environment = {**os.environ, "no_proxy": "*", "DOWNLOAD_PAUSE": "0"}
        done = subprocess.run(
            ["bash", self.path / SCRIPT.name, *arguments], env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def names(self):
        own = {SCRIPT.name, "published.tsv", ".download.lock"}
        files = (path for path in self.path.rglob("*") if path.is_file())
        return {str(path.relative_to(self.path)) for path in files} - own

    def has(self, name):
        return (self.path / name).read_bytes() == WEIGHTS


@pytest.fixture
def folder(tmp_path, server):
    return Folder(tmp_path, server)


def test_fetches_what_is_missing_and_verifies_it(folder):
    folder.table(("features/a.pth", "good"), ("backbones/b.pth", "moved"), sha256=SHA256)
    said = folder.run()
    assert folder.names() == {"features/a.pth", "backbones/b.pth"}
    assert folder.has("features/a.pth")
    assert folder.has("backbones/b.pth")
    assert "there    features/a.pth, verified" in said
    assert said.splitlines()[-1] == f"All 2 checkpoints are in {folder.path}"
    assert "fetching" not in folder.run()
    assert folder.server.requests == []


def test_an_unknown_checksum_is_told(folder):
    folder.table(("a.pth", "good"))
    assert f"there    a.pth, not verified: SHA-256 {SHA256}" in folder.run()
    assert f"there    a.pth, not verified: SHA-256 {SHA256}" in folder.run("--list")


@pytest.mark.parametrize(("name", "begins"), [("breaks", [0, 50_000]), ("busy", [0, 0])])
def test_goes_on_after_an_interruption(folder, name, begins):
    folder.table(("a.pth", name), sha256=SHA256)
    folder.run()
    assert folder.has("a.pth")
    assert [begin for _, begin in folder.server.requests] == begins


def test_goes_on_in_the_next_run(folder):
    folder.table(("a.pth", "always-breaks"), sha256=SHA256)
    said = folder.run(code=1)
    assert "FAILED   a.pth: http://127.0.0.1" in said
    assert "answers 206 (curl's exit code 18)" in said
    assert folder.names() == {"a.pth.part"}
    folder.run()
    assert folder.server.requests == [("/always-breaks", 150_000), ("/always-breaks", 200_000)]
    assert folder.has("a.pth")


@pytest.mark.parametrize(
    ("name", "part", "begins"),
    [("good", WEIGHTS, [len(WEIGHTS)]), ("no-ranges", WEIGHTS[:10], [10, 0]), ("good", b"", [0])],
)
def test_goes_on_from_any_half(folder, name, part, begins):
    folder.table(("a.pth", name), sha256=SHA256)
    (folder.path / "a.pth.part").write_bytes(part)
    folder.run()
    assert folder.has("a.pth")
    assert [begin for _, begin in folder.server.requests] == begins


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", "FAILED   b.pth: http://127.0.0.1:"),
        ("page", "WRONG    b.pth: it is no checkpoint"),
        ("short", "WRONG    b.pth: it has 1000 bytes, expected about 200K"),
    ],
)
def test_what_is_not_there_or_wrong_is_told_and_the_rest_is_fetched(folder, name, message):
    folder.table(("b.pth", name), ("a.pth", "good"))
    said = folder.run(code=1)
    assert message in said
    assert folder.names() == {"a.pth"}
    assert said.splitlines()[-1] == "1 of 2 checkpoints are missing; checkpoints/download.sh goes on with them"
    assert len(folder.server.requests) == 2, "what is not there is not there a moment later"


def test_a_wrong_checksum_leaves_nothing(folder):
    folder.table(("a.pth", "good"), sha256="0" * 64)
    assert f"WRONG    a.pth: its SHA-256 is {SHA256}, expected 000" in folder.run(code=1)
    assert folder.names() == set()


def test_a_wrong_file_that_is_there_is_kept(folder):
    folder.table(("a.pth", "good"), sha256=SHA256)
    (folder.path / "a.pth").write_bytes(b"\x80" + bytes(len(WEIGHTS)))
    assert "remove it and run this again" in folder.run(code=1)
    assert folder.names() == {"a.pth"}


def test_only_what_is_asked_for_is_fetched(folder):
    folder.table(("features/a.pth", "good"), ("features/b.pth", "good"), ("backbones/c.pth", "good"))
    folder.run("features/b.pth")
    assert folder.names() == {"features/b.pth"}
    assert "missing  features/a.pth (200K): http://" in folder.run("--list", "features", code=1)
    folder.run("features/")
    assert folder.names() == {"features/a.pth", "features/b.pth"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["features/x.pth"], "no checkpoint is called features/x.pth; there are: features/a.pth"),
        (["feat"], "no checkpoint is called feat"),
        (["--all"], "unknown option --all"),
        (["--table"], "--table needs a file"),
        (["--table", "none.tsv"], "expected the table of checkpoints at none.tsv"),
    ],
)
def test_wrong_arguments_are_told(folder, arguments, message):
    folder.table(("features/a.pth", "good"))
    assert message in folder.run(*arguments, code=2)


def test_two_runs_at_once_are_refused(folder):
    folder.table(("a.pth", "good"))
    lock = ["flock", folder.path / ".download.lock", "sleep", "60"]
    holder = subprocess.Popen(lock)
    try:
        while not (folder.path / ".download.lock").exists():
            pass
        assert "another run is downloading" in folder.run(code=1)
    finally:
        holder.kill()
        holder.wait()


def test_the_table_has_all_published_checkpoints():
    rows = [
        line.split("\t")
        for line in SCRIPT.with_name("published.tsv").read_text().splitlines()
        if not line.startswith("#")
    ]
    heads = [f"trn_{n}_frames" for n in range(1, 17)] + ["mtrn_8_frames", "mtrn_16_frames", "tsn"]
    assert {row[0] for row in rows} == {
        *(f"features/{name}.pth" for name in heads),
        "backbones/trn.pth",
        "backbones/tsn.pth",
    }
    for path, _size, sha256, url in rows:
        assert sha256 == "-" or len(sha256) == 64
        assert url.startswith("https://")
        assert url.endswith(f"/{Path(path).name}?dl=1")


def test_help_is_the_head_of_the_script(folder):
    said = folder.run("--help")
    assert said.startswith("Download the published checkpoints")
    assert "exit code" in said
