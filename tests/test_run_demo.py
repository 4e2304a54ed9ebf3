"""bin/demo opens the dashboard as soon as there is something to see, and ends with it."""

import os
import sys

import pytest

import run_demo
from play_fair.errors import UserError


@pytest.fixture
def events(monkeypatch, tmp_path):
    """What happens, with stages that do nothing and a dashboard that ends by itself."""
    happened = []

    def run_stages(stages, record, on_done):
        for stage in stages:
            happened.append(stage.title)
            on_done(stage)

    def start_child(command):
        happened.append("dashboard")
        assert command[:3] == [sys.executable, "-m", "esv_dashboard"]
        return original([sys.executable, "-c", f"raise SystemExit({os.environ.get('CODE', '0')})"])

    original = run_demo.start_child
    monkeypatch.setattr(run_demo, "run_stages", run_stages)
    monkeypatch.setattr(run_demo, "start_child", start_child)
    monkeypatch.setattr(run_demo, "describe", str)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return happened


def test_the_dashboard_opens_before_what_it_does_not_need(events):
    run_demo.main([])
    place = events.index("dashboard")
    assert events[place - 1] == "Collate the ESVs of TSN"
    assert [title.split()[0] for title in events[place + 1 :]] == ["Dump", "Encode", "Analyse", "Export"]


def test_without_a_dashboard(events, capsys):
    run_demo.main(["--no-serve"])
    assert "dashboard" not in events
    assert "`python -m http.server --directory datasets/demo/site` shows" in capsys.readouterr().out


def test_a_dashboard_that_fails_is_told(events, monkeypatch):
    monkeypatch.setenv("CODE", "3")
    with pytest.raises(UserError, match="the dashboard ended with exit code 3"):
        run_demo.main([])


def test_scripts_compute_on_one_thread_unless_told_otherwise(events, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    run_demo.main(["--no-serve"])
    assert os.environ["OMP_NUM_THREADS"] == "1"
