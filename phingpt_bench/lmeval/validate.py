"""Checks of tasks beyond `lm_eval validate`, which only checks whether a task's name exists.

Each check gives one line. Files are read for syntax and unknown keys, passports are counted again, and each task is
loaded, rendered, tokenised and scored (checks.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, meant_path, unknown
from phingpt_bench.core.exposure import EXPOSED
from phingpt_bench.core.files import Unsafe
from phingpt_bench.core.paths import task_folders
from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.data import catalogue, stamp
from phingpt_bench.data.copies.gate import Gate
from phingpt_bench.lmeval import checks, manager, task_syntax, taskfiles, templates
from phingpt_bench.lmeval.sample import unreachable
from phingpt_bench.lmeval.trust import looked_at
from phingpt_bench.text.clean import shortened

SPLITS = ("training", "validation", "test")
MOST_EQUAL = 0.25  # of the test rows may be training rows, too; of the shipped protocols up to 0.13 are


@dataclass(frozen=True, slots=True)
class Check:
    """One check. ok is None if it could not be made; `detail` says why, what is wrong, or what was seen."""

    task: str
    name: str
    ok: bool | None
    detail: str


def validate(
    path: Path | None = None, names: Sequence[str] = (), tokenizer: Any = None, *, trusted: bool = False
) -> Iterator[Check]:
    """The checks of every task and passport below `path`, or of the tasks in `names` and their passports.

    path: a folder or one YAML file (default: our folder); what it includes may lie elsewhere.
    tokenizer: of the model that the labels are checked for; None leaves those checks out. trusted: whether task files
    that are not ours may import the functions that they name.
    BenchError for a path that is not there, a folder without task, and a name that is no task below it.
    """
    from lm_eval.tasks import TaskManager

    path = Path(path or manager.tasks_dir())
    if not path.exists():
        raise BenchError("no such file or folder", where=str(path), hint=meant_path(path))
    folder = path if path.is_dir() else path.parent
    files, passports = (taskfiles.task_paths(path), taskfiles.passport_paths(path)) if path.is_dir() else ([path], [])
    if path.parent.name == catalogue.PASSPORTS and path.is_file():
        yield from _passport(path, trusted=trusted)
        return
    errors = list(task_syntax.syntax_errors(files))
    for error in errors:
        yield Check(error.where or str(path), "yaml", False, error.message)
    if any(isinstance(error, Unsafe) for error in errors):
        return  # lm-eval would open these files as well
    folders = dict.fromkeys(str(f.resolve()) for f in (*task_folders(), folder))
    with manager.quiet():  # of a folder that holds ours as well, it logs a line for every task that it meets again
        tasks = TaskManager(include_path=list(folders), include_defaults=False)
    inside = {file.resolve() for file in files}
    found = [n for n in tasks.all_subtasks if (file := tasks.task_index[n].yaml_path) and file.resolve() in inside]
    if names:
        for name in manager.expand(names, tasks):
            if name not in found:
                raise unknown(sentence("task"), name, found, where=str(path))
        found = manager.expand(names, tasks)
        datasets = {taskfiles.asked(tasks.task_index[name].cfg).dataset for name in found}
        passports = [file for file in passports if file.stem in datasets]
    if not found and not errors and not passports:
        raise BenchError("holds no task", where=str(path), hint="a task is a file NAME.yaml with the key 'task'")
    for file in passports:
        yield from _passport(file, trusted=trusted)
    pinned = templates.read_lock(folder)
    for name in found:
        with looked_at(trusted=trusted):
            checks = list(_task(name, tasks, tokenizer, pinned))
        yield from checks


def _passport(file: Path, *, trusted: bool) -> Iterator[Check]:
    """Whether a passport can be read, says of its rows what its reader gives, and keeps test rows out of training."""
    with looked_at(trusted=trusted):  # its reader may be code of the folder
        checks = [_rows(file)]
        checks += [_copies(file), *_answers(file)] if checks[0].ok else []
    yield from checks


def _copies(file: Path) -> Check:
    """Whether the test rows are others than the training rows."""
    name = sentence("passport {name}", name=file.stem)
    splits = catalogue.read(catalogue.read_passport(file))
    training = [row for split in ("train", "validation") for row in splits.get(split, ())]
    found = Gate({"": splits}).search(training)[""] if training else {}
    n, equal = len(splits["test"]), sum(kind in ("exact", "normalised") for kind in found.values())
    text = sentence(
        "of {n:,} test rows {equal:,} are training rows, too, and {others:,} are changed copies of some",
        n=n, equal=equal, others=len(found) - equal,
    )  # fmt: skip
    if len(found) > EXPOSED * n:
        unranked = sentence("above {share}, so a model trained on these rows has no rank", share=f"{EXPOSED:.0%}")
        text = joined([text, unranked], "; ")
    return Check(name, sentence("test rows"), equal <= MOST_EQUAL * n, text)


def _answers(file: Path) -> Iterator[Check]:
    """How many texts have several labels in one split, if any; other values elsewhere make another question."""
    name = sentence("passport {name}", name=file.stem)
    labels: dict[tuple[object, ...], set[str]] = {}
    shown: list[str] = []
    for split, rows in catalogue.read(catalogue.read_passport(file)).items():
        for row in rows:
            if isinstance(row.get("label"), str):
                rest = sorted((key, str(value)) for key, value in row.items() if key not in ("id", "label", "evidence"))
                given = labels.setdefault((split, *rest), set())
                given.add(row["label"])
                if len(given) == 2:
                    shown.append(row["text"])
    if shown:
        text = sentence_n(
            "{n:,} text has several labels in one part: {text}", "{n:,} texts have several labels in one part: {text}",
            len(shown), text=shortened(shown[0], 80),
        )  # fmt: skip
        yield Check(name, sentence("answers"), len(shown) <= MOST_EQUAL * len(labels), text)


def _rows(file: Path) -> Check:
    """Whether a passport can be read, and says of its rows what its reader gives."""
    name = sentence("passport {name}", name=file.stem)
    try:
        passport = catalogue.read_passport(file)
    except BenchError as err:
        return Check(name, sentence("fields"), False, joined((text for text in (err.message, err.hint) if text), "; "))
    try:
        catalogue.read(passport)
    except BenchError as err:
        return Check(name, sentence("rows"), None, sentence("not checked: {reason}", reason=err.message))
    try:
        counted = stamp.stamp(file)
    except BenchError as err:
        return Check(name, sentence("rows"), False, err.message)
    wrong = [field for field, value in counted.items() if getattr(passport, field) != value]
    if wrong:
        return Check(
            name,
            sentence("rows"),
            False,
            sentence(
                "{fields} differ from what 'phingpt-bench tasks stamp {file}' prints",
                fields=", ".join(wrong),
                file=file,
            ),
        )
    return Check(name, sentence("rows"), True, ", ".join(f"{split} {n:,}" for split, n in passport.rows.items()))


def _task(name: str, tasks: Any, tokenizer: Any, pinned: dict[str, tuple[str, str]]) -> Iterator[Check]:
    entry = tasks.task_index[name]
    keys = [
        joined((err.where or "", err.message), ": ") for err in task_syntax.unknown_keys(entry.yaml_path, *_known())
    ]
    if keys:  # lm-eval would say only "unexpected keyword argument"
        yield Check(name, sentence("keys"), False, joined(keys, "; "))
        return
    asked = taskfiles.asked(entry.cfg)
    if asked.form_of is not None and asked.form_of not in tasks.all_subtasks:
        yield Check(
            name, sentence("form"), False, sentence("metadata.form_of names no task: '{name}'", name=asked.form_of)
        )
    try:
        if reason := unreachable(asked.dataset):
            yield Check(name, sentence("load"), None, sentence("not checked: {reason}", reason=reason))
            return
        task = manager.load_task(name, tasks)
    # lm-eval raises whatever its code happens to meet (KeyError, TypeError, jinja2's errors ...): each is a finding
    except Exception as err:
        yield Check(name, sentence("load"), False, _said(err))
        return
    splits = {split: list(getattr(task, f"{split}_docs")() or ()) for split in SPLITS}
    rows = ", ".join(f"{split} {len(docs)}" for split, docs in splits.items())
    yield Check(
        name, sentence("load"), bool(splits["test"] or splits["validation"]), sentence("rows: {rows}", rows=rows)
    )
    if pinned:
        fault = templates.fault(pinned, name, (str(task.VERSION), manager.template_digest(task)))
        yield Check(
            name,
            sentence("template"),
            fault is None,
            fault or sentence("as pinned, version {version}", version=task.VERSION),
        )
    made: list[tuple[str, Callable[[], str]]] = [
        (sentence("render"), partial(checks.rendering, task, splits)),
        (sentence("few-shot"), partial(checks.shots, task, splits)),
    ]
    if tokenizer is None:
        yield Check(name, sentence("tokens"), None, sentence("not checked: no tokenizer"))
    else:
        made.append((sentence("tokens"), partial(checks.tokens, task, splits, tokenizer, chat=False)))
        if getattr(tokenizer, "chat_template", None):
            made.append((sentence("tokens, chat"), partial(checks.tokens, task, splits, tokenizer, chat=True)))
    made.append((sentence("metrics"), partial(checks.metrics, task)))
    for title, check in made:
        try:
            yield Check(name, title, True, check())
        except checks.Fault as fault:
            yield Check(name, title, False, fault.args[0])
        except Exception as err:  # as above
            yield Check(name, title, False, _said(err))


def _known() -> tuple[list[str], list[str]]:
    """The keys that lm-eval takes in a task file, and in its fewshot_config."""
    from lm_eval.config.task import FewshotConfig, TaskConfig

    def names(cls: Any) -> list[str]:
        return [field.name for field in dataclasses.fields(cls)]

    return names(TaskConfig), names(FewshotConfig)


def _said(err: Exception) -> str:
    text = (err.message if isinstance(err, BenchError) else str(err)).strip()
    return " ".join(f"{type(err).__name__}: {text}".removeprefix("BenchError: ").split())
