"""Many videos at once, and little memory: the same ESVs."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution import OnlineShapleyAttributor
from play_fair.attribution.shapley import shapley_values
from play_fair.games import CompleteLattice, MultiscaleGame
from strategies import class_priors, few_frames, single_scale_models, some_videos, video_batches
from toy_games import assert_close, toy_models


@given(videos=some_videos, models=single_scale_models(few_frames), priors=class_priors())
@settings(max_examples=20)
def test_a_batch_is_its_videos_one_by_one(videos, models, priors):
    attributor = OnlineShapleyAttributor(models, priors, 4)
    esvs, scores = attributor.explain_batch(videos)

    assert esvs.shape == (*videos.shape[:2], 4)
    assert scores.shape == (len(videos), 4)
    for b, video in enumerate(videos):
        single_esvs, single_scores = attributor.explain(video)
        assert_close(esvs[b], single_esvs)
        assert_close(scores[b], single_scores)


def n_videos_together(monkeypatch):
    """Counts the videos that each game is asked about."""
    asked = []
    levels = MultiscaleGame.levels

    def counted(game, videos, lattice):
        asked.append(len(videos))
        return levels(game, videos, lattice)

    monkeypatch.setattr(MultiscaleGame, "levels", counted)
    return asked


@pytest.mark.parametrize("memory", [2 * 1696, 3 * 1696 - 1])
def test_a_batch_larger_than_memory_is_explained_in_turn(monkeypatch, memory):
    models, priors, videos = toy_models(), torch.ones(4) / 4, torch.randn(5, 4, 5)
    whole = OnlineShapleyAttributor(models, priors, 4).explain_batch(videos)
    asked = n_videos_together(monkeypatch)
    # The lattice of 4 frames takes 320 bytes. A video takes, for each of 4 classes, 10 scores in the two widest levels,
    # and thrice 16 sums in double precision: 4 * 40 + 4 * 384 bytes.
    in_turn = OnlineShapleyAttributor(models, priors, 4, max_memory=320 + memory).explain_batch(videos)

    assert asked == [2, 2, 1]
    assert_close(in_turn[0], whole[0])
    assert_close(in_turn[1], whole[1])


@given(videos=video_batches(st.integers(7, 9), st.integers(1, 2)), models=single_scale_models(few_frames))
@settings(max_examples=10)
def test_levels_are_looked_at_in_parts(videos, models):
    """Levels of up to 126 subsets, 20 at a time."""
    priors = torch.ones(4) / 4
    esvs, scores = OnlineShapleyAttributor(models, priors, 4).explain_batch(videos)
    game = MultiscaleGame(models, priors)
    parts = CompleteLattice(videos.shape[1], torch.device("cpu"), rows_at_once=20)
    with torch.no_grad():
        explanation = shapley_values(game, videos, [parts])

    assert_close(explanation.esvs, esvs)
    assert_close(explanation.scores, scores)


def test_explaining_leaves_the_video_and_its_gradient_graph_alone():
    video = torch.randn(3, 5, requires_grad=True)
    before = video.detach().clone()
    esvs, scores = OnlineShapleyAttributor(toy_models(), np.full(4, 0.25), 4, device="cpu").explain(video)

    assert torch.equal(video, before)
    assert not esvs.requires_grad
    assert not scores.requires_grad
