"""A figure of the report with its table, caption and summary."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Exhibit:
    """A figure of the report and its table. Exhibits with an empty table are not drawn.

    Attributes:
        name: of the files.
        caption: how the numbers are measured; the same for all data.
        table: what is drawn; tidy.
        summary: formatted rows, text by column, of the numbers to read and of differences.
        draw: draws the table, narrow or (False) wide.
        finding: a sentence that leads the report; "" for none.
        missing: shown in place of an empty table.
        is_null: whether all differences that it is about are compatible with 0.
    """

    name: str
    title: str
    caption: str
    table: pd.DataFrame
    summary: Sequence[Mapping[str, str]]
    draw: Callable[[pd.DataFrame, bool], Figure]
    finding: str = ""
    missing: str = "There is nothing to show."
    is_null: bool = False

    @property
    def leads(self) -> bool:
        """Whether there is a finding to lead the report with."""
        return bool(self.finding) and not self.is_null and not self.table.empty

    @property
    def header(self) -> list[str]:
        """Columns of the summary."""
        return list(dict.fromkeys(column for row in self.summary for column in row))

    @property
    def rows(self) -> list[list[str]]:
        """Cells of the summary; – where a row has no such column."""
        return [[row.get(column, "–") for column in self.header] for row in self.summary]
