"""Read a split from videos in one folder for each class: videos/CLASS/NAME.mp4."""

from pathlib import Path

from play_fair.errors import UserError
from play_fair.labels import read_classes_csv
from play_fair.videos.split import LabelledVideo, Split
from play_fair.videos.uids import require_plain_uid

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".ts", ".webm", ".wmv"}
)
"""Suffixes of video files; other files are ignored."""


def read_class_folders(videos_dir: Path | str, classes_csv: Path | None = None) -> Split:
    """Read the videos of `videos_dir`, ordered by class and name. The uid of a video is CLASS-NAME, without suffix.

    Args:
        classes_csv: class ids, the same for all splits of a dataset. None (the first split): number the classes from 0
            in alphabetical order.

    Raises:
        UserError: the folder is missing or has no videos in folders, a class is not in `classes_csv`, or two videos
            have the same uid.
    """
    videos_dir = Path(videos_dir)
    if not videos_dir.is_dir():
        raise UserError(f"expected a folder of videos at {videos_dir}, but there is none")
    files = [
        file
        for folder in sorted(path for path in videos_dir.iterdir() if path.is_dir() and path.name[0] != ".")
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in VIDEO_SUFFIXES and file.name[0] != "."
    ]
    if not files:
        raise UserError(f"expected videos in folders of classes, {videos_dir}/CLASS/NAME.mp4, but there are none")
    names = sorted({file.parent.name for file in files})
    class_ids = read_classes_csv(classes_csv) if classes_csv else {name: number for number, name in enumerate(names)}
    if unknown := [name for name in names if name not in class_ids]:
        raise UserError(
            f"{videos_dir} has the class {unknown[0]!r}, which is not in {classes_csv}; gulp the split with all "
            f"classes first, or delete {classes_csv} and the gulp folders beside it"
        )
    videos: dict[str, LabelledVideo] = {}
    for file in files:
        uid = require_plain_uid(f"{file.parent.name}-{file.stem}", videos_dir)
        place = file.relative_to(videos_dir).as_posix()
        if uid in videos:
            raise UserError(f"expected different names, but {videos[uid].file} and {place} would both be video {uid}")
        videos[uid] = LabelledVideo(uid, file.parent.name, class_ids[file.parent.name], place)
    return Split(list(videos.values()), class_ids)
