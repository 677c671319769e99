"""pb.tasks(): what can be run, as `phingpt-bench tasks` lists it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from phingpt_bench.api.shown import ShownItems
from phingpt_bench.core.outcomes import Kind
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval.taskfiles import TaskFile, TaskFiles, read_tasks
from phingpt_bench.text.blocks import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfo:
    """One task. Fields from the passport are None if its rows have no passport."""

    name: str
    """As `--tasks` takes it."""

    version: str
    """The version of prompt and settings; "none" where the file gives none."""

    form_of: str | None
    """The task that wants the same answers in the usual form; None for that task itself."""

    extraction: str
    """How an answer is obtained: "label-loglikelihood", "generation", or the format of written entities."""

    dataset: str | None
    """Its name in the catalogue."""

    protocol: str | None = None
    """The id under which scores are comparable."""

    kind: Kind | None = None
    """What an answer is: "labels", "spans" or "scores"."""

    labels: tuple[str, ...] = ()
    """Labels or entity types in their order; empty for scores."""

    language: str | None = None
    """The language of the rows, as in the passport."""

    rows: int | None = None
    """Number of rows of the test split."""

    metric: str | None = None
    """The headline metric."""

    licence: str | None = None
    """The licence of the data."""

    synthetic: bool = False
    """Whether the rows are made up, so that a score on them says nothing about any model."""


@dataclass(frozen=True, repr=False)
class Tasks(ShownItems[TaskInfo]):
    """The tasks by name. `tasks["phin_fpb"]` is one of them, `tasks[0]` the first."""

    files: TaskFiles
    passports: Mapping[str, Passport]

    def name_of(self, item: TaskInfo) -> str:
        """The task's name."""
        return item.name

    def records(self) -> list[dict[str, object]]:
        """One row per task."""
        return [asdict(item) for item in self.items]

    def blocks(self) -> Sequence[Block]:
        """The list by dataset, one line per task."""
        from phingpt_bench.render.tasks.task_list import list_blocks

        shown = {item.name: self.files.tasks[item.name] for item in self.items}
        groups = {
            name: members for name, members in self.files.groups.items() if shown.keys() & self.files.members(name)
        }
        return list_blocks(TaskFiles(shown, groups), dict(self.passports), {}, every=True)


def tasks(*, kind: Kind | None = None, language: str | None = None) -> Tasks:
    """The tasks of the package and of $PHINGPT_BENCH_TASKS, by name.

    kind, language: only tasks with such answers ("labels", "spans", "scores"), or over rows in this language ("en").
    BenchError for a task file or a passport that cannot be read.
    """
    files = read_tasks()
    passports = {name: catalogue.dataset(name) for name in catalogue.names()}
    found = [_info(task, passports.get(task.dataset or "")) for task in files.tasks.values()]
    items = tuple(
        info
        for info in found
        if kind in (None, info.kind) and (language is None or language in catalogue.languages_of(info.language or ""))
    )
    return Tasks(items, files, passports)


def _info(task: TaskFile, passport: Passport | None) -> TaskInfo:
    asked = task.asked
    info = TaskInfo(
        name=task.name, version=task.version, form_of=asked.form_of, extraction=asked.extraction, dataset=task.dataset
    )
    if passport is None:
        return info
    return replace(
        info,
        protocol=passport.protocol,
        kind=passport.kind,
        labels=passport.labels,
        language=passport.language,
        rows=passport.rows["test"],
        metric=passport.metric,
        licence=passport.licence,
        synthetic=passport.synthetic,
    )
