import pytest

from play_fair.videos import batch, gulp_ingest


@pytest.fixture
def in_process(monkeypatch):
    """Do in this process what would be spread over fresh ones: each of those takes a second to start."""

    def map_here(function, items, n_workers=0):
        return ((item, function(item)) for item in items)

    for module in (batch, gulp_ingest):
        monkeypatch.setattr(module, "map_in_processes", map_here)
