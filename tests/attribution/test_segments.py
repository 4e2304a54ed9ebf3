import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from play_fair.attribution import (
    Approximation,
    CharacteristicFunctionShapleyAttributor,
    EstimatedAttributor,
    OnlineShapleyAttributor,
)
from play_fair.errors import UserError
from play_fair.games import CallableGame, ConstructiveRandomSampler, MeanConsensusGame, MultiscaleGame
from play_fair.games.segments import segment_lengths
from play_fair.models import MLPConsensus
from strategies import seeds, video_batches
from toy_games import assert_close, esvs_by_permutations, multiscale_characteristic_function, order_game

PRIORS = torch.tensor([0.5, 0.3, 0.2])
TSN = MeanConsensusGame(lambda features: 3 * features[..., :3], PRIORS)


lengths_of_segments = st.lists(st.integers(1, 4), min_size=1, max_size=5)


@given(lengths=lengths_of_segments, seed=seeds, n_videos=st.integers(1, 3))
@settings(max_examples=25)
def test_esvs_of_segments_are_the_mean_over_all_permutations(lengths, seed, n_videos):
    videos = torch.randn(n_videos, sum(lengths), 5, generator=torch.Generator().manual_seed(seed))
    for v, n_classes in ((order_game, 2), (TSN, 3)):
        exact = CharacteristicFunctionShapleyAttributor(v, n_classes)
        # As many samples as there are subsets: the estimates are exact.
        for attributor in (
            exact,
            exact.with_sampler(ConstructiveRandomSampler(10, seed=0)),
            EstimatedAttributor(CallableGame(v), n_classes, "layered", 32),
            Approximation(32).attributor(exact),
        ):
            esvs, scores = attributor.explain_batch(videos, segments=lengths)

            assert esvs.shape == (n_videos, len(lengths), n_classes)
            assert_close(scores, v(videos))
            for video, of_video in zip(videos, esvs, strict=True):
                assert_close(of_video, esvs_by_permutations(v, video, lengths))


@given(videos=video_batches(st.integers(1, 6)))
@settings(max_examples=10)
def test_segments_of_one_frame_are_frames(videos):
    attributor = CharacteristicFunctionShapleyAttributor(order_game, 2)
    assert_close(attributor.explain(videos[0], segments=videos.shape[1])[0], attributor.explain(videos[0])[0])


@given(n_frames=st.integers(1, 200), data=st.data())
def test_so_many_segments_are_as_equal_as_can_be(n_frames, data):
    n_segments = data.draw(st.integers(1, n_frames))
    lengths = segment_lengths(n_segments, n_frames)

    assert len(lengths) == n_segments
    assert sum(lengths) == n_frames
    assert max(lengths) - min(lengths) <= 1


def test_long_sequences_in_many_segments_are_estimated():
    video = torch.randn(400, 3, generator=torch.Generator().manual_seed(0))
    explanation = (
        Approximation(400)
        .attributor(CharacteristicFunctionShapleyAttributor(TSN, 3))
        .explanation(video[None], segments=40)
    )
    # Of frames of equal segments, the mean-consensus model sees only their means.
    of_means = (
        Approximation(400)
        .attributor(CharacteristicFunctionShapleyAttributor(TSN, 3))
        .explanation(video.unflatten(0, (40, 10)).mean(dim=1)[None])
    )

    assert_close(explanation.esvs, of_means.esvs, atol=1e-5)
    assert 0 < explanation.standard_errors.max() < 0.01
    assert_close(explanation.esvs.sum(dim=1) + PRIORS, explanation.scores)


def test_interactions_of_segments():
    video = torch.randn(1, 7, 5)
    attributor = CharacteristicFunctionShapleyAttributor(order_game, 2).with_interactions()
    assert attributor.explanation(video, segments=[3, 2, 2]).interactions.shape == (1, 3, 3, 2)


def test_a_multiscale_model_is_learnt_first():
    """Models of one and two frames are learnt whole, so that nothing is lost."""
    torch.manual_seed(0)
    models = [MLPConsensus(5 * s, 8, 3).eval() for s in (1, 2)]
    video, lengths = torch.randn(9, 5), [2, 4, 3]
    v = multiscale_characteristic_function(models, PRIORS)
    surrogate = EstimatedAttributor(MultiscaleGame(models, PRIORS), 3, "surrogate", max_samples=36)

    assert_close(surrogate.explain(video, segments=lengths)[0], esvs_by_permutations(v, video, lengths), atol=2e-6)


@given(lengths=lengths_of_segments, seed=seeds)
@settings(max_examples=15)
def test_segments_of_a_multiscale_model_are_exact(lengths, seed):
    torch.manual_seed(seed)
    models = [MLPConsensus(5 * s, 8, 3).eval() for s in (1, 2, 3)]
    video = torch.randn(sum(lengths), 5)
    attributor = OnlineShapleyAttributor(models, PRIORS, 3)
    v = multiscale_characteristic_function(models, PRIORS)

    assert_close(attributor.explain(video, segments=lengths)[0], esvs_by_permutations(v, video, lengths))


def test_exact_segments_of_a_multiscale_model_of_many_frames_are_refused():
    attributor = OnlineShapleyAttributor([MLPConsensus(5, 8, 3)], PRIORS, 3)
    message = r"17 frames have 2\^17: exact values of segments need at most 16 frames; estimate them"
    with pytest.raises(UserError, match=message):
        attributor.explain(torch.randn(17, 5), segments=3)
    esvs, _ = Approximation(30).attributor(attributor).explain(torch.randn(17, 5), segments=3)
    assert esvs.shape == (3, 3)


def test_evaluations_are_counted_in_segments():
    attributor = CharacteristicFunctionShapleyAttributor(TSN, 3)
    assert attributor.with_segments(10).count_n_evaluations(500) == 2**10 - 1
    assert Approximation().attributor(attributor).with_segments(10).count_n_evaluations(500) == 2**10 - 1
    sampled = attributor.with_sampler(ConstructiveRandomSampler(8, seed=0)).with_segments(5)
    assert sampled.count_n_evaluations(500) == 5 + 8 + 8 + 5 + 1


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (0, "1 to 6 segments of 6 frames, got 0"),
        (7, "1 to 6 segments of 6 frames, got 7"),
        ([], r"6 together \(all that the video has\), got \[\], 0 together"),
        ([3, 0, 3], r"at least one frame, 6 together .*, got \[3, 0, 3\]"),
        ([3, 2], r"got \[3, 2\], 5 together"),
    ],
)
def test_segments_are_checked(segments, message):
    with pytest.raises(UserError, match=message):
        CharacteristicFunctionShapleyAttributor(order_game, 2).explain(torch.randn(6, 5), segments=segments)
