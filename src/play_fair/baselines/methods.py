"""The methods that are compared, by name."""

from dataclasses import dataclass

from play_fair.baselines.ablation import BEST

N_STEPS = 32
"""Steps of Integrated Gradients; the error of the sum is 4e-4 on the demo."""

ESV = "esv"


@dataclass(frozen=True)
class Method:
    """An attribution method.

    Attributes:
        title: for tables and figures.
        shares: whether attributions have the unit of the score, so that their sum can be compared with it.
    """

    title: str
    shares: bool = True


METHODS = {
    ESV: Method("ESV"),
    "leave-one-out": Method("leave one out"),
    "alone": Method("frame alone"),
    "one-order": Method("one random order"),
    "kernel-shap": Method("KernelSHAP"),
    "ig": Method("IG (mean frame)"),
    "ig-zero": Method("IG (zero)"),
    "gradient-x-input": Method("Gradient x Input"),
    "grad-cam": Method("Grad-CAM", shares=False),
    "grad-cam-signed": Method("signed Grad-CAM", shares=False),
    "attention-rollout": Method("attention rollout", shares=False),
    "uniform": Method("uniform"),
    "middle": Method("middle frame", shares=False),
    "random": Method("random", shares=False),
}
"""In the order of tables and figures."""


def title_of(method: str, exact: bool = True) -> str:
    """Return the title of a method, or of the best possible orders.

    Args:
        exact: whether ESVs are.
    """
    if method == BEST:
        return "best possible order"
    return f"exact {METHODS[ESV].title}" if method == ESV and exact else METHODS[method].title
