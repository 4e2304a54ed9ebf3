"""What is on the screen, as a value: every control changes it, and the URL is its text."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

from esv_dashboard.catalogue import CORRECT, MIXED, WRONG, Catalogue
from esv_dashboard.theme import MAX_LINES

VERDICTS = {"all": None, "correct": CORRECT, "wrong": WRONG, "mixed": MIXED}
LISTED = 50
"""Videos on a page of the list."""


@dataclass(frozen=True)
class View:
    """A video, the frames fed to the models, the classes shown; and the filters of the list it was picked from."""

    uid: str
    n_frames: int
    classes: tuple[int, ...]
    """Class ids with a line in the ESV plot; at least one."""
    focus: int
    """The one of them that film strip, sum and heat maps are about."""
    label: int | None = None
    """Only videos of this class are listed; None: all."""
    verdict: str = "all"
    """Only videos the models got "correct" or "wrong", or on which they disagree ("mixed"); or "all"."""
    text: str = ""
    """Only videos with these words in uid or class name."""
    page: int | None = None
    """Which page of the list is shown, from 1; None: the one that the video is on."""


def _telling_classes(catalogue: Catalogue, uid: str, n_frames: int) -> tuple[int, ...]:
    """The true class, and what the models say instead."""
    video = catalogue.video(uid)
    assert video is not None
    said = [model.explain(uid, n_frames) for model in catalogue.models]
    wanted = [video.label, *(explanation.predicted for explanation in said if explanation is not None)]
    return tuple(dict.fromkeys(wanted))[:MAX_LINES]


def listed(catalogue: Catalogue, view: View) -> list[int]:
    """Positions of the videos that the filters let through."""
    return catalogue.find(view.n_frames, label=view.label, verdict=VERDICTS[view.verdict], text=view.text)


def show_video(catalogue: Catalogue, view: View, uid: str) -> View:
    """The same filters on another video; its own true and predicted classes."""
    classes = _telling_classes(catalogue, uid, view.n_frames)
    return replace(view, uid=uid, classes=classes, focus=classes[0], page=None)


def list_verdict(catalogue: Catalogue, view: View, verdict: str) -> View:
    """The videos the models got right, or wrong; on the first of them, unless this one is among them."""
    view = replace(view, verdict=verdict, page=None)
    uids = [catalogue.uids[position] for position in listed(catalogue, view)]
    return view if view.uid in uids or not uids else show_video(catalogue, view, uids[0])


def page_of(view: View, uids: Sequence[str]) -> int:
    """The page of the list that is shown, from 1; of a video that is not listed, the first."""
    if view.page is not None:
        return view.page
    return uids.index(view.uid) // LISTED + 1 if view.uid in uids else 1


def step(catalogue: Catalogue, view: View, by: int) -> View:
    """The next (1) or previous (-1) video of the list; around its ends."""
    uids = [catalogue.uids[position] for position in listed(catalogue, view)]
    if not uids:
        return view
    if view.uid not in uids:
        return show_video(catalogue, view, uids[0])
    return show_video(catalogue, view, uids[(uids.index(view.uid) + by) % len(uids)])


def can_toggle(view: View, class_id: int) -> bool:
    """Whether a class can be added to the ESV plot, or taken out: there is room for `MAX_LINES`, and one stays."""
    return len(view.classes) > 1 if class_id in view.classes else len(view.classes) < MAX_LINES


def to_query(view: View) -> str:
    """The view as the query of a URL, with its question mark."""
    return "?" + urlencode({name: value for name, value in _parameters(view).items() if value})


def to_change(before: View, after: View) -> str:
    """What is to be set in the query of one view to come to another; "name=" stands for what is to be taken out.

    Controls on the page are changes rather than views: whatever else a person changes before the page is there anew
    stays changed.
    """
    old = _parameters(before)
    return urlencode({name: value for name, value in _parameters(after).items() if value != old[name]})


def _parameters(view: View) -> dict[str, str]:
    return {
        "video": view.uid,
        "n": str(view.n_frames),
        "show": ".".join(map(str, view.classes)),
        "focus": str(view.focus),
        "class": "" if view.label is None else str(view.label),
        "filter": "" if view.verdict == "all" else view.verdict,
        "q": view.text,
        "page": "" if view.page is None else str(view.page),
    }


def from_query(catalogue: Catalogue, query: str | None) -> tuple[View, list[str]]:
    """The view of a URL's query. What is missing in it has defaults; so has what is unknown, with a notice for each."""
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
    start = View("", n_frames, (), 0, label, verdict, parameters.get("q", "")[:200])
    uid = parameters.get("video", "")
    if catalogue.video(uid) is None:
        positions = listed(catalogue, start) or [0]
        if uid:
            notices.append(f"There is no video {_quoted(uid)} in these results; another one is shown.")
        uid = catalogue.uids[positions[0]]
    view = show_video(catalogue, start, uid)
    if "show" in parameters:
        named = [_number(text, range(len(catalogue.class_names))) for text in parameters["show"].split(".")]
        classes = tuple(dict.fromkeys(class_id for class_id in named if class_id is not None))
        if len(classes) != len(named) or len(classes) > MAX_LINES:
            notices.append(f"Not all of the classes {_quoted(parameters['show'])} can be shown.")
        classes = classes[:MAX_LINES] or view.classes
        view = replace(view, classes=classes, focus=classes[0])
    focus = _number(parameters.get("focus"), view.classes)
    if "focus" in parameters and focus is None:
        notices.append(f"The class {_quoted(parameters['focus'])} is not among those shown.")
    page = None
    if "page" in parameters:
        n_pages = -(-len(listed(catalogue, start)) // LISTED)
        page = _number(parameters["page"], range(1, n_pages + 1))
        if page is None:
            notices.append(f"The list has no page {_quoted(parameters['page'])}.")
    return replace(view, focus=view.focus if focus is None else focus, page=page), notices


def _number(text: str | None, allowed: Container[int]) -> int | None:
    """The number that a text says, if it is an allowed one."""
    plain = text is not None and text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if plain and int(text) in allowed else None  # type: ignore[arg-type]


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 40 else text[:40] + '…'}”"
