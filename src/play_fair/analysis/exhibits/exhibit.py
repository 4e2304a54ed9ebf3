"""What an exhibit is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Exhibit:
    """One thing to show. Nothing is drawn where the table is empty."""

    name: str
    """Of its files."""
    title: str
    reading: str
    """How it is measured and to be read; the same for all data."""
    table: pd.DataFrame
    sentences: Sequence[str]
    """What the table says, made of its numbers."""
    draw: Callable[[pd.DataFrame, bool], Figure]
    """The figure of the table, wide or (True) narrow."""
    missing: str = "There is nothing to show."
    """Why the table may be empty."""
