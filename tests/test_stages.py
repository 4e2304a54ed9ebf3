import json
import re

import pytest

from play_fair.errors import UserError
from play_fair.files import read_json
from play_fair.stages import Stage, run_stages

COPY = """
import pathlib, sys
source, target, *_ = sys.argv[1:]
pathlib.Path("log").open("a").write(pathlib.Path(target).name + " ")
if pathlib.Path("broken").exists(): sys.exit(3)
pathlib.Path(target).write_text(pathlib.Path(source).read_text() + "+")
"""


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    """a -> b -> c, and a -> d; returns a function that runs it and returns the stages that ran."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "copy.py").write_text(COPY)
    (tmp_path / "a").write_text("a")

    def run(setting="1"):
        def stage(source, target, *arguments):
            paths = (tmp_path / source, tmp_path / target)
            return Stage(
                f"Make {target}", ("copy.py", *map(str, paths), *arguments), inputs=paths[:1], outputs=paths[1:]
            )

        (tmp_path / "log").write_text("")
        run_stages([stage("a", "b", setting), stage("b", "c"), stage("a", "d")], tmp_path / "stages.json")
        return (tmp_path / "log").read_text().split()

    return run


def test_stages_run_once(pipeline, tmp_path, capsys):
    assert pipeline() == ["b", "c", "d"]
    assert (tmp_path / "c").read_text() == "a++"
    assert pipeline() == []
    assert "[2/3] Make c: already done (took" in capsys.readouterr().out


def test_a_changed_setting_reruns_what_depends_on_it(pipeline):
    pipeline()
    assert pipeline(setting="2") == ["b", "c"]
    assert pipeline(setting="2") == []


def test_a_changed_input_reruns_what_depends_on_it(pipeline, tmp_path):
    pipeline()
    (tmp_path / "a").write_text("A")
    assert pipeline() == ["b", "c", "d"]
    assert (tmp_path / "c").read_text() == "A++"


def test_a_removed_output_is_made_again(pipeline, tmp_path):
    pipeline()
    (tmp_path / "c").unlink()
    assert pipeline() == ["c"]


def test_a_failed_stage_stops_the_rest_and_is_resumed(pipeline, tmp_path):
    (tmp_path / "broken").touch()
    with pytest.raises(UserError, match="the stage 'Make b' ended with exit code 3; run the same command to resume"):
        pipeline()
    (tmp_path / "broken").unlink()
    assert pipeline() == ["b", "c", "d"]


def test_what_a_stopped_run_left_is_kept_unless_settings_changed(pipeline, tmp_path):
    (tmp_path / "broken").touch()
    with pytest.raises(UserError):
        pipeline()
    (tmp_path / "b.shards").mkdir()
    with pytest.raises(UserError):
        pipeline()
    assert (tmp_path / "b.shards").exists()
    with pytest.raises(UserError):
        pipeline(setting="2")
    assert not (tmp_path / "b.shards").exists()


@pytest.mark.parametrize("content", ["[]", "{", '{"Make b": []}', '{"Make b": {"fingerprint": "x"}}', "SECONDS"])
def test_a_damaged_record_runs_all_stages_again(pipeline, tmp_path, content):
    pipeline()
    if content == "SECONDS":
        content = re.sub(r'"seconds": [^,}]+', '"seconds": "some"', (tmp_path / "stages.json").read_text())
    (tmp_path / "stages.json").write_text(content)
    assert pipeline() == ["b", "c", "d"]
    assert pipeline() == []


def test_the_record_has_the_duration_of_each_stage(pipeline, tmp_path):
    pipeline()
    record = read_json(tmp_path / "stages.json")
    assert list(record) == ["Make b", "Make c", "Make d"]
    assert all(entry["done"] and entry["seconds"] > 0 for entry in record.values())


def test_a_config_counts_with_its_imports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.libsonnet").write_text("{lr: 1}")
    config = tmp_path / "x.jsonnet"
    config.write_text("(import 'base.libsonnet') {a: 2}")
    out = tmp_path / "out"
    write = "import pathlib, sys; pathlib.Path(sys.argv[1]).open('a').write('.')"
    (tmp_path / "write.py").write_text(write)
    stage = Stage("Train", ("write.py", str(out)), inputs=(config,), outputs=(out,))
    run_stages([stage], tmp_path / "stages.json")
    config.write_text("// a comment changes nothing\n(import 'base.libsonnet') {a: 2}")
    run_stages([stage], tmp_path / "stages.json")
    assert out.read_text() == "."
    (tmp_path / "base.libsonnet").write_text("{lr: 3}")
    before = json.loads((tmp_path / "stages.json").read_text())
    run_stages([stage], tmp_path / "stages.json")
    assert json.loads((tmp_path / "stages.json").read_text()) != before
