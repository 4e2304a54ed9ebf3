"""The files for contributors agree with the project's own."""

from importlib.metadata import version
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())

    assert citation["version"] == version("play-fair")
    assert citation["preferred-citation"]["title"] in (ROOT / "README.md").read_text()


def test_pre_commit_hooks_are_the_quick_checks_of_bin_test():
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = {hook["name"] for hook in local["hooks"]}
    checks = [line.split(" .")[0].split(" --")[0] for line in (ROOT / "bin" / "test").read_text().splitlines()]

    assert hooks == {check for check in checks if check.split(" ")[0] in ("ruff", "mypy")}


def test_the_workflow_of_the_forge_runs_bin_test():
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]["test"]["steps"]
    assert steps[-1]["run"] == "bin/test"
