"""Load config files: evaluate the jsonnet and check it against a schema."""

import json
from pathlib import Path
from typing import Any, TypeVar

import _jsonnet
from pydantic import ValidationError

from play_fair.config.paths import project_root
from play_fair.config.schemas import FeatureModelConfig, Strict, VideoModelConfig
from play_fair.errors import UserError, shown
from play_fair.files import require_file

Config = TypeVar("Config", bound=Strict)


def evaluate_jsonnet(path: Path | str) -> Any:
    """Evaluate a jsonnet file, imports included, to the content of a json file.

    Raises:
        UserError: it is missing, or is not valid jsonnet.
    """
    path = require_file(path, "a config")
    try:
        return json.loads(_jsonnet.evaluate_file(str(path)))
    except (RuntimeError, ValueError, RecursionError) as error:
        first_lines = "\n".join(str(error).splitlines()[:4])
        raise UserError(f"cannot evaluate {path}: {first_lines}") from None


def provenance(config: Strict, config_path: Path | str, exclude: set[str] | None = None) -> dict[str, Any]:
    """Return a config, or a part of one, as JSON values, with the paths of the file that it was loaded from."""
    return config.model_dump(mode="json", exclude=exclude, context=project_root(config_path))


def load_config(path: Path | str, schema: type[Config]) -> Config:
    """Evaluate a jsonnet file and check it against `schema`.

    Raises:
        UserError: it is missing or is not valid jsonnet, a key is unknown or missing, or a value is invalid.
            All invalid keys are listed.
    """
    return _validated(evaluate_jsonnet(path), schema, path)


def load_model_config(path: Path | str) -> FeatureModelConfig | VideoModelConfig:
    """Load the config of a model on features or, if its `model.kind` is "video_model", on pixels; see `load_config`."""
    content = evaluate_jsonnet(path)
    model = content.get("model") if isinstance(content, dict) else None
    if isinstance(model, dict) and model.get("kind") == "video_model":
        return _validated(content, VideoModelConfig, path)
    return _validated(content, FeatureModelConfig, path)


def _validated(content: Any, schema: type[Config], path: Path | str) -> Config:
    try:
        return schema.model_validate(content, context=project_root(path))
    except ValidationError as error:
        problems = "\n".join(f"  {_describe(dict(problem))}" for problem in error.errors())
        raise UserError(f"{path} is not a valid {schema.__name__}:\n{problems}") from None


def _describe(problem: dict) -> str:
    where = ".".join(str(step) for step in problem["loc"]) or "top level"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown key; check its spelling"
    if problem["type"] == "missing":
        return f"{where}: missing"
    if problem["type"].startswith("union_tag"):
        tag, known = (problem["ctx"].get(key) for key in ("tag", "expected_tags"))
        return f"{where}.kind: {tag or 'missing'}, expected " + (known or "the kind of model")
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}, got {shown(problem['input'])}"
