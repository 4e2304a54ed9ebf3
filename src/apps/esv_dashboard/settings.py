"""Settings of the dashboard."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from esv_dashboard.uploads.explainer import DEMO_CONFIG
from play_fair.errors import UserError, shown

_MAX_PORT = 65535
_MAX_MEGABYTES = 10**6


@dataclass(frozen=True)
class Settings:
    """Paths of the data, the address to listen on, and limits."""

    results: tuple[Path, ...]
    """Results files, collated or not; several are shown side by side."""
    videos: Path
    """Folder of {uid}.webm."""
    classes: Path
    """csv of name,id."""
    host: str = "127.0.0.1"
    """Address to listen on; under a WSGI server, which listens itself, only `loopback` depends on it."""
    port: int = 8080
    debug: bool = False
    cache_megabytes: int = 256
    """Memory limit of decoded frames."""
    uploads: bool = False
    """Whether users may upload videos."""
    uploads_config: Path = DEMO_CONFIG
    """Config of the feature model that explains uploads."""
    upload_megabytes: int = 200
    """Size of the largest upload."""
    upload_seconds: int = 600
    """Seconds without progress after which an upload is no longer explained."""
    report: Path | None = None
    """Report of script 09, to which the page links once it is there."""
    groups: Path | None = None
    """Which videos are not independent, such as a clip and its reversal: a csv uid,group, or decisive-frames.json."""

    def __post_init__(self) -> None:
        if self.upload_seconds < 1:
            raise UserError(f"expected 1 second or more for uploads to make progress in, got {self.upload_seconds}")

    @property
    def loopback(self) -> bool:
        """Whether the dashboard listens on this machine only; then requests must be addressed to it."""
        return self.host == "localhost" or self.host == "::1" or self.host.startswith("127.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Settings from ESV_RESULTS (several: separated as in PATH), ESV_VIDEOS, ESV_CLASSES, and, where they are
        set, ESV_GROUPS, ESV_REPORT, ESV_HOST, ESV_PORT, ESV_CACHE_MEGABYTES, ESV_UPLOADS (1 or 0), ESV_UPLOADS_CONFIG,
        ESV_UPLOAD_MEGABYTES and ESV_UPLOAD_SECONDS.

        Raises:
            UserError: one of the first three is not set, or a number is out of range.
        """
        named = {name: environment.get(name, "") for name in ("ESV_RESULTS", "ESV_VIDEOS", "ESV_CLASSES")}
        if missing := [name for name, text in named.items() if not text.strip(os.pathsep)]:
            raise UserError(
                f"expected the environment variable {missing[0]}; ESV_RESULTS names the results files "
                f"(separated by '{os.pathsep}'), ESV_VIDEOS the folder of videos, ESV_CLASSES the classes csv"
            )
        return cls(
            results=tuple(Path(path) for path in named["ESV_RESULTS"].split(os.pathsep) if path),
            videos=Path(named["ESV_VIDEOS"]),
            classes=Path(named["ESV_CLASSES"]),
            groups=Path(environment["ESV_GROUPS"]) if environment.get("ESV_GROUPS") else None,
            report=Path(environment["ESV_REPORT"]) if environment.get("ESV_REPORT") else None,
            host=environment.get("ESV_HOST") or cls.host,
            port=_whole_number(environment, "ESV_PORT", cls.port, _MAX_PORT),
            cache_megabytes=_whole_number(environment, "ESV_CACHE_MEGABYTES", cls.cache_megabytes),
            uploads=bool(_whole_number(environment, "ESV_UPLOADS", cls.uploads, 1)),
            uploads_config=Path(environment.get("ESV_UPLOADS_CONFIG") or cls.uploads_config),
            upload_megabytes=_whole_number(environment, "ESV_UPLOAD_MEGABYTES", cls.upload_megabytes),
            upload_seconds=_whole_number(environment, "ESV_UPLOAD_SECONDS", cls.upload_seconds),
        )


def _whole_number(environment: Mapping[str, str], name: str, default: int, most: int = _MAX_MEGABYTES) -> int:
    text = environment.get(name) or str(int(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > most:
        raise UserError(
            f"expected a whole number from 0 to {most} in the environment variable {name}, got {shown(text, 40)}"
        )
    return int(text)
