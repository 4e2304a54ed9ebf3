"""Links from a report to the pages of its videos, which are added where there are such pages.

The report by itself is one file, to be sent; it only marks the places.
"""

import re
from collections.abc import Callable
from html import escape, unescape

_MARK = re.compile(r'<span data-model="([^"]*)" data-uid="([^"]*)">(.*?)</span>')
"""As in templates/analysis.html."""


def link_videos(report: str, address: Callable[[str, str], str | None]) -> str:
    """Make links of the names of videos in the HTML of a report.

    Args:
        address: of the page of a video, by name of the model and uid; None: there is no such page.
    """

    def link(mark: re.Match[str]) -> str:
        found = address(unescape(mark[1]), unescape(mark[2]))
        return mark[3] if found is None else f'<a href="{escape(found)}">{mark[3]}</a>'

    return _MARK.sub(link, report)
