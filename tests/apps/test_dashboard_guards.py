"""Hand-made requests: designed errors, never a traceback; and the headers of all responses."""

import re
from copy import deepcopy

import pytest
from browsing import PATIENCE, Watch
from esv_dashboard import create_app
from playwright.sync_api import expect

CALLBACK = "/_dash-update-component"


@pytest.fixture(scope="module")
def app(world):
    return create_app(world.settings())


@pytest.fixture(scope="module")
def client(app):
    return app.server.test_client()


@pytest.fixture(scope="module")
def callback(app, client):
    """The body of a request that the page makes."""
    client.get("/")
    name, known = next((name, known) for name, known in app.callback_map.items() if "callback" in known)
    values = {"address": "?n=8", "scheme": "light"}
    return {
        "output": name,
        "outputs": [{"id": out.component_id, "property": out.component_property} for out in known["output"]],
        "inputs": [{**entry, "value": values[entry["id"]]} for entry in known["inputs"]],
        "changedPropIds": ["address.data-query"],
        "state": [],
    }


def test_a_callback_of_the_page_is_answered(client, callback):
    assert client.post(CALLBACK, json=callback).status_code == 200


JUNK = (None, 0, -1, 1e308, True, "", "x", "x" * 20_000, [], [None], [[]], [{}], {}, {"id": "x"}, {"id": {}}, "..a.b..")


@pytest.mark.parametrize("key", ["output", "outputs", "inputs", "changedPropIds", "state"])
def test_hand_made_callbacks_are_bad_requests(client, callback, key):
    for junk in (junk for junk in JUNK if junk != []):
        assert client.post(CALLBACK, json={**callback, key: junk}).status_code == 400, junk
    body = {name: value for name, value in callback.items() if name != key}
    assert client.post(CALLBACK, json=body).status_code == (200 if key in ("changedPropIds", "state") else 400)


@pytest.mark.parametrize("place", ["id", "property", "value"])
def test_hand_made_inputs_are_bad_requests(client, callback, place):
    for junk in JUNK:
        body = deepcopy(callback)
        body["inputs"][0][place] = junk
        valid = place == "value" and junk in (None, "", "x", "..a.b..")
        assert client.post(CALLBACK, json=body).status_code == (200 if valid else 400), junk


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"null", "application/json", 400),
        (b"{}", "text/plain", 415),
    ],
)
def test_what_is_no_json_is_refused(client, content, kind, status):
    answer = client.post(CALLBACK, data=content, content_type=kind)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/nonsense", "/a/b", "/media/", "/explain", "/_dash-component-suites/x/y.js", "/_dash-component-suites/dash/x.js"],
)
def test_unknown_addresses_are_told(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text
    assert '<a href="/">Back to the results</a>' in answer.text


def test_every_response_has_security_headers(client):
    for path in ("/", "/nonsense", "/look.css", "/_dash-layout", "/assets/style.css", "/media/frames/0/0.jpg"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Content-Security-Policy"].startswith("default-src 'self'; script-src 'self' 'sha256-"), path


@pytest.mark.parametrize(("host", "status"), [("localhost:8080", 200), ("[::1]", 200), ("evil.example", 403)])
def test_other_hosts_are_refused_everywhere(client, host, status):
    for path in ("/", "/_dash-layout", "/look.css"):
        assert client.get(path, headers={"Host": host}).status_code == status
    if status == 403:
        assert "addressed to evil.example" in client.get("/", headers={"Host": host}).text


def test_nothing_on_the_page_needs_more_than_the_policy_allows(chromium_browser, two_models):
    page = chromium_browser.new_page()
    watch = Watch(two_models)
    watch.follow(page)
    page.goto(f"{two_models}/?video=103")
    expect(page.locator("#title")).not_to_be_empty(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Frame 1, ESV").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#subtitle")).to_contain_text("Video 104", timeout=PATIENCE)
    page.get_by_role("button", name="True class", exact=True).click()
    expect(page).to_have_url(re.compile("video=104"), timeout=PATIENCE)
    page.close()
    assert watch.complaints == []
