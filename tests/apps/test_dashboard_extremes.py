"""Results at the edge: one frame, many frames, words without an end, files that are not there."""

import numpy as np
import pytest
from browsing import served
from esv_dashboard import Settings
from playwright.sync_api import expect

from play_fair.frame_sampling import uniform_frame_indices
from play_fair.labels import write_classes_csv
from play_fair.results import PADDING, EsvResults

LENGTH = 64
NAMES = ["Up", "Supercalifragilisticexpialidocious" * 3, "<b>bold</b> & " + "many words " * 20]
UIDS = ["single", "negative", "x" * 100]


def make_scale(n_frames):
    """Of a video with one frame, of one whose frames all distract, and of one with a name that has no end."""
    rng = np.random.default_rng(n_frames)
    priors = np.full(3, 1 / 3)
    scores = np.array([[0.2, 0.7, 0.1], [0.001, 0.009, 0.99], [0.1, 0.3, 0.6]])
    frames = np.tile(uniform_frame_indices(LENGTH, n_frames), (3, 1))
    frames[0, 1:] = PADDING
    frames[0, 0] = 0
    esvs = np.repeat((scores - priors)[:, None] / n_frames, n_frames, axis=1)
    esvs[0, 0], esvs[0, 1:] = scores[0] - priors, 0
    pairs = rng.normal(0, 0.01, (3, 2, n_frames, n_frames)) * (1 - np.eye(n_frames))
    extras = {} if n_frames > 16 else {"interactions": (pairs + pairs.swapaxes(2, 3)).astype(np.float32)}
    return EsvResults.single(
        uids=UIDS,
        labels=np.array([0, 0, 1]),
        sequence_lengths=np.array([1, LENGTH, LENGTH]),
        priors=priors,
        sequence_idxs=frames,
        scores=scores.astype(np.float32),
        shapley_values=esvs.astype(np.float32),
        extras={**extras, "standard_errors": np.full(esvs.shape, 0.01, np.float32)},
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extremes")
    EsvResults.collate([make_scale(n) for n in (2, 16, LENGTH)], {"model": "M" * 50}).save(folder / "results.pkl")
    write_classes_csv(folder / "classes.csv", {name: index for index, name in enumerate(NAMES)})
    with served(Settings((folder / "results.pkl",), folder, folder / "classes.csv")) as address:
        yield address


@pytest.mark.parametrize("uid", UIDS)
def test_nothing_scrolls_sideways(site, visit, uid):
    page = visit(site, f"?video={uid}&focus=2&against=1&n=16").page
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 800})
        # Plots are drawn anew for the new width.
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)


def test_a_strip_of_many_frames_scrolls_along(site, visit):
    page = visit(site, f"?video={UIDS[2]}&n={LENGTH}", width=375).page
    expect(page.locator(".frame")).to_have_count(LENGTH)
    page.locator(".plot").focus()
    page.keyboard.press("End")
    expect(page.locator(".frame").last).to_have_attribute("aria-current", "true")
    below = "(e => e.getBoundingClientRect().bottom - e.parentElement.getBoundingClientRect().bottom)"
    assert page.locator(".frame").last.evaluate(below) <= 1
    assert page.locator(".strip").evaluate("e => e.clientHeight") < 500
    page.keyboard.press("Home")
    expect(page.locator(".frame").first).to_have_attribute("aria-current", "true")
    assert page.locator(".strip").evaluate("e => e.scrollTop") < 10


def test_one_frame_has_no_pairs(site, visit):
    page = visit(site, "?video=single&n=16&why=true").page
    expect(page.locator("#esvs-caption-0")).to_have_text("The only frame distracts from “Up” (−0.133).")
    expect(page.locator("#scores-caption-0")).to_have_text("Scores of 1 frame. Press a bar to explain its class.")
    expect(page.locator("#interactions-card-0")).to_be_hidden()


def test_pairs_that_are_not_known_are_said_to_be_so(site, visit):
    page = visit(site, "?video=negative&n=16").page
    expect(page.locator("#interactions-0 .heat")).to_be_visible()
    expect(page.locator("#interactions-card-0").get_by_role("link")).to_have_text(["PNG", "CSV"])
    page.get_by_label("or a class").select_option(index=2)
    expect(page.locator("#interactions-caption-0")).to_contain_text("Known of the true and of the predicted class only")
    expect(page.locator("#interactions-0")).to_have_count(0)
    expect(page.locator("#interactions-card-0").get_by_role("link")).to_have_count(0)
