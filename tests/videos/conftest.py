import pytest

from play_fair.videos import gulp_ingest


@pytest.fixture
def in_process(monkeypatch):
    """Gulp in this process what would be spread over fresh ones: each of those takes a second to start."""

    def map_here(function, items, n_workers=0):
        return ((item, function(item)) for item in items)

    monkeypatch.setattr(gulp_ingest, "map_in_processes", map_here)
