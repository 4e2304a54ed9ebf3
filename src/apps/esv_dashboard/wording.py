"""What is found, in words."""

from collections.abc import Sequence

import numpy as np

from esv_dashboard.catalogue import Explanation
from play_fair.formatting import plural, shortened, signed


def video_count(found: int, total: int) -> str:
    """12 of 200"""
    return plural(total, "video") if found == total else f"{found:,} of {total:,}"


def esv_caption(explanation: Explanation, class_id: int, name: str) -> str:
    """How many frames support a class, and which does most."""
    esvs = explanation.esvs[:, class_id].astype(np.float64)
    best, worst = int(esvs.argmax()), int(esvs.argmin())
    n_frames, n_supporting = len(esvs), int((esvs > 0).sum())
    if n_frames == 1:
        verb = "supports" if esvs[0] > 0 else "distracts from" if esvs[0] < 0 else "does nothing to"
        return f"The only frame {verb} “{shortened(name)}” ({signed(esvs[0])})."
    some = f"{n_supporting} of {n_frames} frames {'supports' if n_supporting == 1 else 'support'}"
    who = {0: "No frame supports", n_frames: f"All {n_frames} frames support"}.get(n_supporting, some)
    text = f"{who} “{shortened(name)}”"
    if esvs[best] > 0:
        text += (
            f"{':' if n_supporting == 1 else '; most of all'} frame {explanation.frames[best]} ({signed(esvs[best])})"
        )
    if esvs[worst] < 0:
        text += f"; frame {explanation.frames[worst]} distracts most ({signed(esvs[worst])})"
    return text + "."


def waterfall_caption(explanation: Explanation, class_id: int, name: str) -> str:
    """The sum in words."""
    total = float(explanation.esvs[:, class_id].sum())
    return (
        f"“{shortened(name)}”: prior {explanation.priors[class_id]:.3f} {'+' if total >= 0 else '−'} "
        f"{abs(total):.3f} from the frames = score {explanation.scores[class_id]:.3f}."
    )


def scales_caption(explanations: dict[int, Explanation], class_id: int, name: str) -> str:
    """How the score changes with the number of frames."""
    numbers = sorted(explanations)
    first, last = explanations[numbers[0]].scores[class_id], explanations[numbers[-1]].scores[class_id]
    if len(numbers) == 1:
        return f"There are results for {plural(numbers[0], 'frame')} only."
    return (
        f"The score of “{shortened(name)}” goes from {first:.3f} with {plural(numbers[0], 'frame')} to {last:.3f} "
        f"with {plural(numbers[-1], 'frame')}."
    )


def interactions_caption(values: np.ndarray, frames: Sequence[int], name: str) -> str:
    """Which two frames gain or lose most from each other."""
    pairs = np.abs(np.triu(values, k=1))
    if not pairs.any():
        return f"No two frames depend on each other for “{shortened(name)}”."
    i, j = map(int, np.unravel_index(int(pairs.argmax()), pairs.shape))
    what = "add to" if values[i, j] > 0 else "take from"
    return f"Frames {frames[i]} and {frames[j]} {what} each other's effect most ({signed(float(values[i, j]))})."
