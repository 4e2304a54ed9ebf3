"""What all requests and responses comply with: hosts, well-formed callbacks, security headers, pages of errors."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from dash import Dash
from dash.exceptions import DependencyException, InvalidResourceError
from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CATCH_ALL = "/<path:path>"
"""Dash's rule, which answers all other addresses with the page."""
_CALLBACK = "/_dash-update-component"
_MAX_VALUE = 10_000
"""Most characters of an input of a callback: those of a long address."""

_ERROR_PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{title}</title>
    <link rel="icon" href="{root}/assets/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="{root}/look.css">
    <link rel="stylesheet" href="{root}/assets/style.css">
  </head>
  <body>
    <main class="page">
      <h1>{title}</h1>
      <p>{reason}</p>
      <p><a href="{root}/">Back to the results</a></p>
    </main>
  </body>
</html>
"""
_REASONS = {
    400: "The request is not one that this dashboard makes.",
    404: "There is nothing at this address.",
    500: "An error of the dashboard: its log says which.",
}


def guard(app: Dash, with_policy: bool = True) -> None:
    """Check requests before Dash handles them, and add security headers to responses.

    Args:
        app: its callbacks are registered.
        with_policy: whether to add a Content-Security-Policy; Dash's debugging tools need other scripts.
    """
    server: Flask = app.server
    policy = _policy(app.csp_hashes()) if with_policy else None

    @server.before_request
    def check() -> None:
        rule = request.url_rule.rule if request.url_rule else ""
        if rule == _CATCH_ALL:
            abort(404)
        if rule == _CALLBACK and not _is_callback(_body(), app.callback_map):
            abort(400)

    @server.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if policy is not None:
            response.headers.setdefault("Content-Security-Policy", policy)
        return response

    @server.errorhandler(HTTPException)
    def explain(error: HTTPException) -> Response:
        return _error_page(error.code or 500, error.name, _REASONS.get(error.code or 500, error.description or ""))

    @server.errorhandler(DependencyException)
    @server.errorhandler(InvalidResourceError)
    def no_such_script(error: Exception) -> Response:
        return _error_page(404, "Not Found", _REASONS[404])


def require_loopback_host(server: Flask) -> None:
    """Refuse requests that are addressed to another host: any name can be made to point to this machine."""

    @server.before_request
    def check() -> Response | None:
        host = urlsplit(f"//{request.host}").hostname
        if host in LOOPBACK:
            return None
        return _error_page(
            403,
            "Forbidden",
            f"This dashboard listens on this machine only, but the request is addressed to {host}. If other machines "
            "shall see it, start it with --host, or set ESV_HOST.",
        )


def _policy(script_hashes: Sequence[str]) -> str:
    """The Content-Security-Policy of the dashboard's pages. Charts have inline styles."""
    return (
        f"default-src 'self'; script-src 'self' {' '.join(script_hashes)}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def _body() -> object:
    """The JSON body of the request; None if it is nested too deep. What is no JSON is a bad request."""
    try:
        return request.get_json()
    except RecursionError:
        return None


def _is_callback(body: object, callbacks: Mapping[str, Any]) -> bool:
    """Whether the body of a request is that of a registered callback: Dash does not check it."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        return False
    callback = callbacks.get(body["output"], {})
    if "callback" not in callback:  # unknown, or for the browser
        return False
    outputs = callback["output"] if isinstance(callback["output"], list) else [callback["output"]]
    expected = [{"id": output.component_id, "property": output.component_property} for output in outputs]
    given, changed = body.get("outputs"), body.get("changedPropIds", [])
    inputs = body.get("inputs")
    return (
        (given if isinstance(given, list) else [given]) == expected
        and isinstance(inputs, list)
        and all(isinstance(entry, dict) and _is_value(entry.get("value")) for entry in inputs)
        and [{"id": entry.get("id"), "property": entry.get("property")} for entry in inputs] == callback["inputs"]
        and body.get("state", []) == callback["state"] == []
        and isinstance(changed, list)
        and all(isinstance(name, str) for name in changed)
    )


def _is_value(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= _MAX_VALUE)


def _error_page(code: int, title: str, reason: str) -> Response:
    page = _ERROR_PAGE.format(root=escape(request.script_root), title=escape(title), reason=escape(reason))
    return Response(page, status=code, mimetype="text/html")
