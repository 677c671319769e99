"""One protocol in full: its passport, the tasks that ask its rows, and a rendered example."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval.taskfiles import LINES, TaskFile, TaskFiles, read_tasks
from phingpt_bench.render.tasks.list import number

WIDTH, INDENT = 80, 15
Fact = tuple[str, str | Iterable[str]]


def show(name: str) -> int:
    """Prints what is known of a task, dataset, protocol, group or tag; BenchError for an unknown name."""
    files = read_tasks()
    passports, errors = catalogue.readable()
    if name in errors:
        raise errors[name]
    protocols = {passport.protocol: dataset for dataset, passport in passports.items()}
    dataset = name if name in protocols.values() else protocols.get(name)
    if name in files.tasks:
        _task(files.tasks[name], files)
    elif dataset is not None:
        passport = catalogue.dataset(dataset)
        readers = [task for task in files.tasks.values() if task.dataset == dataset]
        _print([*_passport(passport), ("tasks", [task.name for task in readers] or ["none"])])
        if readers:
            _example(readers[0])
    elif name in files.groups:
        print(f"{name}: {number(len(files.members(name)), 'task')}")
        for member in files.members(name):
            print(f"  {member:<26} {_protocol(files.tasks[member])}")
    else:
        raise unknown(
            "task", name, [*files.tasks, *files.groups, *protocols, *protocols.values()], see="phingpt-bench tasks"
        )
    return 0


def _protocol(task: TaskFile) -> str:
    passport = catalogue.readable()[0].get(task.dataset or "")
    return passport.protocol if passport else "no protocol"


def _task(task: TaskFile, files: TaskFiles) -> None:
    from phingpt_bench.lmeval.templates import digest_of

    prompt = digest_of(task)
    facts: list[Fact] = [
        ("task", f"{task.name}, version {task.version}"),
        ("file", str(task.path)),
        ("answer", _answer(task)),
        ("template", f"digest {prompt} of prompt, labels and stop strings"),
        ("prompt", f"digest {digest(task.config.get('doc_to_text'))}"),
        ("metrics", ", ".join(task.metrics)),
        ("shots", _shots(task)),
    ]
    base = files.base(task.name)
    others = [other for other in (base, *files.forms(base)) if other != task.name]
    if others:
        facts.append(("other forms", others))
    if task.dataset in catalogue.names():
        facts += [("", ""), *_passport(catalogue.dataset(task.dataset))]
    else:
        facts.append(("protocol", "none: its rows have no passport, so its scores are not comparable with any"))
    _print(facts)
    _example(task)


def _answer(task: TaskFile) -> str:
    if task.asked.chosen:
        return "the log-likelihood of each label after the same prompt, the highest wins"
    form = task.asked.form
    return "written freely and read" + ("" if form == LINES else f" as {form}")


def _shots(task: TaskFile) -> str:
    if not task.config.get("fewshot_split"):
        return "0 only, there are no training rows to take examples from"
    return "0, or k of up to 32 with --num_fewshot k: training rows in turns over the classes, the same for all rows"


def _passport(passport: Passport) -> list[Fact]:
    origin = passport.origin
    place = f"Hub {origin.hub}" if origin.hub else "on no Hub"
    facts: list[Fact] = [
        ("protocol", passport.protocol),
        ("dataset", f"{passport.title} ({passport.name})"),
        ("source", f"{origin.paper}; {place}; mirror folder {origin.folder}"),
        ("revision", origin.revision or f"not pinned: {origin.unpinned}"),
        ("licence", origin.licence),
        ("language", passport.language),
        ("labels", ", ".join(passport.labels) or "a number from -1 to 1"),
        ("split rule", passport.split),
        ("reader", " ".join([passport.reader, *(f"{key}={value}" for key, value in passport.options.items())])),
    ]
    for split, rows in passport.rows.items():
        counts = ", ".join(f"{label} {n:,}" for label, n in passport.counts.get(split, {}).items())
        facts.append((split, f"{rows:,} rows" + (f": {counts}" if counts else "")))
        facts.append(("", f"ids and labels {passport.digests[split]}; row ids, SHA-256:"))
        facts.append(("", passport.ids[split]))
    return [
        *facts,
        ("headline", passport.metric),
        ("as published", f"shots: {', '.join(map(str, passport.shots))}"),
        ("published by", passport.published_by or ["nobody that was found"]),
        ("known noise", passport.noise or ["none known"]),
        ("comparable", passport.comparable),
    ]


def _print(facts: Iterable[Fact]) -> None:
    for key, value in facts:
        texts = [value] if isinstance(value, str) else list(value)
        for i, text in enumerate(texts):
            start = (key if i == 0 else "").ljust(INDENT)
            print(_wrapped(text, start))


def _wrapped(text: str, start: str) -> str:
    lines = textwrap.fill(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return lines or start.rstrip()


def _example(task: TaskFile) -> None:
    from phingpt_bench.lmeval.manager import task_manager
    from phingpt_bench.lmeval.sample import example

    shown = example(task, task_manager())
    print(_wrapped(f"Example of {task.name}, 0-shot: {shown.origin}", "\n").replace("\n" + " " * INDENT, "\n"))
    print()
    print(shown.prompt + "[" + shown.answer.replace("\n", "\\n") + "]")
    print("\nBetween the brackets: what the right answer adds to the prompt.")
