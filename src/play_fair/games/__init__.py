"""Games: the scores of subsets of a video's frames, and which subsets there are."""

from play_fair.games.activation import ACTIVATIONS, Activation
from play_fair.games.callable_game import CallableGame
from play_fair.games.evaluation_mode import evaluation_mode
from play_fair.games.game import CharacteristicFunction, CoalitionScorer, Game, ScoresCoalitions
from play_fair.games.lattice import CompleteLattice, Lattice, Level, SampledLattice
from play_fair.games.mean_consensus import MeanConsensusGame
from play_fair.games.model_game import ModelGame
from play_fair.games.multiscale import MultiscaleGame
from play_fair.games.samplers import ConstructiveRandomSampler, ExhaustiveSubsetSampler, SubsetSampler
from play_fair.games.segments import SegmentedGame, Segments, multiscale_of, n_players, segmented
from play_fair.games.single_scale import SplitsFirstLayer
from play_fair.games.surrogate import SurrogateGame
from play_fair.games.tabulated import TabulatedGame

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "CallableGame",
    "CharacteristicFunction",
    "CoalitionScorer",
    "CompleteLattice",
    "ConstructiveRandomSampler",
    "ExhaustiveSubsetSampler",
    "Game",
    "Lattice",
    "Level",
    "MeanConsensusGame",
    "ModelGame",
    "MultiscaleGame",
    "SampledLattice",
    "ScoresCoalitions",
    "SegmentedGame",
    "Segments",
    "SplitsFirstLayer",
    "SubsetSampler",
    "SurrogateGame",
    "TabulatedGame",
    "evaluation_mode",
    "multiscale_of",
    "n_players",
    "segmented",
]
