"""Games: the scores of subsets of a video's frames, and which subsets there are."""

from play_fair.games.callable_game import CallableGame
from play_fair.games.game import CharacteristicFunction, Game, KeepsLevels, ScoresSubsets, SubsetScorer
from play_fair.games.lattice import CompleteLattice, Lattice, Level, SampledLattice
from play_fair.games.mean_consensus import MeanConsensusGame
from play_fair.games.multiscale import MultiscaleGame
from play_fair.games.samplers import ConstructiveRandomSampler, ExhaustiveSubsetSampler, SubsetSampler
from play_fair.games.segments import SegmentedGame, Segments
from play_fair.games.single_scale import SplitsFirstLayer
from play_fair.games.surrogate import SurrogateGame

__all__ = [
    "CallableGame",
    "CharacteristicFunction",
    "CompleteLattice",
    "ConstructiveRandomSampler",
    "ExhaustiveSubsetSampler",
    "Game",
    "KeepsLevels",
    "Lattice",
    "Level",
    "MeanConsensusGame",
    "MultiscaleGame",
    "SampledLattice",
    "ScoresSubsets",
    "SegmentedGame",
    "Segments",
    "SplitsFirstLayer",
    "SubsetSampler",
    "SubsetScorer",
    "SurrogateGame",
]
