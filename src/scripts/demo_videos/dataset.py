"""Generate the demo dataset: videos and labels laid out as Something-Something v2 is."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demo_videos.encode import encode_twins
from demo_videos.motions import PAIRS
from demo_videos.render import render_clip
from play_fair.errors import UserError
from play_fair.files import read_json, write_json
from play_fair.jobs import THIS_PROCESS, Bar, Engine, Job, OnItems, no_bar, run_job
from play_fair.labels import class_name_of

SPLITS = ("train", "validation", "test")

Annotations = dict[str, dict[str, Any]]
"""uid -> split, template, placeholders and motion of a video."""

_CLIPS_PER_SHARD = 8
_RECIPE = 1
"""Version of the rendering: a dataset of another version is replaced."""


@dataclass(frozen=True)
class DemoSettings:
    """Settings of the dataset, which determine its bytes.

    Args:
        seed: of every random choice.
        n_train, n_validation, n_test: videos in each split; multiples of 10, so that all classes are as frequent.
        fps: frames per second.
        min_frames, max_frames: lengths of the videos.
        crf: VP9's constant rate factor, 0 (best) to 63.
    """

    seed: int = 0
    n_train: int = 1200
    n_validation: int = 200
    n_test: int = 200
    fps: int = 12
    min_frames: int = 24
    max_frames: int = 36
    crf: int = 34

    def __post_init__(self) -> None:
        n_classes = 2 * len(PAIRS)
        for name, n_videos in self.n_videos().items():
            if n_videos < n_classes or n_videos % n_classes:
                raise UserError(
                    f"expected a multiple of {n_classes} {name} videos, as many of each class, got {n_videos}"
                )
        if self.seed < 0:
            raise UserError(f"expected a seed of 0 or more, got {self.seed}")
        if not 18 <= self.min_frames <= self.max_frames:
            raise UserError(
                f"expected 18 <= min_frames <= max_frames, got min_frames {self.min_frames} "
                f"and max_frames {self.max_frames}: an action needs room in the clip"
            )

    def n_videos(self) -> dict[str, int]:
        """Videos in each split."""
        return dict(zip(SPLITS, (self.n_train, self.n_validation, self.n_test), strict=True))


@dataclass(frozen=True)
class ClipPlan:
    """A clip of action pair `pair`, rendered as video `forwards` and, reversed, as video `backwards`."""

    split: str
    index: int
    pair: int
    forwards: str
    backwards: str

    @property
    def uids(self) -> tuple[str, str]:
        """Of both videos."""
        return self.forwards, self.backwards


def plan_clips(settings: DemoSettings) -> list[ClipPlan]:
    """All clips of the dataset; twins are in the same split, and ids are independent of the class."""
    ids = iter(np.random.default_rng(settings.seed).permutation(sum(settings.n_videos().values())) + 1)
    return [
        ClipPlan(split, index, index % len(PAIRS), str(next(ids)), str(next(ids)))
        for split, n_videos in settings.n_videos().items()
        for index in range(n_videos // 2)
    ]


def class_ids() -> dict[str, int]:
    """Class name -> id, in alphabetical order as in Something-Something v2."""
    templates = [template for pair in PAIRS for template in (pair.forwards, pair.backwards)]
    return {name: i for i, name in enumerate(sorted(map(class_name_of, templates)))}


@dataclass(frozen=True)
class _ClipsJob(Job[Annotations]):
    """A shard is the videos of some clips; its result is their annotations."""

    folder: Path
    demo: DemoSettings
    plans: list[list[ClipPlan]]

    def files(self, index: int) -> list[Path]:
        return [self.folder / "videos" / f"{uid}.webm" for plan in self.plans[index] for uid in plan.uids]

    def is_made(self) -> bool:
        if not self.output.exists() or read_json(self.output).get("settings") != self.settings:
            return False
        labels = [self.folder / "labels" / f"{name}.json" for name in (*SPLITS, "labels")]
        videos = [path for index in range(len(self.plans)) for path in self.files(index)]
        return all(path.exists() for path in (*labels, *videos))

    def write(self, indices: Iterator[int], device: str, on_items: OnItems) -> Iterator[tuple[int, Annotations]]:
        self.output.unlink(missing_ok=True)  # it marks a complete dataset of one setting
        for index in indices:
            annotations: Annotations = {}
            for plan in self.plans[index]:
                annotations.update(_make_twins(self.folder / "videos", self.demo, plan))
                on_items(2)
            yield index, annotations

    def merge(self, results: Sequence[Annotations]) -> None:
        videos = {uid: entry for annotations in results for uid, entry in annotations.items()}
        _remove_other_videos(self.folder / "videos", videos)
        _write_labels(self.folder / "labels", videos)
        write_json(self.output, {"settings": self.settings, "videos": _decisive_frames(videos)})


def make_demo_dataset(
    folder: Path | str, settings: DemoSettings, engine: Engine = THIS_PROCESS, bar: Bar = no_bar
) -> Path:
    """Make the dataset in `folder`, or resume an unfinished one.

    The same settings give the same bytes. labels/decisive-frames.json is written last: the settings and, for each
    video, the frames of the action. A dataset of the same settings is left as it is, one of others is replaced.

    Args:
        engine: where the videos are made.
        bar: shows the number of finished videos.

    Returns:
        The path of decisive-frames.json.

    Raises:
        UserError: the unfinished job has other settings, photographs or ffmpeg are missing, or encoding failed.
    """
    folder = Path(folder)
    output = folder / "labels" / "decisive-frames.json"
    plans = plan_clips(settings)
    identity = {"recipe": _RECIPE, **asdict(settings)}
    batches = [plans[i : i + _CLIPS_PER_SHARD] for i in range(0, len(plans), _CLIPS_PER_SHARD)]
    sizes = [2 * len(batch) for batch in batches]
    run_job(_ClipsJob(output, identity, sizes, folder, settings, batches), engine, bar=bar)
    return output


def _make_twins(videos_dir: Path, settings: DemoSettings, plan: ClipPlan) -> Iterator[tuple[str, dict[str, Any]]]:
    rng = np.random.default_rng([settings.seed, SPLITS.index(plan.split), plan.index])
    pair = PAIRS[plan.pair]
    clip = render_clip(rng, pair, int(rng.integers(settings.min_frames, settings.max_frames + 1)))
    forwards, backwards = (videos_dir / f"{uid}.webm" for uid in (plan.forwards, plan.backwards))
    encode_twins(clip.frames, forwards, backwards, settings.fps, settings.crf)
    for uid, twin, template, motion in (
        (plan.forwards, plan.backwards, pair.forwards, clip.motion),
        (plan.backwards, plan.forwards, pair.backwards, clip.motion.reversed()),
    ):
        placeholders = [clip.item, clip.cover][: template.count("[something]")]
        yield (
            uid,
            {
                "split": plan.split,
                "template": template,
                "placeholders": placeholders,
                "kind": clip.motion.kind,
                "n_frames": len(clip.frames),
                "decisive": list(motion.decisive),
                "twin": twin,
            },
        )


def _remove_other_videos(videos_dir: Path, videos: Annotations) -> None:
    """Remove the videos of an earlier dataset with other settings."""
    for path in videos_dir.glob("*.webm"):
        if path.stem not in videos:
            path.unlink()


def _write_labels(labels_dir: Path, videos: Annotations) -> None:
    for split in SPLITS:
        entries = [
            {
                "id": uid,
                "label": _sentence(video["template"], video["placeholders"]),
                "template": video["template"],
                "placeholders": video["placeholders"],
            }
            for uid, video in sorted(videos.items(), key=lambda item: int(item[0]))
            if video["split"] == split
        ]
        write_json(labels_dir / f"{split}.json", entries)
    write_json(labels_dir / "labels.json", {name: str(i) for name, i in class_ids().items()})


def _sentence(template: str, placeholders: list[str]) -> str:
    """The template with its placeholders filled in, in lower case as in Something-Something v2."""
    for placeholder in placeholders:
        template = template.replace("[something]", placeholder, 1)
    return template[0].lower() + template[1:]


def _decisive_frames(videos: Annotations) -> Annotations:
    keys = ("split", "kind", "n_frames", "decisive", "twin")
    return {uid: {key: videos[uid][key] for key in keys} for uid in sorted(videos, key=int)}
