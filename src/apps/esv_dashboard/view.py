"""The view: what the page shows, as a value that is read from the query of the address and written to it."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

from esv_dashboard.catalogue import CORRECT, MIXED, WRONG, Catalogue
from play_fair.overview import ORDERS

MODES = ("predicted", "true", "difference")
"""What is explained: the score of the predicted class, of the true class, or the difference of two classes."""
TWINS = ("aligned", "played", "hidden")
"""How the other video of a pair is shown: its time mirrored, so that the same moments stand below each other; as it
plays; or not."""
VERDICTS = {"all": None, "correct": CORRECT, "wrong": WRONG, "mixed": MIXED}
LISTED = 50
"""Videos on a page of the list."""


@dataclass(frozen=True)
class View:
    """A video, the frames fed to the models, what is explained; and the filters of the list it was picked from."""

    uid: str | None
    """None: the overview of all videos."""
    n_frames: int
    mode: str | None = None
    """One of `MODES`; None: the difference if a prediction is wrong, else the predicted class."""
    focus: int | None = None
    """A class by choice; None: the predicted one, if there is a class it is compared with."""
    against: int | None = None
    """A class by choice that it is compared with."""
    twin: str = "aligned"
    """One of `TWINS`."""
    own_scale: bool = False
    """Whether the charts of each model have a scale of their own."""
    label: int | None = None
    """Only videos of this class are listed; None: all."""
    verdict: str = "all"
    """Only videos of which the prediction is "correct" or "wrong", or "mixed" where models differ; or "all"."""
    predicted: tuple[int, int] | None = None
    """Only videos for which a model (its index) predicts a class; None: all."""
    order: str | None = None
    """Order of the list, one of `ORDERS`; None: that of the results."""
    text: str = ""
    """Only videos with these words in uid or class name."""
    page: int | None = None
    """Which page of the list is shown, from 1; None: the one that the video is on."""

    @property
    def is_by_choice(self) -> bool:
        """Whether classes by choice are explained in place of those of the mode."""
        return self.focus is not None or self.against is not None


def listed(catalogue: Catalogue, view: View) -> list[str]:
    """Uids of the videos that pass the filters."""
    return catalogue.find(
        view.n_frames,
        label=view.label,
        verdict=VERDICTS[view.verdict],
        text=view.text,
        predicted=view.predicted,
        order=view.order,
    )


def show_video(view: View, uid: str) -> View:
    """Another video with the same filters; classes by choice were those of the video before."""
    return replace(view, uid=uid, focus=None, against=None, page=None)


def list_verdict(catalogue: Catalogue, view: View, verdict: str) -> View:
    """Filter by verdict; go to the first video of the list unless the current one is in it."""
    view = replace(view, verdict=verdict, page=None)
    uids = listed(catalogue, view)
    return view if view.uid is None or view.uid in uids or not uids else show_video(view, uids[0])


def page_of(view: View, uids: Sequence[str]) -> int:
    """Number of the page of the list, from 1: that of the view, or the one with the current video."""
    if view.page is not None:
        return view.page
    return uids.index(view.uid) // LISTED + 1 if view.uid is not None and view.uid in uids else 1


def step(catalogue: Catalogue, view: View, by: int) -> View:
    """Go on by some videos of the list, or back; the first follows the last, and any video that is not listed."""
    uids = listed(catalogue, view)
    if not uids:
        return view
    start = uids.index(view.uid) if view.uid in uids else -1 if by > 0 else 0
    return show_video(view, uids[(start + by) % len(uids)])


def to_query(view: View) -> str:
    """The view as the query of a URL, with its question mark."""
    return "?" + urlencode({name: value for name, value in _parameters(view).items() if value})


def to_change(before: View, after: View) -> str:
    """The parameters to set in the query of one view to get another; "name=" removes a parameter.

    Controls on the page hold changes rather than views, so that other changes made before the answer comes are kept.
    """
    old = _parameters(before)
    return urlencode({name: value for name, value in _parameters(after).items() if value != old[name]})


def _parameters(view: View) -> dict[str, str]:
    return {
        "video": view.uid or "",
        "n": str(view.n_frames),
        "why": view.mode or "",
        "focus": _text(view.focus),
        "against": _text(view.against),
        "twin": "" if view.twin == "aligned" else view.twin,
        "scale": "own" if view.own_scale else "",
        "class": _text(view.label),
        "filter": "" if view.verdict == "all" else view.verdict,
        "predicted": "" if view.predicted is None else ".".join(map(str, view.predicted)),
        "sort": view.order or "",
        "q": view.text,
        "page": _text(view.page),
    }


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def from_query(catalogue: Catalogue, query: str | None) -> tuple[View, list[str]]:
    """Read the view from the query of a URL.

    Parameters that are missing have defaults, and so have invalid ones, with a notice for each. `step`, which is in no
    address, goes on from the video by so many of the list: the browser counts presses for which there is no answer yet.
    """
    parameters = {name: values[-1] for name, values in parse_qs((query or "").lstrip("?")).items()}
    notices = []

    label = _number(parameters.get("class"), range(len(catalogue.class_names)))
    if label is not None and not catalogue.videos_per_class[label]:
        notices.append(f"There is no video of “{catalogue.class_names[label]}”; all classes are listed.")
        label = None
    elif "class" in parameters and label is None:
        notices.append(f"There is no class {_quoted(parameters['class'])}; all classes are listed.")
    verdict = parameters.get("filter", "all")
    if verdict not in VERDICTS:
        notices.append(f"There is no filter {_quoted(verdict)}; all videos are listed.")
        verdict = "all"
    n_frames = _number(parameters.get("n"), catalogue.n_frames) or catalogue.n_frames[-1]
    if "n" in parameters and str(n_frames) != parameters["n"]:
        notices.append(f"There are no results for {_quoted(parameters['n'])} frames; {n_frames} are shown.")
    order = parameters.get("sort")
    if order is not None and (order not in ORDERS or not catalogue.has_overview):
        notices.append(f"There is no order {_quoted(order)}; videos are in the order of the results.")
        order = None
    predicted = _prediction(catalogue, parameters.get("predicted"))
    if "predicted" in parameters and predicted is None:
        notices.append(f"There is no prediction {_quoted(parameters['predicted'])}; all videos are listed.")
    text = parameters.get("q", "")[:200]
    start = View(None, n_frames, label=label, verdict=verdict, predicted=predicted, order=order, text=text)
    uid = parameters.get("video")
    if uid is not None and catalogue.video(uid) is None:
        notices.append(f"There is no video {_quoted(uid)} in these results; another one is shown.")
        uid = None
    if uid is None and ("video" in parameters or not catalogue.has_overview):
        uid = (listed(catalogue, start) or catalogue.uids)[0]
    mode = parameters.get("why")
    if mode is not None and mode not in MODES:
        notices.append(f"There is no explanation {_quoted(mode)}; choose one of {', '.join(MODES)}.")
        mode = None
    focus, against = (_number(parameters.get(name), range(len(catalogue.class_names))) for name in ("focus", "against"))
    for name, class_id in (("focus", focus), ("against", against)):
        if name in parameters and class_id is None:
            notices.append(f"There is no class {_quoted(parameters[name])} to explain.")
    twin = parameters.get("twin", "aligned")
    if twin not in TWINS:
        notices.append(f"There is no way {_quoted(twin)} to show a twin; choose one of {', '.join(TWINS)}.")
        twin = "aligned"
    own_scale = parameters.get("scale") == "own"
    view = replace(start, uid=uid, mode=mode, focus=focus, against=against, twin=twin, own_scale=own_scale)
    page = None
    if "page" in parameters:
        n_pages = -(-len(listed(catalogue, start)) // LISTED)
        page = _number(parameters["page"], range(1, n_pages + 1))
        if page is None:
            notices.append(f"The list has no page {_quoted(parameters['page'])}.")
    view = replace(view, page=page)
    steps = parameters.get("step", "")
    by = _number(steps.removeprefix("-"), range(1, 10_000))
    return (view if by is None else step(catalogue, view, -by if steps.startswith("-") else by)), notices


def _prediction(catalogue: Catalogue, text: str | None) -> tuple[int, int] | None:
    """Parse the index of a model and the id of a class: 0.3."""
    model, _, class_id = (text or "").partition(".")
    found = _number(model, range(len(catalogue.models))), _number(class_id, range(len(catalogue.class_names)))
    return None if None in found else found  # type: ignore[return-value]


def _number(text: str | None, allowed: Container[int]) -> int | None:
    """Parse an allowed number; None for any other text."""
    plain = text is not None and text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if plain and int(text) in allowed else None  # type: ignore[arg-type]


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 40 else text[:40] + '…'}”"
