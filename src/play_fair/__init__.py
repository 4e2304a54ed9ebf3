"""Frame attributions for video models: Element Shapley Values of any sequence model.

Element Shapley Values (ESVs) split a class score over the frames of a video, fairly and completely
(Price & Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020).

    explanation = play_fair.explain(model, video)
    explanation.values  # (T, C)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from play_fair.extras import explain_missing_packages

if TYPE_CHECKING:
    from play_fair.api import FrameShapley, explain
    from play_fair.errors import UserError
    from play_fair.explanation import Explanation

    __version__: str

__all__ = ["Explanation", "FrameShapley", "UserError", "__version__", "explain"]

_MODULE_OF = {
    "Explanation": "play_fair.explanation",
    "FrameShapley": "play_fair.api",
    "UserError": "play_fair.errors",
    "explain": "play_fair.api",
}


explain_missing_packages()


def __getattr__(name: str) -> Any:
    # Imported on first use: results files and the dashboard need no torch.
    if name == "__version__":
        return import_module("importlib.metadata").version("play-fair")
    if name in _MODULE_OF:
        return getattr(import_module(_MODULE_OF[name]), name)
    raise AttributeError(f"module 'play_fair' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
