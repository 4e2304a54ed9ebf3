"""Many videos, one after the other: a page for each, an index of all, and one results file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

import numpy as np

from play_fair.errors import UserError, shown
from play_fair.explanation import Explanation
from play_fair.files import atomic_path, first_bytes, make_folder, remove, write_json
from play_fair.formatting import duration
from play_fair.frame_sampling import ALL_FRAMES
from play_fair.html_page import data_uri
from play_fair.labels import find_class, write_classes_csv
from play_fair.results import EsvResults
from play_fair.video_page.clip import MOST_FRAMES, Clip, open_clip
from play_fair.video_page.model import VideoModel
from play_fair.video_page.report import IndexEntry, index_entry, index_page, shown_classes, video_page
from play_fair.video_page.tables import to_csv, to_json
from play_fair.videos.class_folders import VIDEO_SUFFIXES
from play_fair.videos.ffmpeg import BrokenVideoError
from play_fair.videos.uids import MAX_BYTES

_RESERVED = frozenset({"classes", "index"})
"""Names of files that are not of one video."""


@dataclass(frozen=True)
class ExplanationReport:
    """Outcome of one run."""

    output: Path
    """What to open: the page of the only video, or the index of several."""
    explained: Mapping[Path, str] = field(default_factory=dict)
    """Video -> prediction of the model."""
    failed: Mapping[Path, str] = field(default_factory=dict)
    """Video -> reason."""

    def show(self) -> None:
        """Tell it on stdout, and in the last line where the output is."""
        for source, words in self.explained.items():
            print(f"{source}: {words}")
        if self.explained or len(self.failed) > 1:
            for source, reason in self.failed.items():
                print(f"{source}: not explained, {reason}")
        if self.explained:
            print(f"Explanation: {self.output}")

    def require_success(self) -> None:
        """Raise a UserError unless every video is explained."""
        if not self.failed:
            return
        source, reason = next(iter(self.failed.items()))
        if len(self.failed) == 1 and not self.explained:
            raise UserError(f"cannot explain {source}: {reason}")
        total = len(self.failed) + len(self.explained)
        raise UserError(f"{len(self.failed)} of {total} videos failed, for the reasons above; the others are done")


def find_videos(paths: Sequence[Path]) -> list[Path]:
    """The files among `paths`, and the videos in the folders among them, in the order of their names; each once.

    Raises:
        UserError: there is nothing at a path, or a folder has no videos.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise UserError(f"expected a video or a folder of videos at {path}, but there is nothing")
        if not path.is_dir():
            found.append(path)
            continue
        videos = sorted(file for file in path.iterdir() if file.suffix.lower() in VIDEO_SUFFIXES and file.is_file())
        if not videos:
            raise UserError(
                f"expected videos in the folder {path}: files ending in {', '.join(sorted(VIDEO_SUFFIXES))}"
            )
        found += videos
    return list(dict.fromkeys(found))


def explain_videos(
    model: VideoModel,
    sources: Sequence[Path],
    output_dir: Path,
    n_frames: int | None = None,
    class_names: Sequence[str] = (),
    attrs: Mapping[str, object] | None = None,
    on_stage: Callable[[str], object] = lambda words: None,
    on_video: Callable[[], object] = lambda: None,
) -> ExplanationReport:
    """Explain videos with one model and write, into `output_dir`, of each NAME.html, NAME.csv and NAME.json.

    Besides, what the dashboard opens: results.pkl of all videos of this run, videos/NAME.webm and classes.csv; and
    index.html if there are several. A video that cannot be explained is in the report; the others are done.

    Args:
        n_frames: evenly spread frames of each video that the model sees, or `ALL_FRAMES`; None: `model.n_frames`.
        class_names: classes to show besides the most likely ones.
        attrs: what goes into the results as their provenance.
        on_stage: called with what is being done, often; for progress.
        on_video: called after each video.

    Raises:
        UserError: there are too few or too many frames, or a class is not one of the model's.
    """
    n_frames = model.n_frames if n_frames is None else n_frames
    if n_frames != ALL_FRAMES and not 1 <= n_frames <= MOST_FRAMES:
        raise UserError(f"expected 1 to {MOST_FRAMES} frames, or {ALL_FRAMES} for all, got {n_frames}")
    asked = [find_class(name, model.class_names) for name in class_names]
    make_folder(output_dir / "videos")
    explained: dict[Path, Explanation] = {}
    entries: dict[Path, IndexEntry] = {}
    damage: dict[Path, str | None] = {}
    failed: dict[Path, str] = {}

    def decoding(done: int, total: int) -> None:
        on_stage(f"{source.name}: decoding {done:,} of {total:,} frames")

    for source, uid in zip(sources, _uids(sources), strict=True):
        preview = output_dir / "videos" / f"{uid}.webm"
        try:
            clip = open_clip(source, preview, uid, n_frames, decoding)
            on_stage(f"{source.name}: explaining {len(clip.frame_idxs)} frames")
            explanation, thumbnails = model.explain(clip, _evaluating(source.name, on_stage))
            # A player of several frames stands at its middle one.
            clip = replace(clip, frame_idxs=np.array(explanation.frame_idxs))
            _write(explanation, clip, thumbnails, asked, output_dir)
            explained[source] = explanation
            entries[source] = index_entry(explanation, clip, thumbnails)
            damage[source] = clip.damage
        except (UserError, OSError, MemoryError) as error:
            failed[source] = error.reason if isinstance(error, BrokenVideoError) else shown(error)
            remove(preview)
        on_video()
    if explained:
        results = EsvResults.from_explanations(
            list(explained.values()),
            uids=[entry.uid for entry in entries.values()],
            attrs={"model": model.name, "dataset": model.dataset, **(attrs or {})},
        )
        results.save(output_dir / "results.pkl")
        write_classes_csv(output_dir / "classes.csv", {name: index for index, name in enumerate(model.class_names)})
    if len(sources) > 1:
        reasons = [(source.name, reason) for source, reason in failed.items()]
        _write_text(output_dir / "index.html", index_page(list(entries.values()), reasons))
    only = next(iter(entries.values())).uid if len(sources) == 1 and entries else "index"
    return ExplanationReport(
        output=output_dir / f"{only}.html",
        explained={
            source: entry.verdict + (f" The file is damaged ({damage[source]})." if damage[source] else "")
            for source, entry in entries.items()
        },
        failed=failed,
    )


def _evaluating(name: str, on_stage: Callable[[str], object]) -> Callable[[int, int], object]:
    """Tell how many evaluations of the model are done, and how long the others will take."""
    begin = monotonic()

    def show(done: int, total: int) -> None:
        left = (monotonic() - begin) * (total - done) / done
        on_stage(f"{name}: {done:,} of {total:,} evaluations of the model, {duration(left)} left")

    return show


def _write(
    explanation: Explanation, clip: Clip, thumbnails: Sequence[bytes], asked: Sequence[int], output_dir: Path
) -> None:
    shown = shown_classes(explanation, asked)
    video = data_uri(clip.preview.read_bytes(), "video/webm")
    pictures = [data_uri(jpeg, "image/jpeg") for jpeg in thumbnails]
    _write_text(output_dir / f"{clip.uid}.html", video_page(explanation, clip, video, pictures, asked))
    _write_text(output_dir / f"{clip.uid}.csv", to_csv(explanation, clip))
    write_json(output_dir / f"{clip.uid}.json", to_json(explanation, clip, shown))


def _write_text(path: Path, content: str) -> None:
    with atomic_path(path) as part:
        part.write_text(content, encoding="utf-8")


def _uids(sources: Iterable[Path]) -> list[str]:
    """A plain name for each video: that of its file, with a number where another has it."""
    taken = set(_RESERVED)
    uids = []
    for source in sources:
        stem = "".join(c if c.isprintable() and c not in '/\\?#%"<>|*:' else "-" for c in source.stem).strip(". ")
        stem = first_bytes(stem, MAX_BYTES - 10) or "video"  # room for a number
        candidates = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 2))]
        # Some file systems do not tell capitals.
        uid = next(name for name in candidates if name.lower() not in taken)
        taken.add(uid.lower())
        uids.append(uid)
    return uids
