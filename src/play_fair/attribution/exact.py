"""Exact ESVs: all coalitions are scored, level by level, within a bound on memory."""

from dataclasses import replace
from math import comb

import torch

from play_fair.attribution.batch import BatchExplanation, joined
from play_fair.attribution.shapley import shapley_values
from play_fair.errors import UserError
from play_fair.games import CompleteLattice, Game, MultiscaleGame, ScoresCoalitions, multiscale_of, n_players
from play_fair.games.game import rows_at_once
from play_fair.games.tabulated import MAX_TABULATED_FRAMES
from play_fair.tensors import Videos

DEFAULT_MAX_MEMORY = 4 << 30
"""4 GiB."""

MAX_EXACT_PLAYERS = 16
"""Up to so many players exact ESVs are the default: 2^16 coalitions of a game of features take well under a second."""

_SCORES_AT_ONCE = 1 << 19
"""Scores of subsets that are looked at together on each thread of a CPU: 2 MiB, which are in its cache when summed."""

_SCORES_OF_LEVELS = 1 << 22
"""Scores of two levels of all videos that are explained together on a CPU: 16 MiB. More videos take longer each."""

_ROWS_OF_UNKNOWN_CLASSES = 1 << 12


def exact_explanation(
    game: Game,
    videos: Videos,
    n_classes: int | None = None,
    interactions: bool = False,
    max_memory: int = DEFAULT_MAX_MEMORY,
) -> BatchExplanation:
    """Exact ESVs of B videos; with `interactions`, of pairs too.

    Args:
        game: v.
        videos: (B, T, ...).
        n_classes: C; None: not known before the first evaluation.
        max_memory: bytes that the coalitions and their scores may take at once. More videos than fit are explained in
            turn.

    Raises:
        UserError: one video does not fit.
    """
    n = n_players(game, videos.shape[1])
    lattice = CompleteLattice(n, videos.device)
    # Sums in float64, of pairs of players at most, and copies of them; a multi-scale model keeps two levels.
    of_class = 3 * n**2 * torch.float64.itemsize
    if isinstance(game, MultiscaleGame):
        of_class += lattice.two_widest * torch.float32.itemsize
    of_video = of_class * (n_classes or 1)
    fitting = (max_memory - lattice.n_bytes) // of_video
    if fitting < 1:
        raise UserError(
            f"exact ESVs of {n} players need the scores of 2^{n} = {2**n:,} coalitions, and "
            f"{(lattice.n_bytes + of_video) / 2**30:,.1f} GiB at once, more than the {max_memory / 2**30:.1f} GiB of "
            "max_memory: explain fewer frames, or segments of frames, or estimate the ESVs with a budget"
        )
    parts = [
        shapley_values(game, chunk, [_in_parts(lattice, len(chunk), n_classes)], interactions)
        for chunk in videos.split(min(fitting, _fast_batch(lattice, n_classes)))
    ]
    return replace(joined(parts), n_evaluations=count_exact_evaluations(game, videos.shape[1]))


def count_exact_evaluations(game: Game | ScoresCoalitions, n_frames: int) -> int:
    """How many coalitions of one video of `n_frames` frames exact ESVs evaluate; v(empty) is not counted."""
    if (multiscale := multiscale_of(game)) is not None:
        n_scales = len(multiscale.single_scale_models)
        return sum(comb(n_frames, size) for size in range(1, min(n_frames, n_scales) + 1))
    return 2 ** n_players(game, n_frames) - 1


def is_cheap_to_enumerate(game: Game | ScoresCoalitions, n_frames: int) -> bool:
    """Whether there are few enough players for exact ESVs by default."""
    few = n_players(game, n_frames) <= MAX_EXACT_PLAYERS
    return few and (multiscale_of(game) is None or n_frames <= MAX_TABULATED_FRAMES)


def _fast_batch(lattice: CompleteLattice, n_classes: int | None) -> int:
    if n_classes is None:
        return 1
    return rows_at_once(lattice.device, _SCORES_OF_LEVELS, lattice.two_widest * n_classes)


def _in_parts(lattice: CompleteLattice, n_videos: int, n_classes: int | None) -> CompleteLattice:
    if n_classes is None:
        return replace(lattice, rows_at_once=_ROWS_OF_UNKNOWN_CLASSES)
    at_once = rows_at_once(lattice.device, _SCORES_AT_ONCE * torch.get_num_threads(), n_videos * n_classes)
    return replace(lattice, rows_at_once=at_once)
