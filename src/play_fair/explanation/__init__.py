"""The explanation of one video: what each frame adds to the score of each class. Needs numpy only."""

from play_fair.explanation.checks import SYMMETRY
from play_fair.explanation.explanation import EXACT, KINDS, Explanation, Target

__all__ = ["EXACT", "KINDS", "SYMMETRY", "Explanation", "Target"]
