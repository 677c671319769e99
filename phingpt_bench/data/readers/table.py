"""The general reader: any table with a text column and a label or score column, described only by a passport.

With it a dataset can be added without Python. Formats by suffix: .parquet, .csv, .jsonl.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from phingpt_bench.core.errors import BenchError, meant, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import cuts
from phingpt_bench.data.cuts import cut_copies
from phingpt_bench.data.passport import SPLITS, Origin
from phingpt_bench.data.readers.evidence import marked
from phingpt_bench.data.rows import Rows
from phingpt_bench.data.sources import place, read_rows, source_of

OURS = ("id", "text", "label", "score", "evidence")  # names that a kept column cannot have


def table(  # noqa: PLR0913  its arguments are the options of a passport
    origin: Origin,
    path: str | None,
    *,
    files: dict[str, str],
    text: str,
    label: str | None = None,
    codes: Sequence[str] | Mapping[Any, str] | None = None,
    score: str | None = None,
    hub_splits: dict[str, str] | None = None,
    keep: Sequence[str] | Mapping[str, str] = (),
    cut_test: int = 0,
    cut_validation: int = 0,
    evidence: str | None = None,
) -> dict[str, Rows]:
    """{split: rows} of tables with one row for each text.

    files: our split -> path below the origin's folder. text: the column with the text.
    label: the column with the label; codes: the labels of 0, 1, 2 ..., or value -> label; without codes the values are
        the labels. score: the column with a number, for kind "scores"; either label or score.
    hub_splits: our split -> the Hub's, if the names differ. keep: further columns, [column] or {our name: column}.
    cut_test, cut_validation: the percentage of train rows, chosen by the hash of their text, for the split that the
        source lacks; test is cut first, by the hash of the normalised text (see cuts.py).
    evidence: the column with the pieces of the text that annotators marked as the reason of the answer, a list or a
        list as Python writes it; rows get their places as "evidence" (evidence.py).
    BenchError with the file and the nearest column or code, or the row (the first is 1), for what does not fit.
    """
    rules = (
        (bool(label) != bool(score), "give either label or score"),
        (label or not codes, "codes need a label column"),
        (not cut_test or "test" not in files, "cut_test makes the test split, but files has one already"),
        (not cut_validation or "validation" not in files, "cut_validation makes the split, but files has one already"),
        (not (cut_test or cut_validation) or "train" in files, "rows are cut from train, but files has none"),
    )
    for good, rule in rules:
        if not good:
            raise BenchError(rule, where=sentence("options of {folder}", folder=origin.folder))
    for split in files:
        if split not in SPLITS:
            raise unknown(sentence("split"), split, SPLITS, where=sentence("options of {folder}", folder=origin.folder))
    kept = dict(keep) if isinstance(keep, Mapping) else {name: name for name in keep}
    for name in kept:
        if name in OURS:
            raise BenchError(
                "a kept column cannot be called '{name}'",
                where=sentence("options of {folder}", folder=origin.folder),
                name=name,
            )
    source = source_of(origin, files, hub_splits=hub_splits or {})
    splits = {}
    for split in files:
        raw, where = read_rows(source, split, path), place(source, split, path)
        columns = [text, label or score, *kept.values(), evidence]
        check_columns(raw, [column for column in columns if column], where)
        value = _coded(codes) if label else _number
        answer = label or score
        assert answer is not None
        splits[split] = [
            {
                "text": _text(row[text], where, number),
                **_value(value, "label" if label else "score", row[answer], where, number),
                **{name: row[column] for name, column in kept.items()},
                **(_value(partial(marked, row[text]), "evidence", row[evidence], where, number) if evidence else {}),
            }
            for number, row in enumerate(raw, 1)
        ]
    if cut_test:
        splits["train"], splits["test"] = cut_copies(splits["train"], "test", cut_test)
    if cut_validation:
        splits["train"], splits["validation"] = cuts.cut_validation(splits["train"], cut_validation)
    return {split: splits[split] for split in SPLITS if split in splits}


def check_columns(rows: Rows, columns: Iterable[str], where: str) -> None:
    """BenchError, naming the nearest column, if the rows lack one of `columns` or there are no rows."""
    if not rows:
        raise BenchError("no rows", where=where)
    for column in columns:
        if column not in rows[0]:
            raise unknown(sentence("column"), column, rows[0], where=where)


def _text(value: Any, where: str, number: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BenchError("row {number} has no text", where=where, number=number)
    return value


def _value(read: Callable[[Any], Any], name: str, value: Any, where: str, number: int) -> dict[str, object]:
    try:
        return {name: read(value)}
    except BenchError as err:
        raise BenchError(
            sentence("row {number}: {message}", number=number, message=err.message), where=where, hint=err.hint
        ) from None


def _coded(codes: Sequence[str] | Mapping[Any, str] | None) -> Callable[[Any], str]:
    """A function from a cell to its label. Text and numbers are the same code: "1" of a CSV file, 1 and 1.0."""
    if codes is None:

        def plain(value: Any) -> str:
            if not isinstance(value, str) or not value:
                hint = sentence("give codes: the label of each value") if value not in (None, "") else None
                raise BenchError("{value!r} is not a label", hint=hint, value=value)
            return value

        return plain
    pairs = codes.items() if isinstance(codes, Mapping) else enumerate(codes)
    known = {_key(value): name for value, name in pairs}

    def coded(value: Any) -> str:
        if (key := _key(value)) in known:
            return known[key]
        raise BenchError(
            "{value!r} is not one of the codes",
            hint=meant(key, known) or sentence("codes: {names}", names=", ".join(known)),
            value=value,
        )

    return coded


def _key(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise BenchError("{value!r} is not a number", value=value)
    return number
