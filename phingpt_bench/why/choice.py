"""Which rows of a task are explained."""

from __future__ import annotations

import random
from collections.abc import Sequence

from phingpt_bench.core.errors import BenchError, nearest
from phingpt_bench.core.outcomes import Outcomes, answer_at

FLIPS, ERRORS, ALL, RANDOM = "flips", "errors", "all", "random"
_SEED = 0


def chosen(wanted: Sequence[str], runs: Sequence[Outcomes]) -> tuple[str, list[str]]:
    """(flips, errors, all, random or ids; the ids of the rows in the order of the first run, of "random" shuffled).

    wanted: one of these words, or ids; empty means flips of two runs, and errors of one. A flip is a row that two runs
    answer in different ways, an error one that the last run gets wrong. "random" is all rows in an order that is the
    same each time, so that the first N stand for all of them: the rows of a dataset may be sorted by label. BenchError
    for flips of one run, for an id that a run lacks, and where no row is left.
    """
    first, last = runs[0], runs[-1]
    words = list(wanted) or [FLIPS if len(runs) > 1 else ERRORS]
    shared = set.intersection(*(set(rows.ids) for rows in runs))
    if words[0] not in (FLIPS, ERRORS, ALL, RANDOM) or len(words) > 1:
        for name in words:
            if name not in shared:
                raise BenchError(
                    "no row '{row}'",
                    where="--rows",
                    hint="give flips, errors, all, random, or ids of rows, such as {example}",
                    row=name,
                    example=nearest(name, shared) or first.ids[0],
                )
        return "ids", words
    if words[0] == FLIPS and len(runs) < 2:
        raise BenchError("flips are rows that two runs answer in different ways, and only one was given")
    places = [{name: at for at, name in enumerate(rows.ids)} for rows in (first, last)]
    ids = [
        name
        for name in first.ids
        if name in shared
        and (
            words[0] in (ALL, RANDOM)
            or (words[0] == FLIPS and answer_at(first, places[0][name]) != answer_at(last, places[1][name]))
            or (words[0] == ERRORS and _is_wrong(last, places[1][name]))
        )
    ]
    if not ids:
        raise BenchError("no row is one of the {choice}", hint="give --rows all, or ids of rows", choice=words[0])
    if words[0] == RANDOM:
        ids = random.Random(_SEED).sample(sorted(ids), len(ids))
    return words[0], ids


def _is_wrong(rows: Outcomes, at: int) -> bool:
    if rows.kind != "spans":
        return rows.pred[at] != rows.gold[at]
    return any(true != predicted or true != gold for true, predicted, gold in rows.counts[at])
