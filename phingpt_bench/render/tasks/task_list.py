"""The list of tasks: by dataset, one line per task, and below it who prints results on the same rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.catalogue import languages_of
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval.taskfiles import TaskFile, TaskFiles
from phingpt_bench.text.blocks import Across, Block, Cell, Column, Grid, Lines, Title
from phingpt_bench.text.fold import HOLD
from phingpt_bench.text.language import count, say, say_n

TRANSLATED = ("other",)
OTHER = "other"  # the heading of tasks whose rows have no passport
LEGEND = sentence(
    "A protocol's id is its heading and its rule: fpb/flare-970/v1. Then: test rows; endings of the tasks that want "
    "the same answers in another form (phin_fpb_gen); the headline metric; who prints results on these rows. What is "
    "comparable, and with what, says 'phingpt-bench tasks show TASK'. "
    "Scores of different protocols are never ranked together."
)
COLUMNS = (Column(), Column(fold=True, least=20), Column(right=True), Column(fold=True))


def list_blocks(
    files: TaskFiles,
    passports: dict[str, Passport],
    errors: dict[str, BenchError],
    *,
    kind: str | None = None,
    language: str | None = None,
    every: bool = False,
) -> list[Block]:
    """The tasks of a kind and a language (None: of all), with the meaning of group and tag names.

    errors: of the passports that cannot be read. every: answer formats have lines of their own, in place of a column.
    language: in any case ("ES").
    """
    families: dict[str, list[tuple[TaskFile, Passport | None]]] = defaultdict(list)
    for name, task in files.tasks.items():
        passport = passports.get(task.dataset or "")
        if (every or files.base(name) == name) and _wanted(passport, kind, language):
            families[passport.protocol.split("/")[0] if passport else OTHER].append((task, passport))
    if not families:
        languages = sorted({code for passport in passports.values() for code in languages_of(passport.language)})
        return [Lines([say("No such task. There are tasks over rows in {languages}.", languages=_listed(languages))])]
    rows: list[Sequence[Cell] | Across] = []
    made_up = {passport.protocol.split("/")[0] for passport in passports.values() if passport.synthetic}
    for family, tasks in sorted(families.items(), key=lambda item: _place(item[0], made_up)):
        rows.append(Across(_heading(family, [passport for _, passport in tasks if passport])))
        for task, passport in tasks:
            rows += _rows(task, passport, files, every, broken=task.dataset in errors)
    shown = sum(map(len, families.values()))
    return [
        Grid(COLUMNS, rows, gap=1),
        Title(say_n("{k} of {n:,} task shown", "{k} of {n:,} tasks shown", len(files.tasks), k=shown)),
        Lines([say(LEGEND)]),
        Title(say("Groups and tags, for --tasks")),
        Lines([_groups(files)], indent=2),
    ]


def _listed(names: Sequence[str]) -> str:
    """The names with commas, and the last one with an "and"."""
    if len(names) < 2:
        return "".join(names)
    return say("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])


def _place(family: str, made_up: Collection[str]) -> tuple[bool, bool, str]:
    """Families by name, then those whose rows are made up, then tasks without a protocol."""
    return family == OTHER, family in made_up, family


def _groups(files: TaskFiles) -> str:
    """Every group with the number of its tasks; "phin_type[_gen]" means a second group with written answers."""
    twins = {name: twin for name in files.groups if (twin := files.twin(name))}
    endings = {name: f"[{twin.removeprefix(name)}]" for name, twin in twins.items()}
    return ", ".join(
        f"{name}{endings.get(name, '')}{HOLD}({len(files.members(name))})"
        for name in files.groups
        if name not in twins.values()
    )


def _wanted(passport: Passport | None, kind: str | None, language: str | None) -> bool:
    if passport is None:
        return kind is None and language is None
    spoken = languages_of(passport.language)
    return kind in (None, passport.kind) and (language is None or language.lower() in spoken)


def _heading(family: str, passports: list[Passport]) -> str:
    languages = sorted({passport.language for passport in passports})
    return f"{family}/ ({', '.join(languages)})" if languages else say(family)


def _rows(
    task: TaskFile, passport: Passport | None, files: TaskFiles, every: bool, *, broken: bool
) -> list[Sequence[Cell] | Across]:
    if passport is None:
        name = task.name
        if broken:
            why = say("{name}: no protocol, its passport cannot be read, see below", name=name)
        else:
            why = say("{name}: no protocol, its rows have no passport", name=name)
        return [Across(why, role="", indent=2)]
    rule = passport.protocol.split("/", 1)[1]
    also = "" if every else " ".join(form.removeprefix(task.name) for form in files.forms(task.name))
    row = [f"  {task.name}", rule, count(passport.rows["test"]), also]
    if every:
        return [row]
    by = ", ".join(source(text) for text in passport.published_by)
    printed = say("printed by {names}", names=by) if by else say("no published result")
    about = f"{passport.metric}; {printed}"
    return [row, Across(about, role="dim", indent=6)]


def source(text: str) -> str:
    """The publisher in an entry of `published_by`: the text before the first bracket or colon."""
    return re.split(r" \(|:", text, maxsplit=1)[0].strip()
