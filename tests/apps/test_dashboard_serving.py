"""Clients that stall or dawdle are hung up on; others are answered."""

import socket
import time
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.request import urlopen

import pytest
from esv_dashboard.serving import RequestHandler
from flask import Flask, request
from werkzeug.serving import make_server

TIMEOUT, MAX_SECONDS = 0.3, 0.9


class Impatient(RequestHandler):
    timeout = TIMEOUT
    max_seconds = MAX_SECONDS


@contextmanager
def listening(app):
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Impatient)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def port():
    app = Flask("test")

    @app.route("/", methods=["GET", "POST"])
    def size():
        return str(len(request.get_data()))

    @app.get("/slow")
    def slow():
        time.sleep(1.5 * MAX_SECONDS)
        return "done"

    with listening(app) as port:
        yield port


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost", HEAD, HEAD + b"x"])
def test_a_silent_client_is_hung_up_on(port, sent):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(sent)
        started = time.monotonic()
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert TIMEOUT / 2 < time.monotonic() - started < 10
    assert not sent.startswith(HEAD) or answer.startswith(b"HTTP/1.1 400 BAD REQUEST")


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nX: ", HEAD])
def test_a_client_that_trickles_is_hung_up_on(port, sent):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(sent)
        started = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() - started < 10:
                client.sendall(b"x")
                time.sleep(TIMEOUT / 6)
    assert MAX_SECONDS / 2 < time.monotonic() - started < 10


def test_others_are_answered_however_long_the_answer_takes(port):
    assert urlopen(f"http://127.0.0.1:{port}/", data=b"x" * 300_000).read() == b"300000"
    assert urlopen(f"http://127.0.0.1:{port}/slow").read() == b"done"
