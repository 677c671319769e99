"""The counted part of a passport: rows, ids, digests and counts, computed from its reader's rows.

For a new passport, and for the test that no shipped passport is out of date.
"""

from __future__ import annotations

import inspect
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.yamlfile import load_yaml
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.data.readers import reader
from phingpt_bench.data.rows import Rows

# placeholders for the fields until they are counted
BLANK: dict[str, Any] = {"rows": {"test": 0}, "ids": {"test": ""}, "digests": {"test": ""}, "counts": {}}


def draft(passport_path: Path | str) -> Passport:
    """The passport in a file whose counted fields may be missing, empty or wrong: they are ignored.

    Every other field is checked as usual; BenchError names file and mistake.
    """
    value = load_yaml(Path(passport_path))
    if value is not None and not isinstance(value, dict):
        raise BenchError("a passport is a mapping of fields", where=str(passport_path))
    passport = config.build(Passport, {**(value or {}), **BLANK}, str(passport_path))
    takes = list(inspect.signature(reader(passport.reader)).parameters)[2:]  # after the origin and the path
    for option in passport.options:
        if option not in takes:
            raise unknown(
                sentence("option of reader '{reader}'", reader=passport.reader), option, takes, where=str(passport_path)
            )
    return passport


def stamp(passport_path: Path | str, path: str | None = None) -> dict[str, dict[str, object]]:
    """{"rows", "ids", "digests", "counts"}, each by split, of the rows that the passport's reader returns now.

    path: as for catalogue.load. `counts` has every label of the passport in its order, including those without rows,
    and is empty for kind "scores". Nothing is written. BenchError, naming the file, for a label that the passport does
    not list, for rows of another kind, and for a reader without test rows.
    """
    passport = draft(passport_path)
    splits = catalogue.read(passport, path)
    if not splits.get("test"):
        raise BenchError("the reader '{reader}' returns no test rows", where=str(passport_path), reader=passport.reader)
    return {
        "rows": {split: len(rows) for split, rows in splits.items()},
        "ids": {split: catalogue.ids_digest(row["id"] for row in rows) for split, rows in splits.items()},
        "digests": {split: catalogue.content_digest(rows) for split, rows in splits.items()},
        "counts": {
            split: counts
            for split, rows in splits.items()
            if (counts := count(passport, rows, where=str(passport_path)))
        },
    }


def count(passport: Passport, rows: Rows, where: str | None = None) -> dict[str, int]:
    """Rows of each label, or entities of each type, in the order of the passport; {} for kind "scores"."""
    key = {"labels": "label", "spans": "entities", "scores": "score"}[passport.kind]
    for row in rows:
        if key not in row:
            raise BenchError("a row of kind {kind} has no '{key}'", where=where, kind=passport.kind, key=key)
    if passport.kind == "scores":
        return {}
    if passport.kind == "labels":
        found = Counter(row["label"] for row in rows)
    else:
        found = Counter(entity["type"] for row in rows for entity in row["entities"])
    for name in found:
        if name not in passport.labels:
            raise unknown(sentence("label"), name, passport.labels, where=where)
    return {name: found[name] for name in passport.labels}


def as_yaml(stamped: dict[str, dict[str, object]]) -> str:
    """The four fields as the lines of a passport, one line for each split except for the numbers of rows."""
    lines = []
    for name, splits in stamped.items():
        if name == "rows" or not splits:
            lines.append(f"{name}: {_flow(splits)}")
        else:
            lines += [f"{name}:", *(f"  {split}: {_flow(value)}" for split, value in splits.items())]
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    """A value in one line of YAML. Digests are quoted: with only digits, or one "e", they would be numbers."""
    if isinstance(value, str):
        return f'"{value}"'
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True).strip()
