"""One protocol in full: its passport, the tasks that ask its rows, and a rendered example."""

from __future__ import annotations

from collections.abc import Iterable

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval.sample import Example
from phingpt_bench.lmeval.taskfiles import LINES, TaskFile, TaskFiles
from phingpt_bench.lmeval.templates import digest_of
from phingpt_bench.text.blocks import Block, Column, Grid, Legend, Lines, Picture, Title
from phingpt_bench.text.language import count, say, say_n, spoken

KEY = 13  # columns of the names of facts
Fact = tuple[str, "str | Iterable[str]"]


def shown_task(name: str, files: TaskFiles) -> TaskFile | None:
    """The task whose example belongs to `name`: itself, or the first over the rows of a dataset or protocol."""
    if name in files.tasks:
        return files.tasks[name]
    dataset = _dataset(name)
    return next((task for task in files.tasks.values() if dataset is not None and task.dataset == dataset), None)


def facts_blocks(name: str, files: TaskFiles) -> list[Block]:
    """What is known about a task, dataset, protocol, group or tag; BenchError for an unknown name."""
    passports, errors = catalogue.readable()
    if name in errors:
        raise errors[name]
    dataset = _dataset(name)
    if name in files.tasks:
        return _task(files.tasks[name], files)
    if dataset is not None:
        readers = [task.name for task in files.tasks.values() if task.dataset == dataset]
        return [_legend([*_passport(catalogue.dataset(dataset)), (say("tasks"), readers or [say("none")])])]
    if name in files.groups:
        members = files.members(name)
        rows = [[f"  {member}", _protocol(files.tasks[member], passports)] for member in members]
        return [
            Title(name, say_n("{n:,} task", "{n:,} tasks", len(members))),
            Grid((Column(), Column(fold=True)), rows, gap=1),
        ]
    protocols = [passport.protocol for passport in passports.values()]
    raise unknown(
        sentence("task"), name, [*files.tasks, *files.groups, *protocols, *passports], see="phingpt-bench tasks"
    )


def example_blocks(task: TaskFile, example: Example) -> list[Block]:
    """A prompt as a model gets it, with the answer that it should give."""
    answer = example.answer.replace("\n", "\\n")
    return [
        Title(say("Example of {name}, 0-shot", name=task.name), spoken(example.origin)),
        Picture(["", f"{example.prompt}[{answer}]", ""]),
        Lines([say("Between the brackets: what the right answer adds to the prompt.")]),
    ]


def _dataset(name: str) -> str | None:
    """The dataset that is called so, or whose protocol is."""
    passports, _ = catalogue.readable()
    return name if name in passports else next((key for key, one in passports.items() if one.protocol == name), None)


def _protocol(task: TaskFile, passports: dict[str, Passport]) -> str:
    passport = passports.get(task.dataset or "")
    return passport.protocol if passport else say("no protocol")


def _task(task: TaskFile, files: TaskFiles) -> list[Block]:
    facts: list[Fact] = [
        (say("task"), say("{name}, version {version}", name=task.name, version=task.version)),
        (say("file"), str(task.path)),
        (say("answer"), _answer(task)),
        (say("template"), say("digest {digest} of prompt, labels and stop strings", digest=digest_of(task))),
        (say("prompt"), say("digest {digest}", digest=digest(task.config.get("doc_to_text")))),
        (say("metrics"), ", ".join(task.metrics)),
        (say("shots"), _shots(task)),
    ]
    base = files.base(task.name)
    others = [other for other in (base, *files.forms(base)) if other != task.name]
    if others:
        facts.append((say("other forms"), others))
    if task.dataset in catalogue.names():
        return [_legend(facts), _legend(_passport(catalogue.dataset(task.dataset)))]
    none = say("none: its rows have no passport, so its scores are not comparable with any")
    return [_legend([*facts, (say("protocol"), none)])]


def _answer(task: TaskFile) -> str:
    if task.asked.chosen:
        return say("the log-likelihood of each label after the same prompt, the highest wins")
    form = task.asked.form
    if form == LINES:
        return say("written freely and read")
    return say("written freely and read as {form}", form=form)


def _shots(task: TaskFile) -> str:
    if not task.config.get("fewshot_split"):
        return say("0 only, there are no training rows to take examples from")
    return say(
        "0, or k of up to 32 with --num_fewshot k: training rows in turns over the classes, the same for all rows"
    )


def _passport(passport: Passport) -> list[Fact]:
    origin = passport.origin
    place = f"Hub {origin.hub}" if origin.hub else say("on no Hub")
    facts: list[Fact] = [
        (say("protocol"), passport.protocol),
        (say("dataset"), f"{passport.title} ({passport.name})"),
        (
            say("source"),
            say(
                "{paper}; {place}; mirror folder {folder}",
                paper=say("none") if origin.paper == "none" else origin.paper,
                place=place,
                folder=origin.folder,
            ),
        ),
        (say("revision"), origin.revision or say("not pinned: {reason}", reason=origin.unpinned)),
        (say("licence"), say("licence unknown") if origin.licence == "unknown" else origin.licence),
        (say("language"), passport.language),
        (say("labels"), ", ".join(passport.labels) or say("a number from -1 to 1")),
        (say("split rule"), passport.split),
        (say("reader"), " ".join([passport.reader, *(f"{key}={value}" for key, value in passport.options.items())])),
    ]
    for split, rows in passport.rows.items():
        counts = ", ".join(f"{label} {count(n)}" for label, n in passport.counts.get(split, {}).items())
        facts.append((split, say_n("{n:,} row", "{n:,} rows", rows) + (f": {counts}" if counts else "")))
        facts.append(("", say("ids and labels {digest}; row ids, SHA-256:", digest=passport.digests[split])))
        facts.append(("", passport.ids[split]))
    if passport.documents is not None:
        facts.append(("documents", f"{passport.documents:,} in the test split; no row says of which it is"))
    return [
        *facts,
        (say("headline"), passport.metric),
        (say("as published"), say("shots: {numbers}", numbers=", ".join(map(str, passport.shots)))),
        (say("published by"), passport.published_by or [say("no source found")]),
        (say("known noise"), passport.noise or [say("none known")]),
        (say("comparable"), passport.comparable),
    ]


def _legend(facts: Iterable[Fact]) -> Legend:
    """The facts as a legend; a fact with several texts has its name before the first only."""
    entries = []
    for name, value in facts:
        texts = [value] if isinstance(value, str) else list(value)
        entries += [("" if place else name, text) for place, text in enumerate(texts)]
    return Legend(entries, role="", least=KEY, whole=True)
