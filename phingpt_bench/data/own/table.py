"""Tables with a text and an answer in each row: CSV, TSV, with semicolons, JSON lines, JSON, parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import joined, sentence
from phingpt_bench.data.own import columns
from phingpt_bench.data.own.columns import Ask
from phingpt_bench.data.own.example import Example, Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns that a user named; None: to be looked for. codes: the label of each value of the label column."""

    text: str | None = None
    label: str | None = None
    score: str | None = None
    document: str | None = None
    codes: Mapping[str, str] | None = None


def table(path: str, rows: Sequence[Mapping[str, Any]], places: Sequence[str], wanted: Columns, ask: Ask) -> Found:
    """The examples of a table. Numbers are scores if they have decimals; whole ones need the names of their labels.

    path: of their file, for errors; there is a row at least. BenchError for columns that cannot be found, for a CSV
    file without column names, and for a score that cannot be read.
    """
    if wanted.label is not None and wanted.score is not None:
        raise BenchError("give one of them: a task has labels or scores", where="--label, --score")
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = columns.text_column(rows, names, wanted.text, ask)
    answer = columns.answer_column(rows, names, text, wanted.label, wanted.score, ask)
    if answer == text:
        raise BenchError(
            "'{name}' would be both the text and the answer",
            where="--score" if wanted.score is not None else "--label",
            hint="columns: {names}", name=text, names=", ".join(names),
        )  # fmt: skip
    by_name = wanted.label or wanted.score or columns.column("label", [answer], None)
    if by_name is None and any(row.get(answer) == answer for row in rows):
        raise BenchError(
            "the first line is a row: it has no names of columns",
            where=path,
            hint="put a line such as text,label before it",
        )
    document = columns.column("document", names, wanted.document, taken=[text, answer])
    part = columns.column("part", names, None, taken=[text, answer])
    if part is not None and not any(columns.part_of(row.get(part)) for row in rows):
        part = None
    scores = wanted.score is not None or (wanted.label is None and wanted.codes is None and _decimals(rows, answer))
    if not scores:
        _check_numbers(rows, answer, wanted.codes)
    examples = []
    for row, place in zip(rows, places, strict=True):
        value = row.get(answer)
        examples.append(
            Example(
                text=str(row.get(text) or "").strip(),
                label=None if scores else _label(value, wanted.codes, place),
                score=_score(value, place) if scores else None,
                document=None if document is None or row.get(document) in (None, "") else str(row[document]),
                part=None if part is None else columns.part_of(row.get(part)),  # type: ignore[arg-type]
                place=place,
            )
        )
    held = [
        sentence("texts in '{name}'", name=text),
        sentence("scores in '{name}'", name=answer) if scores else sentence("labels in '{name}'", name=answer),
        *([sentence("documents in '{name}'", name=document)] if document else []),
        *([sentence("splits in '{name}'", name=part)] if part else []),
    ]
    return Found(examples=examples, kind="scores" if scores else "labels", form=joined(held, ", "))


def _decimals(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether a column holds nothing but numbers, some of them with decimals."""
    numbers = [columns.number(row.get(name)) for row in rows if row.get(name) not in (None, "")]
    known = [value for value in numbers if value is not None]
    return bool(known) and len(known) == len(numbers) and any(value != int(value) for value in known)


def _check_numbers(rows: Sequence[Mapping[str, Any]], name: str, codes: Mapping[str, str] | None) -> None:
    values = Counter(_key(row.get(name)) for row in rows if row.get(name) not in (None, ""))
    if codes is None and values and all(columns.number(value) is not None for value in values):
        example = ",".join(f"{value}={letter}" for value, letter in zip(sorted(values), "ABCD", strict=False))
        raise BenchError(
            "the labels in '{name}' are numbers, which say nothing to a model",
            where="--codes",
            hint="name them: --codes {example}; or --score {name} if they are measured",
            name=name,
            example=example,
        )


def _label(value: Any, codes: Mapping[str, str] | None, place: str) -> str | None:
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else ", ".join(map(str, value)) or None
    if value is None or not str(value).strip():
        return None
    if codes is None:
        return str(value).strip()
    if (key := _key(value)) not in codes:
        raise BenchError(
            "{value!r} is not one of the codes", where=place, hint="codes: {names}", value=key, names=", ".join(codes)
        )
    return codes[key]


def _key(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _score(value: Any, place: str) -> float | None:
    if value is None or not str(value).strip():
        return None
    found = columns.number(value)
    if found is None or not -1 <= found <= 1:
        raise BenchError(
            "{value!r} is not a number from -1 to 1",
            where=place,
            hint="divide by the largest, or name them as labels: --label, --codes",
            value=value,
        )
    return found
