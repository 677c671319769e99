"""A task from a user's own data: files are read, cleaned, split, and written with a passport and a task file."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from phingpt_bench.api.own_task_file import task_text
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import write_text
from phingpt_bench.core.paths import share
from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.data import catalogue, stamp
from phingpt_bench.data.catalogue import PASSPORTS
from phingpt_bench.data.own.clean import Contradictions, cleaned
from phingpt_bench.data.own.columns import MOST_LABELS, Ask
from phingpt_bench.data.own.example import Example, Found
from phingpt_bench.data.own.read import read
from phingpt_bench.data.own.split import split
from phingpt_bench.data.own.spoken_in import language_of
from phingpt_bench.data.own.table import Columns
from phingpt_bench.data.passport import SPLITS, Origin, Passport
from phingpt_bench.data.rows import Row, Rows
from phingpt_bench.data.sources import DATA
from phingpt_bench.render.starter_text import starter_text
from phingpt_bench.scoring.polarity import polarity

METRIC = {"labels": "f1_weighted", "spans": "entity_f1", "scores": "mse"}
MOST_NOTES = 6  # labels in one part alone that are named
SHARED = {"spans": "_spans_yaml", "scores": "_scores_yaml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a user says about the data. language: "en", "es", or None to look at the texts."""

    files: Mapping[str, Path]
    """By part: "train" alone is cut; a folder is one of brat."""

    name: str
    folder: Path
    columns: Columns = field(default_factory=Columns)
    encoding: str | None = None
    language: str | None = None
    licence: str = "unknown"
    contradictions: Contradictions = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The task that was written. forms: how each file was understood. notes: what was left out, by which rule."""

    passport: Passport
    files: list[Path]
    forms: dict[str, str]
    notes: list[str]


def make_task(wanted: Wanted, ask: Ask) -> Made:
    """Read the files and write the task; BenchError, before anything is written, for data that are not fit for one."""
    if not re.fullmatch(r"[A-Za-z]\w*", wanted.name):
        raise BenchError(
            "'{name}' cannot be the name of a task",
            where="--name",
            hint="use letters, digits and '_'",
            name=wanted.name,
        )
    found = {part: read(path, wanted.columns, ask, wanted.encoding) for part, path in wanted.files.items()}
    kinds = {one.kind for one in found.values()}
    if len(kinds) > 1:
        raise BenchError("the files hold different kinds of answers: {names}", names=", ".join(sorted(kinds)))
    given = _by_part(found)
    as_given = sorted(part for part in given if part != "train" or len(given) > 1)
    parts, notes = cleaned(given, wanted.contradictions)
    parts, rules = split(parts)
    kind = kinds.pop()
    labels = _labels(parts, kind)
    rows = {part: catalogue.with_ids([_row(example) for example in parts[part]]) for part in SPLITS if part in parts}
    language = wanted.language or _language(parts)
    read_notes = [
        joined([part, note], ": ") if len(found) > 1 else note for part, one in found.items() for note in one.notes
    ]
    notes = [*read_notes, *notes, *_rare(rows, kind)]
    rule = "; ".join([f"{', '.join(as_given)} as given" if as_given else "one file", *rules])
    passport = _passport(wanted, kind, labels, language, rule, rows, notes)
    files = _write(wanted, passport, rows)
    return Made(passport=passport, files=files, forms={p: one.form for p, one in found.items()}, notes=notes)


def _by_part(found: Mapping[str, Found]) -> dict[str, list[Example]]:
    """The examples by the part that the file itself puts them in, else by that of the file."""
    given: dict[str, list[Example]] = {}
    for part, one in found.items():
        for example in one.examples:
            given.setdefault(example.part or part, []).append(example)
    return given


def _labels(parts: Mapping[str, Sequence[Example]], kind: str) -> tuple[str, ...]:
    """The labels, or the types of entities: by pole where they have one, else the commonest first."""
    if kind == "scores":
        return ()
    counts: Counter[str] = Counter()
    for part in parts.values():
        for row in part:
            counts.update([row.label] if row.label is not None else [one["type"] for one in row.entities or ()])
    names = [name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    if kind == "spans" and any(set(name) & set(":;,\n") for name in names):
        raise BenchError("the type of an entity cannot hold ':', ';' or ',': {names}", names=", ".join(names))
    if not names or (kind == "labels" and len(names) < 2):
        raise BenchError(
            sentence("only one label is there: {names}", names=", ".join(names))
            if kind == "labels"
            else sentence("no row has an entity"),
            hint=sentence("a task needs two; --label names another column") if kind == "labels" else None,
        )
    if kind == "labels" and len(names) > MOST_LABELS and len(names) > sum(counts.values()) / 2:
        raise BenchError(
            "{n:,} different labels in {rows:,} rows: these are no labels",
            hint="--label names another column", n=len(names), rows=sum(counts.values()),
        )  # fmt: skip
    poles = polarity(names) if kind == "labels" else None
    if poles is not None:
        names = [name for _, name in sorted(zip(poles, names, strict=True), key=lambda pair: pair[0])]
    return tuple(names)


def _row(example: Example) -> Row:
    row: Row = {"text": example.text}
    if example.entities is not None:
        row["entities"] = example.entities
    elif example.label is not None:
        row["label"] = example.label
    else:
        row["score"] = example.score
    return row | ({"document": example.document} if example.document is not None else {})


def _language(parts: Mapping[str, Sequence[Example]]) -> str:
    found = language_of(row.text for part in parts.values() for row in part[:500])
    if found is None:
        raise BenchError(
            "the language of the texts is neither clearly English nor Spanish", hint="say which: --language en or es"
        )
    return found


def _rare(rows: Mapping[str, Rows], kind: str) -> list[str]:
    """Labels that are tested and never trained on, or the other way round."""
    if kind == "scores" or "train" not in rows:
        return []
    held = {
        part: {row["label"] for row in rows[part]} if kind == "labels"
        else {one["type"] for row in rows[part] for one in row["entities"]}
        for part in ("train", "test")
    }  # fmt: skip
    tested, trained = sorted(held["test"] - held["train"]), sorted(held["train"] - held["test"])
    notes: list[str] = [
        *(sentence("'{name}' is in the test rows, but in no training row", name=name) for name in tested),
        *(sentence("'{name}' is in the training rows, but in no test row", name=name) for name in trained),
    ]
    left = len(notes) - MOST_NOTES
    return (
        notes if left <= 0 else [*notes[:MOST_NOTES], sentence_n("{n} more such label", "{n} more such labels", left)]
    )


def _passport(
    wanted: Wanted,
    kind: str,
    labels: tuple[str, ...],
    language: str,
    rule: str,
    rows: Mapping[str, Rows],
    notes: list[str],
) -> Passport:
    name = wanted.name
    document = any("document" in row for row in rows["test"])
    options: dict[str, object] = {"files": {part: f"{part}.jsonl" for part in rows}}
    if kind == "spans":
        options |= {"document": "document"} if document else {}
    else:
        options |= {"text": "text", "label" if kind == "labels" else "score": "label" if kind == "labels" else "score"}
        options |= {"keep": ["document"]} if document else {}
    draft = Passport(
        name=name, protocol=f"{name}/own/v1", title=", ".join(path.name for path in wanted.files.values()),
        kind=kind, language=language, labels=labels,  # type: ignore[arg-type]
        origin=Origin(folder=name, paper="none", licence=wanted.licence, unpinned="the rows are on no Hub"),
        reader="spans" if kind == "spans" else "table", options=options, split=rule, metric=METRIC[kind],
        noise=[str(note) for note in notes], comparable="With runs on the same rows; nothing was published on them.",
        **{
            **stamp.BLANK,
            "rows": {part: len(held) for part, held in rows.items()},
            "ids": {part: catalogue.ids_digest(row["id"] for row in held) for part, held in rows.items()},
            "digests": {part: catalogue.content_digest(held) for part, held in rows.items()},
        },
    )  # fmt: skip
    counts = {part: counted for part, held in rows.items() if (counted := stamp.count(draft, held))}
    draft.counts.update(counts)
    return draft


def _write(wanted: Wanted, passport: Passport, rows: Mapping[str, Rows]) -> list[Path]:
    """Write rows, passport, task file and what it includes. BenchError where one of them is there already."""
    folder, name = wanted.folder, wanted.name
    data = folder / DATA / name
    task, place = folder / f"{name}.yaml", folder / PASSPORTS / f"{name}.yaml"
    for file in (task, place, data):
        if file.exists():
            raise BenchError("exists already, and is not overwritten", where=str(file), hint="give another --name")
    shared = SHARED.get(passport.kind) or ("_labels_yaml" if polarity(passport.labels) else "_topics_yaml")
    (folder / PASSPORTS).mkdir(parents=True, exist_ok=True)
    for source in sorted(share("tasks").glob("_*_yaml")):
        if not (folder / source.name).exists():
            shutil.copyfile(source, folder / source.name)
    data.mkdir(parents=True)
    for part, held in rows.items():
        lines = [json.dumps({k: v for k, v in row.items() if k != "id"}, ensure_ascii=False) for row in held]
        write_text(data / f"{part}.jsonl", "\n".join(lines) + "\n")
    about = (
        f"The rows of task {name}, which `phingpt-bench init task` made. It is not edited: other rows are another task."
    )
    write_text(place, starter_text(passport, about))
    write_text(task, task_text(name, passport, shared))
    return [task, place, *(data / f"{part}.jsonl" for part in rows)]
