"""The list of tasks: by dataset, one line a task and one on who prints results on the same rows; 80 columns wide."""

from __future__ import annotations

import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Collection

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.data.catalogue import languages_of
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval.taskfiles import TaskFile, TaskFiles, read_tasks

OTHER = "other"  # the heading of tasks whose rows have no passport
WIDTH = 80
LEGEND = (
    "A protocol's id is its heading and its rule: fpb/flare-970/v1. Then: test rows; endings of the tasks that want "
    "the same answers in another form (phin_fpb_gen); the headline metric; who prints results on these rows. What is "
    "comparable, and with what, says 'phingpt-bench tasks show TASK'. "
    "Scores of different protocols are never ranked together."
)


def show_list(kind: str | None = None, language: str | None = None, every: bool = False) -> int:
    """Prints the list; 0, or 2 when a passport cannot be read, which is told at the end.

    every: answer formats have lines of their own, in place of a column. language: in any case ("ES").
    """
    files = read_tasks()
    families: dict[str, list[tuple[TaskFile, Passport | None]]] = defaultdict(list)
    passports, errors = catalogue.readable()
    for name, task in files.tasks.items():
        passport = passports.get(task.dataset or "")
        if (every or files.base(name) == name) and _wanted(passport, kind, language):
            families[passport.protocol.split("/")[0] if passport else OTHER].append((task, passport))
    if not families:
        languages = sorted({spoken for passport in passports.values() for spoken in _spoken(passport)})
        print(f"No such task. There are tasks over rows in {' and '.join(languages)}.")
        return _told(errors)
    width = max(len(task.name) for tasks in families.values() for task, _ in tasks)
    lines = []
    made_up = {passport.protocol.split("/")[0] for passport in passports.values() if passport.synthetic}
    for family, tasks in sorted(families.items(), key=lambda item: _place(item[0], made_up)):
        lines.append(_heading(family, [passport for _, passport in tasks if passport]))
        for task, passport in tasks:
            lines += _lines(task, passport, files, width, every, broken=task.dataset in errors)
    shown = sum(map(len, families.values()))
    lines += ["", textwrap.fill(f"{shown} of {number(len(files.tasks), 'task')} shown. {LEGEND}", WIDTH)]
    lines += ["", "Groups and tags, for --tasks:", _groups(files)]
    print("\n".join(lines))
    return _told(errors)


def number(count: int, noun: str) -> str:
    """ "1 task", "2 tasks"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _told(errors: dict[str, BenchError]) -> int:
    """The exit code, after a line or more on standard error for each passport that cannot be read."""
    for name, err in errors.items():
        print(f"error: the passport of dataset '{name}' cannot be read: {err}", file=sys.stderr)
    return 2 if errors else 0


def _place(family: str, made_up: Collection[str]) -> tuple[bool, bool, str]:
    """Families by name, then those whose rows are made up, then tasks without a protocol."""
    return family == OTHER, family in made_up, family


def _groups(files: TaskFiles) -> str:
    """Every group with the number of its tasks; "phin_type[_gen]" stands for a second one with written answers."""
    twins = {name: twin for name in files.groups if (twin := files.twin(name))}
    names = [
        f"{name}{_ending(name, twins)}\0({len(files.members(name))})"
        for name in files.groups
        if name not in twins.values()
    ]
    text = textwrap.fill(", ".join(names), WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return text.replace("\0", " ")


def _ending(name: str, twins: dict[str, str]) -> str:
    return f"[{twins[name].removeprefix(name)}]" if name in twins else ""


def _wanted(passport: Passport | None, kind: str | None, language: str | None) -> bool:
    if passport is None:
        return kind is None and language is None
    return kind in (None, passport.kind) and (language is None or language.lower() in _spoken(passport))


def _spoken(passport: Passport) -> list[str]:
    """The codes of the rows' languages."""
    return languages_of(passport.language)


def _heading(family: str, passports: list[Passport]) -> str:
    languages = sorted({passport.language for passport in passports})
    return f"{family}/ ({', '.join(languages)})" if languages else family


def _lines(
    task: TaskFile, passport: Passport | None, files: TaskFiles, width: int, every: bool, broken: bool = False
) -> list[str]:
    if passport is None:
        why = "its passport cannot be read, see below" if broken else "its rows have no passport"
        return [f"  {task.name:<{width}} no protocol: {why}"]
    rule = passport.protocol.split("/", 1)[1]
    also = [] if every else [form.removeprefix(task.name) for form in files.forms(task.name)]
    rows = f"{passport.rows['test']:,}"
    lines = [f"  {task.name:<{width}} {rule:<31} {rows:>6} {' '.join(also)}".rstrip()]
    if not every:
        by = ", ".join(source(text) for text in passport.published_by)
        about = f"{passport.metric}; " + (f"printed by {by}" if by else "no published result")
        lines.append("      " + textwrap.shorten(about, WIDTH - 6, placeholder=" ..."))
    return lines


def source(text: str) -> str:
    """Who publishes, out of an entry of `published_by`: what stands before the first bracket or colon."""
    return re.split(r" \(|:", text, maxsplit=1)[0].strip()
