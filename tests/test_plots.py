import sys
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from play_fair import plots
from play_fair.errors import UserError
from play_fair.explanation import Explanation
from play_fair.palette import LIGHT

LONG = "Pretending or trying and failing to twist something so that it nearly but not entirely falls over"


def make(n_frames, scale=0.1, seed=0, **more):
    """An explanation with two classes; the second is predicted."""
    values = np.random.default_rng(seed).normal(0, scale, (n_frames, 2))
    values[:, 1] = np.abs(values[:, 1])
    return Explanation(values, 0.1 + values.sum(axis=0), [0.1, 0.1], class_names=("short", LONG), **more)


def pictures(n_frames, height=6, width=8):
    return np.arange(n_frames, dtype=np.uint8)[:, None, None, None] * np.ones((1, height, width, 3), np.uint8)


def rgb(colour):
    return pytest.approx([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def tick_labels(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


class TestCurve:
    def test_bars_have_the_values_and_the_colour_of_their_sign(self):
        explanation = make(5)
        (ax,) = explanation.plot(0).axes
        np.testing.assert_allclose([bar.get_height() for bar in ax.patches], explanation.values[:, 0])
        for bar, value in zip(ax.patches, explanation.values[:, 0], strict=True):
            assert bar.get_facecolor()[:3] == rgb(LIGHT.supports if value > 0 else LIGHT.distracts)
        total, score = explanation.values[:, 0].sum(), explanation.scores[0]
        sign = "+" if total > 0 else "−"
        expected = f"“short”: prior 0.100 + ESVs {sign}{abs(total):.3f} = score {score:.3f}".replace(
            "score -", "score −"
        )
        assert ax.get_title(loc="left") == expected

    def test_the_predicted_class_is_drawn_if_none_is_named(self):
        (ax,) = make(5).plot().axes
        assert "Pretending" in ax.get_title(loc="left")

    def test_two_standard_errors(self):
        errors = np.full((3, 2), 0.01)
        errors[1] = np.nan
        explanation = make(3, standard_errors=errors, method="layered")
        (ax,) = explanation.plot(1).axes
        ((lines,),) = [container[2] for container in ax.containers if hasattr(container, "has_yerr")]
        lengths = [segment[1, 1] - segment[0, 1] for segment in lines.get_segments()]
        np.testing.assert_allclose(lengths, [0.04, 0, 0.04], atol=1e-6)
        assert ax.get_ylabel() == "ESV ± 2 s.e."
        assert make(3).plot().axes[0].get_ylabel() == "ESV"

    def test_frames_are_a_strip_below_the_bars(self):
        ax, strip = make(4, info={"frame_idxs": [1, 3, 5, 7]}).plot(frames=pictures(4)).axes
        figure = ax.figure
        figure.draw_without_rendering()
        assert [image.get_array()[0, 0, 0] for image in strip.images] == [0, 1, 2, 3]
        assert tick_labels(strip) == ["1", "3", "5", "7"]
        assert strip.get_xlabel() == "frame of the video"
        assert strip.get_position().y1 < ax.get_position().y0
        assert strip.get_position().x0 == pytest.approx(ax.get_position().x0, abs=1e-3)
        assert strip.get_position().x1 == pytest.approx(ax.get_position().x1, abs=1e-3)
        for image in strip.images:
            box = image.get_window_extent()
            assert box.width / box.height == pytest.approx(8 / 6, rel=1e-3)

    def test_of_all_frames_of_the_video_the_sampled_ones_are_drawn(self):
        _, strip = make(4, info={"frame_idxs": [1, 3, 5, 7], "n_video_frames": 9}).plot(frames=pictures(9)).axes
        assert [image.get_array()[0, 0, 0] for image in strip.images] == [1, 3, 5, 7]

    def test_of_segments_the_middle_frames_are_drawn(self):
        _, strip = make(3, info={"segments": [1, 3, 4]}).plot(frames=pictures(8)).axes
        assert [image.get_array()[0, 0, 0] for image in strip.images] == [0, 2, 5]
        assert tick_labels(strip) == ["0", "1–3", "4–7"]

    def test_of_many_frames_some_are_drawn_evenly_spaced(self):
        _, strip = make(64).plot(frames=pictures(64)).axes
        shown = [int(image.get_array()[0, 0, 0]) for image in strip.images]
        assert 10 < len(shown) < 30
        assert set(np.diff(shown)) <= {3, 4}
        assert tick_labels(strip) == [str(frame) for frame in shown]

    @pytest.mark.parametrize("n_frames", [1, 2, 8, 64, 200])
    @pytest.mark.parametrize("kind", ["curve", "waterfall"])
    @pytest.mark.parametrize("with_frames", [False, True])
    def test_labels_stay_within_the_figure_and_apart(self, n_frames, kind, with_frames):
        frames = pictures(n_frames) if with_frames else None
        errors = np.full((n_frames, 2), 0.02)
        explanation = make(n_frames, standard_errors=errors, method="layered")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figure = explanation.plot(frames=frames, kind=kind)
            renderer = FigureCanvasAgg(figure).get_renderer()
            figure.draw_without_rendering()
        for ax in figure.axes:
            for text in [*ax.texts, *ax.get_xticklabels(), ax.xaxis.label, ax._left_title]:
                if text.get_text() and text.get_visible():
                    box = text.get_window_extent(renderer)
                    assert figure.bbox.x0 <= box.x0, text
                    assert box.x1 <= figure.bbox.x1, text
                    assert figure.bbox.y0 <= box.y0, text
                    assert box.y1 <= figure.bbox.y1, text
            labels = sorted(
                (label.get_window_extent(renderer) for label in ax.get_xticklabels() if label.get_visible()),
                key=lambda box: box.x0,
            )
            for left, right in pairwise(labels):
                assert left.x1 < right.x0

    def test_nothing_matters(self):
        zero = Explanation(np.zeros((3, 1)), [0.5], [0.5])
        for kind in ("curve", "waterfall"):
            zero.plot(kind=kind).draw_without_rendering()


class TestWaterfall:
    def test_steps_lead_from_the_prior_to_the_score(self):
        explanation = make(6)
        (ax,) = explanation.plot(0, kind="waterfall").axes
        prior, score, *steps = ax.patches
        assert prior.get_height() == pytest.approx(0.1)
        assert score.get_height() == pytest.approx(explanation.scores[0])
        reached = [step.get_y() + step.get_height() for step in steps]
        np.testing.assert_allclose(reached, 0.1 + explanation.values[:, 0].cumsum(), rtol=1e-5)
        assert tick_labels(ax) == ["0", "1", "2", "3", "4", "5", "prior", "score"]

    def test_unknown_kinds(self):
        with pytest.raises(UserError, match="expected a kind of plot among curve, waterfall, interactions, got 'bars'"):
            make(2).plot(kind="bars")


class TestInteractions:
    def test_cells_have_the_colour_and_the_sign_of_their_values(self):
        pairs = np.zeros((3, 3, 2))
        pairs[0, 1, 0] = pairs[1, 0, 0] = 0.2
        pairs[0, 2, 0] = pairs[2, 0, 0] = -0.1
        (ax,) = make(3, interactions=pairs).plot(0, kind="interactions").axes
        (cells,) = ax.collections
        opacities = cells.get_facecolor()[:, 3]
        assert np.isclose(opacities / opacities.max(), [1, 0.5, 1, 0, 0.5, 0]).all()
        assert cells.get_facecolor()[0][:3] == rgb(LIGHT.supports)
        assert cells.get_facecolor()[1][:3] == rgb(LIGHT.distracts)
        assert [text.get_text() for text in ax.texts] == ["+", "−", "+", "−"]
        assert "±0.2" in ax.get_xlabel()

    @pytest.mark.parametrize("pairs", [None, np.full((2, 2, 2), np.nan)])
    def test_those_that_are_not_known(self, pairs):
        with pytest.raises(UserError, match="expected interactions of 'short' to draw, but they were not computed"):
            make(2, interactions=pairs).plot(0, kind="interactions")


class TestAxes:
    @pytest.mark.parametrize("kind", ["curve", "waterfall"])
    def test_it_is_drawn_in_given_axes(self, kind):
        figure = Figure(figsize=(9, 5))
        above, below = figure.subplots(2, 1)
        place = above.get_position()
        assert make(8).plot(frames=pictures(8), kind=kind, ax=above) is figure
        figure.draw_without_rendering()
        _, other, strip = figure.axes
        assert other is below
        assert not below.has_data()
        assert place.y0 - 1e-6 <= strip.get_position().y0 < above.get_position().y0 < place.y1

    def test_axes_of_a_subfigure(self):
        figure = Figure()
        ax = figure.subfigures(1, 2)[0].subplots()
        assert make(3).plot(ax=ax) is figure

    def test_notebooks_show_it(self):
        assert make(3).plot()._repr_png_().startswith(b"\x89PNG")

    def test_pyplot_does_not_hold_figures(self):
        make(3).plot()
        if "matplotlib.pyplot" in sys.modules:
            assert not sys.modules["matplotlib.pyplot"].get_fignums()


class TestPictures:
    @pytest.mark.parametrize(
        "convert",
        [
            lambda frames: frames,
            lambda frames: list(frames),
            lambda frames: [Image.fromarray(frame) for frame in frames],
            lambda frames: frames.transpose(0, 3, 1, 2),
            lambda frames: frames[..., 0],
            lambda frames: frames[..., :1],
            lambda frames: frames.astype(np.int64),
            lambda frames: frames / 255,
            torch.from_numpy,
            lambda frames: torch.from_numpy(frames).permute(0, 3, 1, 2) / 255,
            lambda frames: (torch.from_numpy(frames) / 255).requires_grad_(),
        ],
    )
    def test_what_is_taken_for_pictures(self, convert):
        frames = pictures(5)
        np.testing.assert_array_equal(plots.as_pictures(convert(frames), 5, 5, range(5)), frames)

    def test_half_precision(self):
        frames = torch.full((2, 3, 4, 5), 0.5, dtype=torch.bfloat16)
        assert (plots.as_pictures(frames, 2, 2, range(2)) == 128).all()

    @pytest.mark.parametrize(
        ("frames", "message"),
        [
            (np.zeros((3, 4)), r"expected frames of shape .* got \(3, 4\)"),
            (np.zeros((3, 4, 5, 2)), r"got \(3, 4, 5, 2\)"),
            (np.zeros((3, 0, 5, 3)), r"got \(3, 0, 5, 3\)"),
            (
                np.full((3, 4, 5, 3), 1.5),
                r"expected colours in 0\.\.1 .* got float64 in 1\.5\.\.1\.5; pass the frames from",
            ),
            (np.full((3, 4, 5, 3), np.nan), r"expected colours in 0\.\.1"),
            (np.full((3, 4, 5, 3), -1), r"got int64 in -1\.\.-1"),
            (pictures(2), r"expected 3 frames or all 9 of the video, one for each row of values, got 2"),
            ([np.zeros((4, 5, 3)), np.zeros((5, 5, 3))], "expected frames of one size"),
            (np.array([["a"]]), "expected frames of numbers, got an array of <U1"),
            (3, "expected frames of one size, as an array"),
        ],
    )
    def test_what_is_not(self, frames, message):
        with pytest.raises(UserError, match=message):
            make(3, info={"frame_idxs": [1, 4, 7], "n_video_frames": 9}).plot(frames=frames)
