"""All estimators by name, and the choice among them."""

from play_fair.attribution.constructive import ConstructiveEstimator
from play_fair.attribution.estimator import Estimator
from play_fair.attribution.layered import LayeredEstimator
from play_fair.attribution.permutations import PermutationEstimator
from play_fair.attribution.set_kernel import SetKernelEstimator
from play_fair.attribution.surrogate import SurrogateEstimator
from play_fair.errors import UserError
from play_fair.games import Game, ScoresCoalitions, multiscale_of

BEST = "best"
"""The name that selects `best_estimator`."""

_ESTIMATORS: tuple[Estimator, ...] = (
    ConstructiveEstimator(),
    LayeredEstimator(),
    PermutationEstimator(),
    SetKernelEstimator(),
    SurrogateEstimator(),
)
# A new estimator: one file, and one line here.

ESTIMATORS: dict[str, Estimator] = {estimator.name: estimator for estimator in _ESTIMATORS}


_MAX_FITTED = 2048
"""Evaluations up to which the set kernel is the best choice; its work grows with their third power."""


def estimator_of(
    name: str, game: Game | ScoresCoalitions, n_frames: int, budget: int, interactions: bool = False
) -> Estimator:
    """The estimator of that name, or the best one for a game and a budget.

    Raises:
        UserError: there is no such estimator, or it is not for this game.
    """
    require_estimator(name)
    estimator = best_estimator(game, n_frames, budget, interactions) if name == BEST else ESTIMATORS[name]
    estimator.require(game)
    return estimator


def best_estimator(game: Game | ScoresCoalitions, n_frames: int, budget: int, interactions: bool = False) -> Estimator:
    """The surrogate for multi-scale models; else the set kernel, or the layered estimator for large budgets.

    Interactions always come from a fit: of the surrogate, or of the set kernel.
    """
    if multiscale_of(game) is not None:
        return ESTIMATORS[SurrogateEstimator.name]
    if not isinstance(game, ScoresCoalitions):
        return ESTIMATORS[ConstructiveEstimator.name]
    layered = ESTIMATORS[LayeredEstimator.name]
    many = budget > _MAX_FITTED and budget >= layered.least_budget(game, n_frames)
    return layered if many and not interactions else ESTIMATORS[SetKernelEstimator.name]


def require_estimator(name: str) -> None:
    """Check the name of an estimator.

    Raises:
        UserError: it is neither `BEST` nor in `ESTIMATORS`.
    """
    if name not in (BEST, *ESTIMATORS):
        raise UserError(f"expected an estimator among {', '.join((BEST, *ESTIMATORS))}, got {name!r}")
