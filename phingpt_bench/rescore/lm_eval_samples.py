"""The samples_<task>_<time>.jsonl files that lm-evaluation-harness writes with --log_samples, as tables of answers.

A line holds the row of the task under "doc", what the model gave under "resps", and the same after a filter under
"filtered_resps", with one line per row and filter. Answers are taken as the model gave them, before filters.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.rescore.table import Table

_COLUMNS = frozenset(("doc", "target", "resps", "filtered_resps", "arguments"))
_OURS = ("answer", "log_likelihoods", "continuations", "target")
_NAME = re.compile(r"samples_(.+)_\d{4}-\d{2}-\d{2}T[-\d.:+]+\.jsonl")


def task_in_name(path: str) -> str | None:
    """The task that lm-eval wrote into the name of a file of samples; None for another name."""
    match = _NAME.fullmatch(Path(path).name)
    return match[1] if match else None


def are_samples(table: Table) -> bool:
    """Whether lm-eval wrote the file."""
    return table.columns.keys() >= _COLUMNS and all(isinstance(doc, dict) for doc in table.columns["doc"])


def flattened(table: Table) -> Table:
    """The columns of the docs, "target", and "answer" or "log_likelihoods" with "continuations".

    A doc's own "gold" and "answer" are left out: both say what is right, as "target" does. Of several filters the
    lines of the first are kept; several answers to one row are a list, and null is not an answer. An index as the
    target of a choice becomes the choice. BenchError, with its line, for a row that holds neither.
    """
    columns = table.columns
    filters = columns.get("filter", [None] * len(table))
    kept = [row for row in range(len(table)) if filters[row] == filters[0]]
    docs = [columns["doc"][row] for row in kept]
    names = dict.fromkeys(name for doc in docs for name in doc if name not in ("gold", *_OURS))
    result: dict[str, list[Any]] = {name: [doc.get(name) for doc in docs] for name in names}
    chosen = [_likelihoods(columns["resps"][row]) for row in kept]
    if all(values is not None for values in chosen):
        result["log_likelihoods"] = chosen
        continuations = [_continuations(columns["arguments"][row]) for row in kept]
        result["continuations"] = continuations
        targets = zip((columns["target"][row] for row in kept), continuations, strict=True)
        result["target"] = [_named(target, choices) for target, choices in targets]
        what = sentence("log-likelihoods")
    else:
        result["answer"] = [_written(table, row) for row in kept]
        result["target"] = [columns["target"][row] for row in kept]
        what = sentence("answers")
    places = [table.places[row] for row in kept]
    note = sentence(
        "Samples of lm-eval: {what} as the model gave them ('resps'), columns of the rows from 'doc'.", what=what
    )
    if len(kept) < len(table):
        more = sentence_n(
            "{n:,} line of a further filter holds the same and was left out.",
            "{n:,} lines of further filters hold the same and were left out.",
            len(table) - len(kept),
        )
        note = joined((note, more), " ")
    return Table(table.path, result, places, table.unit, note, True)


def _likelihoods(resps: Any) -> list[float | None] | None:
    """The log-likelihoods of the choices, None if one is not a number; None for an answer that was written."""
    choices = resps if isinstance(resps, list) else []
    pairs = [choice[0] if isinstance(choice, list) and choice else None for choice in choices]
    if not pairs or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return None
    values: list[float | None] = []
    for pair in pairs:
        assert isinstance(pair, list)
        try:
            value = float(pair[0])
        except (TypeError, ValueError, OverflowError):
            return None
        values.append(value if math.isfinite(value) else None)
    return values


def _continuations(arguments: Any) -> list[str] | None:
    """The choices whose likelihoods were asked for."""
    asked = list(arguments.values()) if isinstance(arguments, Mapping) else arguments
    if not isinstance(asked, list):
        return None
    pairs = [list(pair.values()) if isinstance(pair, Mapping) else pair for pair in asked]
    if not all(isinstance(pair, list) and len(pair) > 1 and isinstance(pair[1], str) for pair in pairs):
        return None
    return [pair[1].strip() for pair in pairs]


def _named(target: Any, choices: list[str] | None) -> Any:
    try:
        at = int(target)
    except (TypeError, ValueError):
        return target
    return choices[at] if choices and 0 <= at < len(choices) and str(target) not in choices else target


def _written(table: Table, row: int) -> Any:
    """The answer to a row, or a list of its answers; None for null."""
    resps = table.columns["resps"][row]
    first = resps[0] if isinstance(resps, list) and resps else ()
    answers = first if isinstance(first, list) else [first]
    if not answers or not all(answer is None or isinstance(answer, str) for answer in answers):
        raise BenchError(
            "'resps' holds neither an answer nor log-likelihoods of choices: {json}",
            where=table.where(row),
            json=json.dumps(resps)[:60],
        )
    return answers if len(answers) > 1 else answers[0]
