"""One world for all tests of the dashboard."""

import pytest
from browsing import Dashboard, Watch, chromium, served
from dashboard_example import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("dashboard"))


@pytest.fixture(scope="session")
def browser():
    with chromium() as launched:
        yield launched


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
    watches = []
    contexts = []

    def visit(address, query="", width=1440, height=900, scheme="light", expected=()):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True
        )
        contexts.append(context)
        watches.append(Watch(address, list(expected)))
        page = context.new_page()
        page.set_default_timeout(15_000)
        watches[-1].follow(page)
        return Dashboard(page, address, watches[-1]).open(query)

    yield visit
    for context in contexts:
        context.close()
    assert [complaint for watch in watches for complaint in watch.complaints] == []
