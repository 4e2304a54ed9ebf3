"""Serve the dashboard over HTTP. A client that is slow or silent holds a thread for a limited time."""

import io
import logging
import signal
import socket
import sys
import time

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from play_fair.errors import UserError


class RequestHandler(WSGIRequestHandler):
    """Closes connections that are silent for `timeout` seconds, or whose request has not arrived in `max_seconds`.

    Werkzeug closes each connection after its first response.
    """

    timeout = 30.0
    max_seconds = 120.0

    def setup(self) -> None:
        """Limit the time of all reads."""
        super().setup()
        self.rfile = io.BufferedReader(_ReadUntil(self.connection, time.monotonic() + self.max_seconds, self.timeout))


class _ReadUntil(io.RawIOBase):
    """The bytes that arrive until a deadline, each soon after the one before; then as if the client had hung up."""

    def __init__(self, connection: socket.socket, deadline: float, timeout: float) -> None:
        self.connection, self.deadline, self.timeout = connection, deadline, timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = self.deadline - time.monotonic()
        if left <= 0:
            return 0
        self.connection.settimeout(min(self.timeout, left))
        try:
            return self.connection.recv_into(buffer)
        except TimeoutError:
            return 0
        finally:
            self.connection.settimeout(self.timeout)  # of the response


def serve(server: Flask, host: str, port: int) -> None:
    """Serve until stopped; print the address, and log warnings only.

    Raises:
        UserError: the address is not this machine's, or the port is taken.
    """
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError, UnicodeError) as error:  # UnicodeError: a host that is no name
        raise UserError(
            f"expected to listen on {host[:100]}, port {port}, but: {error}; is another dashboard running? "
            "--host and --port choose another address"
        ) from error
    with listener:
        http = make_server(host, port, server, threaded=True, request_handler=RequestHandler, fd=listener.fileno())
        print(f"ESV dashboard: http://{host}:{http.port} (Ctrl-C ends it)", flush=True)
        # Like Ctrl-C, so that temporary files are deleted.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        http.serve_forever()
