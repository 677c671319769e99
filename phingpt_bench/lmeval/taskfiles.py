"""Task YAMLs read as lm-eval reads them, but without lm-eval: names, groups, merged keys, and mistakes with their line.

lm-eval takes seconds to import, skips unreadable files, and reports no line. Functions (`!function x.y`)
stay text here, so that nothing is imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, no_folder
from phingpt_bench.core.files import read_text
from phingpt_bench.core.paths import task_folders
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.core.yamlfile import MOST_BYTES, bounded_value
from phingpt_bench.data.catalogue import PASSPORTS
from phingpt_bench.lmeval.task_syntax import Loader, syntax_errors

Keys = dict[str, Any]  # of a task file, as lm-eval takes them
LINES = "lines"  # how entities are written unless a task says otherwise (scoring/formats.py)


@dataclass(frozen=True, slots=True)
class Asked:
    """The rows and answers of a task, by its keys."""

    dataset: str | None  # the dataset of the catalogue
    form: str  # how entities are written
    chosen: bool  # labels are compared by log-likelihood; else the model writes its answer
    form_of: str | None  # the task that wants the same answers in the usual form, where this one does not

    @property
    def extraction(self) -> str:
        """How an answer is obtained, as in `Protocol.extraction`."""
        return CHOSEN if self.chosen else "generation" if self.form == LINES else self.form


def asked(config: Mapping[str, Any]) -> Asked:
    """What is asked by a task with these keys, whether we have read them or lm-eval (`vars(task.config)`)."""
    options, metadata = config.get("dataset_kwargs") or {}, config.get("metadata") or {}
    return Asked(
        dataset=options.get("dataset"),
        form=options.get("format", LINES),
        chosen=config.get("output_type") == "multiple_choice",
        form_of=metadata.get("form_of"),
    )


@dataclass(frozen=True, slots=True)
class TaskFile:
    """One task: its file, and its keys with those of the included files merged in."""

    name: str
    path: Path
    config: Keys

    @property
    def asked(self) -> Asked:
        """Its rows and answers."""
        return asked(self.config)

    @property
    def dataset(self) -> str | None:
        """The catalogue's dataset that it reads, or None."""
        return self.asked.dataset

    @property
    def version(self) -> str:
        """The task's version in its metadata; "none" where it has none."""
        return str((self.config.get("metadata") or {}).get("version", "none"))

    @property
    def metrics(self) -> list[str]:
        """The names in metric_list, without the standard errors."""
        names = [str(entry["metric"]) for entry in self.config.get("metric_list") or ()]
        return [name for name in names if not name.endswith("_stderr")]


@dataclass(frozen=True, slots=True)
class TaskFiles:
    """Tasks, and groups and tags with their members, by name; both are sorted."""

    tasks: dict[str, TaskFile]
    groups: dict[str, list[str]]

    def members(self, name: str) -> list[str]:
        """The tasks of a task, group or tag name, each once; names of other folders' tasks are left out."""
        found: dict[str, None] = {}
        waiting, seen = [name], set()
        while waiting:
            name = waiting.pop(0)
            if name in self.groups and name not in seen:
                seen.add(name)
                waiting = self.groups[name] + waiting
            elif name in self.tasks:
                found[name] = None
        return list(found)

    def base(self, name: str) -> str:
        """The task of which this one is another form; itself where it is none."""
        task = self.tasks.get(name)
        form_of = None if task is None else task.asked.form_of
        return form_of if form_of in self.tasks else name

    def forms(self, name: str) -> list[str]:
        """The tasks that want the same answers as this one in another form, such as ["phin_fpb_gen"]."""
        return [other for other, task in self.tasks.items() if task.asked.form_of == name]

    def twin(self, group: str) -> str | None:
        """The group with the other forms of a group's tasks, of all that have some: "phin_type_gen" of "phin_type".

        None if there is none.
        """
        members = set(self.members(group))
        wanted = {name for name in members if self.forms(name)}
        for other in self.groups:
            forms = self.members(other)
            if wanted and members.isdisjoint(forms) and sorted(map(self.base, forms)) == sorted(wanted):
                return other
        return None


def read_tasks(folders: Sequence[Path] | None = None) -> TaskFiles:
    """The tasks of all folders (default: ours and the user's); a later folder wins over an earlier one.

    BenchError with file and line for a file that cannot be read.
    """
    tasks: dict[str, TaskFile] = {}
    groups: dict[str, list[str]] = {}
    known: dict[Path, dict[str, object]] = {}
    for folder in task_folders() if folders is None else folders:
        check_syntax(folder)
        for path in task_paths(folder):
            config = _merged(path.resolve(), known)
            if "group" in config:
                groups[str(config["group"])] = _members(config.get("task"), path)
            elif isinstance(config.get("task"), str):
                tasks[config["task"]] = TaskFile(config["task"], path, config)
    for name, task in sorted(tasks.items()):
        tags = task.config.get("tag") or []
        for tag in tags if isinstance(tags, list) else [tags]:
            groups.setdefault(str(tag), []).append(name)
    return TaskFiles(dict(sorted(tasks.items())), dict(sorted(groups.items())))


def _members(items: object, path: Path) -> list[str]:
    """The names in a group's list of tasks, each a text or a mapping; BenchError for anything else."""
    named = []
    for item in items if isinstance(items, list) else [items] if items else []:
        name = (item.get("task") or item.get("group")) if isinstance(item, dict) else item
        if not isinstance(name, str):
            raise BenchError("task: a group's list holds names of tasks, or mappings with one", where=str(path))
        named.append(name)
    return named


def task_paths(folder: Path) -> list[Path]:
    """The YAML files of a folder that may be tasks or groups: all but the passports."""
    return [path for path in sorted(Path(folder).glob("**/*.yaml")) if path.parent.name != PASSPORTS]


def passport_paths(folder: Path) -> list[Path]:
    """The passports of a folder with task files."""
    return sorted((Path(folder) / PASSPORTS).glob("*.yaml"))


def _merged(path: Path, known: dict[Path, Keys]) -> Keys:
    """The keys of a file over those of its includes, in lm-eval's order. `check_syntax` found no file in a circle."""
    if path not in known:
        config = bounded_value(read_text(path, MOST_BYTES), Loader)
        known[path] = {}
        if isinstance(config, dict):
            includes = config.pop("include", None) or []
            for name in includes if isinstance(includes, list) else [includes]:
                known[path] |= _merged((path.parent / name).resolve(), known)
            known[path] |= config
    return known[path]


def check_syntax(folder: Path) -> None:
    """BenchError for the first thing that `syntax_errors` finds, or when there is no such folder."""
    if not Path(folder).is_dir():
        raise no_folder(Path(folder))
    for error in syntax_errors(task_paths(folder)):
        raise error
