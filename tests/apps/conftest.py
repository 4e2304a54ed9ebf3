"""One world for all tests of the dashboard."""

import pytest
from browsing import PATIENCE, Dashboard, Watch, served
from dashboard_example import World, make_world
from playwright.sync_api import expect


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("dashboard"))


@pytest.fixture(scope="session")
def browser(chromium_browser):
    expect.set_options(timeout=PATIENCE)
    # One context for all: it keeps the scripts that every page loads. Conditions that tests wait for are evaluated in
    # the page, which its policy forbids; see test_dashboard_guards.py for the policy itself.
    return chromium_browser.new_context(accept_downloads=True, bypass_csp=True)


@pytest.fixture(scope="session")
def one_model(world):
    with served(world.settings()) as address:
        yield address


@pytest.fixture(scope="session")
def two_models(world):
    with served(world.settings(world.mtrn, world.tsn)) as address:
        yield address


@pytest.fixture
def visit(browser):
    """Opens pages; in the end none of them may have complained, failed, or asked another machine."""
    opened = []

    def visit(address, query="?video=100", width=1440, height=900, scheme="light", expected=()):
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        dashboard = Dashboard(page, address, Watch(address, list(expected)))
        opened.append(dashboard)
        return dashboard.open(query)

    yield visit
    for dashboard in opened:
        dashboard.page.close()
    assert [complaint for dashboard in opened for complaint in dashboard.watch.complaints] == []
