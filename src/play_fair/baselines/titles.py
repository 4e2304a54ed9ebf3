"""What methods are called in tables, figures and sentences."""

from play_fair.baselines.ablation import BEST
from play_fair.baselines.methods import METHODS


def title_of(method: str) -> str:
    """The title of a method, or of the best order."""
    return "best possible order" if method == BEST else METHODS[method].title
