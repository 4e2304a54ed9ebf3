"""Results of one or more models as a folder of static pages: an index, and a page for each video and model.

    index.html
    MODEL/UID.html          the page of one video, see `play_fair.video_page`
    videos/UID.webm
    frames/UID/INDEX.jpg    those that a model was given
    assets/                 css and js files
    report.html             of the analysis, if there is one

Links are relative, so that the folder can be served under any address.
"""

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from play_fair.analysis.groups import twins
from play_fair.analysis.study import Study
from play_fair.analysis.two_classes import two_classes
from play_fair.analysis.video_links import link_videos
from play_fair.errors import UserError
from play_fair.explanation import Explanation
from play_fair.files import atomic_path, make_folder, require_file, sha256_of
from play_fair.formatting import join_with_and, percent
from play_fair.html_page import asset, render
from play_fair.jobs import Bar, Engine, OnItems, Partition
from play_fair.overview import Confusion, ConfusionCell, accuracy_sentence, confusions, picks, swarm
from play_fair.results import EsvResults
from play_fair.video_page.clip import clip_of_results, thumbnail
from play_fair.video_page.report import Twin, video_page
from play_fair.videos.batch import BatchReport, Failures, VideoTask, run_tasks
from play_fair.videos.ffmpeg import BrokenVideoError, iter_frames, probe
from play_fair.videos.uids import require_plain_uid

INDEX = "index.html"
REPORT = "report.html"
ASSETS = "assets"
ASSET_FILES = (
    *("look.css", "report.css", "charts.css", "overview.css", "video.css", "videos.css"),
    *("player.js", "video.js", "swarm.js", "site.js"),
)

TOP = 5
"""Classes on the page of a video, besides the true one."""


@dataclass(frozen=True)
class SiteModel:
    """A model's results.

    Attributes:
        name: shown on pages.
        folder: of its pages, a plain name.
    """

    name: str
    folder: str
    results: EsvResults


@dataclass(frozen=True)
class PagesOfVideo(VideoTask):
    """The pages of one video."""

    uid: str
    source: Path
    site: Path
    explanations: Mapping[str, Explanation]
    """By folder of the model."""
    model_names: Mapping[str, str]
    """By folder of the model."""
    twin: str | None = None
    """uid of the other video of its pair."""
    explanations_of_twin: Mapping[str, Explanation] = field(default_factory=dict)
    """By folder of the model."""

    def is_done(self) -> bool:
        """Whether all files are there."""
        return all(path.exists() for path in self.outputs)

    def do(self, on_items: OnItems) -> Failures:
        """See `VideoTask.do`."""
        try:
            self._write()
        except (BrokenVideoError, UserError, OSError, MemoryError) as error:
            return {self.uid: error.reason if isinstance(error, BrokenVideoError) else str(error)}
        finally:
            on_items(1)
        return {}

    def _write(self) -> None:
        if not self.source.is_file():
            raise UserError(f"expected a video at {self.source}, but there is none")
        frame_rate = probe(self.source).frame_rate
        wanted = sorted({index for each in self.explanations.values() for index in each.frame_idxs})
        pictures = dict(zip(wanted, map(thumbnail, iter_frames(self.source, only=wanted)), strict=True))
        with atomic_path(self.site / "frames" / self.uid) as part:
            part.mkdir()
            for index, jpeg in pictures.items():
                (part / f"{index}.jpg").write_bytes(jpeg)
        with atomic_path(self.site / "videos" / f"{self.uid}.webm") as part:
            shutil.copyfile(self.source, part)
        for folder, explanation in self.explanations.items():
            page = video_page(
                explanation,
                clip_of_results(explanation, self.source, self.uid, frame_rate),
                f"../videos/{quote(self.uid)}.webm",
                [f"../frames/{quote(self.uid)}/{index}.jpg" for index in explanation.frame_idxs],
                asked=[] if explanation.info["label"] is None else [explanation.info["label"]],
                top=TOP,
                assets=f"../{ASSETS}",
                links=self._links(folder),
                twin=self._twin(folder),
            )
            _write_text(page, self.site / folder / f"{self.uid}.html")

    def _twin(self, folder: str) -> Twin | None:
        if self.twin is None or folder not in self.explanations_of_twin:
            return None
        explanation, uid = self.explanations_of_twin[folder], quote(self.twin)
        pictures = [f"../frames/{uid}/{index}.jpg" for index in explanation.frame_idxs]
        return Twin(self.twin, explanation, pictures, f"{uid}.html")

    def _links(self, folder: str) -> list[tuple[str, str]]:
        page = f"{quote(self.uid)}.html"
        others = [other for other in self.explanations if other != folder]
        by_others = [(f"This video by {self.model_names[other]}", f"../{quote(other)}/{page}") for other in others]
        return [("All videos", f"../{INDEX}"), *by_others]


def export_site(
    paths: Sequence[Path],
    videos: Path,
    class_names: Sequence[str],
    site: Path,
    *,
    engine: Engine,
    partition: Partition | None,
    bar: Bar,
    report: Path | None = None,
    groups: Mapping[str, str] | None = None,
) -> BatchReport:
    """Write the pages of all videos of the results, and last the index. What is there already is not made again.

    Args:
        paths: results of one model each.
        videos: has {uid}.webm.
        partition: of the videos; the run without one writes the index.
        report: of script 09, which gets links to the pages of its videos.
        groups: uid -> group, for videos that are not independent; of a pair, each page shows the other video.

    Raises:
        UserError: there are no videos or no report, the results do not fit to each other or to the class names, or
            `site` holds other pages.
    """
    if report is not None:
        require_file(report, "the report of script 09")
    if not videos.is_dir():
        raise UserError(f"expected a folder of videos at {videos}, but there is none")
    models = load_models(paths, len(class_names))
    uids = list(dict.fromkeys(uid for model in models for uid in model.results))
    explanations = {uid: _explain(models, uid, class_names) for uid in uids}
    names = {model.folder: model.name for model in models}
    twin_of = twins([uid for uid in uids if (videos / f"{uid}.webm").is_file()], groups or {})
    make_folder(site)
    for folder in ("videos", "frames", ASSETS, *names):
        make_folder(site / folder)
    for name in ASSET_FILES:
        _write_text(asset(name), site / ASSETS / name)
    tasks = [
        PagesOfVideo(
            name=uid,
            outputs=[
                site / "videos" / f"{uid}.webm",
                site / "frames" / uid,
                *(site / folder / f"{uid}.html" for folder in of_uid),
            ],
            uid=require_plain_uid(uid, site),
            source=videos / f"{uid}.webm",
            site=site,
            explanations=of_uid,
            model_names=names,
            twin=(twin := twin_of.get(uid)),
            explanations_of_twin={} if twin is None else explanations[twin],
        )
        for uid, of_uid in explanations.items()
    ]
    of_twins = {"twins": twin_of} if twin_of else {}
    settings = {"results": [sha256_of(path) for path in paths], "classes": list(class_names), **of_twins}
    batch = run_tasks(tasks, site, settings, engine, partition, bar)
    done = {uid: of_uid for uid, of_uid in explanations.items() if uid not in batch.failed}
    if partition is None:
        if report is not None:
            pages = {(names[folder], uid): f"{quote(folder)}/{quote(uid)}.html" for uid in done for folder in done[uid]}
            page = link_videos(report.read_text(encoding="utf-8"), lambda model, uid: pages.get((model, uid)))
            _write_text(page, site / REPORT)
        page = index(models, class_names, done, groups, REPORT if report is not None else "")
        _write_text(page, site / INDEX)
    return batch


def _write_text(content: str, path: Path) -> None:
    with atomic_path(path) as part:
        part.write_text(content, encoding="utf-8")


def load_models(paths: Sequence[Path], n_classes: int) -> list[SiteModel]:
    """Read the results of one model each.

    Raises:
        UserError: a file is damaged, has another number of classes, or the same name as another.
    """
    models = []
    for path in paths:
        results = EsvResults.load(path)
        if len(results.priors) != n_classes:
            raise UserError(
                f"expected the names of the {len(results.priors)} classes of {path}, got {n_classes}; are they of "
                "different datasets?"
            )
        models.append(SiteModel(str(results.attrs.get("model") or path.stem), path.stem, results))
    names = [model.name for model in models]
    models = [
        model if names.count(model.name) == 1 else replace(model, name=f"{model.name} ({model.folder})")
        for model in models
    ]
    folders = [model.folder for model in models]
    if taken := [name for name in folders if folders.count(name) > 1 or name in ("videos", "frames", ASSETS)]:
        raise UserError(f"expected results files of different names, not videos, frames or assets, got {taken[0]}.pkl")
    return models


def _explain(models: Sequence[SiteModel], uid: str, class_names: Sequence[str]) -> dict[str, Explanation]:
    """The explanations of one video by the folders of the models that have it."""
    found = {}
    for model in models:
        if uid in model.results:
            explanation = model.results.explanation(uid, class_names=class_names)
            about = {"model": model.name, "dataset": str(model.results.attrs.get("dataset") or "the dataset")}
            found[model.folder] = replace(explanation, info={**explanation.info, **about})
    return found


def index(
    models: Sequence[SiteModel],
    class_names: Sequence[str],
    explanations: Mapping[str, Mapping[str, Explanation]],
    groups: Mapping[str, str] | None = None,
    report: str = "",
) -> str:
    """Render the index.

    Args:
        explanations: by uid and folder of the model.
        groups: uid -> group, for videos that are not independent.
        report: address of the report of the analysis; "": there is none.
    """
    datasets = dict.fromkeys(
        str(model.results.attrs["dataset"]) for model in models if "dataset" in model.results.attrs
    )
    names = join_with_and([model.name for model in models])
    return render(
        "site.html",
        title=f"Frame attributions of {names}" + (f" on {join_with_and(list(datasets))}" if datasets else ""),
        assets=ASSETS,
        report=report,
        models=models,
        class_names=class_names,
        links_of=_cell_of(models),
        **_overview(models, class_names, explanations.keys(), groups),
        videos=[_card(uid, of_uid) for uid, of_uid in explanations.items()],
    )


def _overview(
    models: Sequence[SiteModel], class_names: Sequence[str], uids: Collection[str], groups: Mapping[str, str] | None
) -> dict[str, Any]:
    """All videos together, where the true classes are known."""
    if not all(model.results.labelled for model in models):
        return {"accuracy": "", "picks": [], "confusions": [], "swarms": []}
    classes = {name: class_id for class_id, name in enumerate(class_names)}
    study = Study.of([two_classes(model.results, model.name) for model in models], classes, groups)
    return {
        "accuracy": accuracy_sentence(study),
        "picks": [pick for pick in picks(study) if pick.uid in uids],
        "confusions": confusions(study),
        "swarms": [swarm(study, model.name) for model in models],
    }


def _cell_of(models: Sequence[SiteModel]) -> Callable[[Confusion], Callable[[ConfusionCell], Markup]]:
    """The attributes of links to the videos of a cell, see site.js."""

    def of_matrix(matrix: Confusion) -> Callable[[ConfusionCell], Markup]:
        folder = models[matrix.model].folder
        return lambda cell: Markup('href="#videos" data-cell="{}:{}:{}"').format(folder, cell.true, cell.predicted)

    return of_matrix


def _card(uid: str, of_uid: Mapping[str, Explanation]) -> dict[str, object]:
    first = next(iter(of_uid.values()))
    label = first.info["label"]
    verdicts = [
        {
            "folder": folder,
            "model": explanation.info["model"],
            "predicted": explanation.class_name(explanation.predicted),
            "score": percent(float(explanation.scores[explanation.predicted])),
            "right": label is None or explanation.predicted == label,
            "cell": f"{folder}:{label}:{explanation.predicted}",
        }
        for folder, explanation in of_uid.items()
    ]
    return {
        "uid": uid,
        "picture": first.frame_idxs[int(first.values[:, first.predicted].argmax())],
        "true_class": None if label is None else first.class_name(label),
        "verdicts": verdicts,
        "disagree": len({verdict["predicted"] for verdict in verdicts}) > 1,
    }
