"""What pyproject.toml cannot say: the README with absolute links, and the addresses of the project."""

import re
from pathlib import Path

from setuptools import setup

REPOSITORY = ""
"""Set this before the first release: the address of the repository, such as https://host/owner/play-fair. Without it,
links to files of the repository become plain text, and its pictures are left out."""

PAPER = "https://arxiv.org/abs/2011.12372"

_CODE = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def with_absolute_links(markdown: str, repository: str) -> str:
    """The text with its relative links made absolute; without a `repository`, only their text is kept."""
    blocks = _CODE.split(markdown)
    blocks[::2] = [_LINK.sub(lambda link: _absolute(link, repository), prose) for prose in blocks[::2]]
    return re.sub(r"\n{3,}", "\n\n", "".join(blocks))


def _absolute(link: re.Match[str], repository: str) -> str:
    picture, text, target = link["picture"], link["text"], link["target"]
    if re.match(r"[a-z]+:", target):
        return link[0]
    if not repository:
        return "" if picture else text
    address = target if target.startswith("#") else f"/{'raw' if picture else 'blob'}/main/{target}"
    return f"{picture}[{text}]({repository}{address})"


if __name__ == "__main__":
    setup(
        long_description=with_absolute_links(Path(__file__).with_name("README.md").read_text("utf-8"), REPOSITORY),
        long_description_content_type="text/markdown",
        project_urls={"Paper": PAPER} | ({"Repository": REPOSITORY} if REPOSITORY else {}),
    )
