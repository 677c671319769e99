"""The target of answers: their kind, labels or entity types, and the rows of a task."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.outcomes import Kind
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.column_names import between_commas
from phingpt_bench.data.rows import Row
from phingpt_bench.lmeval.taskfiles import TaskFiles, read_tasks
from phingpt_bench.rivals.flare import CHOICES
from phingpt_bench.scoring.formats import answer_format

Doc = Row
_FLARE = {"fpb": "flare-fpb", "fiqa": "flare-fiqasa", "fomc": "flare-fomc"}  # family of protocols -> FLARE's task


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """title: for the head of a report. names: labels in order, or entity types; empty for scores.

    form: the answer format of entities, None for other kinds. dataset, protocol: None for a file of the user.
    chosen: the task compares log-likelihoods, so written answers are another way to ask it.
    questions: each text of the task is asked several questions, which are scored one by one.
    """

    title: str
    kind: Kind
    names: tuple[str, ...]
    form: str | None = None
    task: str | None = None
    dataset: str | None = None
    protocol: str | None = None
    chosen: bool = False
    questions: bool = False

    def docs(self) -> list[Doc]:
        """The test rows of the task, with the order of choices by which FLARE reads them where it has one."""
        assert self.dataset is not None and self.protocol is not None
        rows = catalogue.load(self.dataset)["test"]
        choices = CHOICES.get(_FLARE.get(self.protocol.split("/")[0], ""))
        if choices and set(choices) == set(self.names):
            rows = [{**row, "choices": choices} for row in rows]
        return rows


def of_task(name: str, form: str | None = None) -> Target:
    """A task by its name, by that of its dataset, or by its protocol id; BenchError with the nearest name otherwise.

    form: an answer format instead of the task's.
    """
    files = read_tasks()
    dataset, chosen = _dataset(name, files)
    passport = catalogue.dataset(dataset)
    own = files.tasks[name].asked.form if name in files.tasks else None
    return Target(
        title=name if name == passport.protocol else f"{name} ({passport.protocol})",
        kind=passport.kind,
        names=tuple(passport.labels),
        form=_form(passport.kind, form, own),
        task=name if name in files.tasks else None,
        dataset=dataset,
        protocol=passport.protocol,
        chosen=chosen,
        questions=passport.metric == "f1_by_question",
    )


def of_labels(listed: str) -> Target:
    """A label set of the user, "a,b,c" (in quotes where a label holds a comma)."""
    names = _names("--labels", listed)
    if len(names) < 2:
        raise BenchError("--labels names one label, and there is nothing to choose", hint="--labels negative,positive")
    return Target(title=sentence("labels {names}", names=", ".join(names)), kind="labels", names=names)


def of_types(listed: str, form: str | None = None) -> Target:
    """Entity types of the user, "PER,ORG,LOC"."""
    names = _names("--entity-types", listed)
    return Target(
        title=sentence("entities {names}", names=", ".join(names)),
        kind="spans",
        names=names,
        form=_form("spans", form, None),
    )


def _names(option: str, listed: str) -> tuple[str, ...]:
    names = [name.strip() for name in between_commas(option, listed)]
    if not names or not all(names):
        raise BenchError(
            "{option} '{listed}' holds an empty name",
            hint="separate the names by commas: {option} a,b,c",
            option=option,
            listed=listed,
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BenchError("{option} names '{twice}' twice", option=option, twice=twice[0])
    return tuple(names)


def _form(kind: str, given: str | None, own: str | None) -> str | None:
    if kind != "spans":
        if given is not None:
            raise BenchError("--answer-format is for entities, and the answers here are labels or numbers")
        return None
    return answer_format(given or own or "lines").name


def _dataset(name: str, files: TaskFiles) -> tuple[str, bool]:
    """(name of the dataset, whether the task compares log-likelihoods)."""
    known = catalogue.names()
    if name in files.tasks:
        dataset = files.tasks[name].dataset
        if dataset not in known:
            raise BenchError(
                "task '{name}' reads no dataset of the catalogue, so its gold is not known here",
                hint="--labels or --entity-types, and a gold column in the file",
                name=name,
            )
        return dataset, files.tasks[name].asked.chosen
    if name in known:
        return name, False
    if "/" in name:
        for dataset in known:
            if catalogue.dataset(dataset).protocol == name:
                return dataset, False
    if name in files.groups:
        raise BenchError(
            "'{name}' is a group of tasks; a file is scored under one of them",
            hint="its tasks: {names}",
            name=name,
            names=", ".join(files.members(name)),
        )
    protocols = [catalogue.dataset(dataset).protocol for dataset in known] if "/" in name else []
    raise unknown(sentence("task"), name, [*files.tasks, *known, *protocols], see="phingpt-bench tasks")
