"""The scorers at work: ours and those of other benchmarks, on the same answers, each score with its interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.data.clusters import clusters_of
from phingpt_bench.rescore.case import Case
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Doc, Target
from phingpt_bench.rescore.values import OURS, Example, Scored, Value
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.scoring.rivals import SCORERS, Rival
from phingpt_bench.scoring.rivals import words as rival_words
from phingpt_bench.scoring.rivals.base import MISSING
from phingpt_bench.scoring.statistics import STATISTICS
from phingpt_bench.stats import resample
from phingpt_bench.stats.clusters import independent, summed
from phingpt_bench.stats.intervals import Interval, interval

ALL = "all"
EXAMPLES = 3
LEVEL = 0.95
OUR_RULE = "A label named in its own words, negation heeded; else INVALID, with a reason (scoring/labels.py)."
KINDS = {"labels": "labels", "spans": "entities", "scores": "numbers"}
_DRAWS = 100_000_000  # of rows, at most; a second or two
_NO_ANSWER = "no answer in the file"


def resamples(n: int) -> int:
    """How often n rows are drawn again for an interval: 10,000 times, 1,000 where rows are many."""
    return int(np.clip(_DRAWS // max(n, 1), 1_000, 10_000))


def check_names(names: Sequence[str]) -> None:
    """BenchError for an unknown scorer, with the nearest name."""
    for name in names:
        if name not in (ALL, OURS, *SCORERS):
            raise unknown("scorer", name, [ALL, OURS, *SCORERS])


def chosen(names: Sequence[str], kind: str) -> list[str]:
    """The scorers to use, each once, in the order given; "all" stands for those of the kind, each rule once.

    BenchError for one that reads another kind of answer.
    """
    fitting = [OURS, *(name for name, rival in SCORERS.items() if rival.kind == kind)]
    rules = {SCORERS[name].counter: name for name in reversed(fitting[1:])}  # finlora-type is finlora by another name
    result: dict[str, None] = {}
    for name in names or [OURS]:
        if name in SCORERS and SCORERS[name].kind != kind:
            raise BenchError(
                f"scorer '{name}' reads {KINDS[SCORERS[name].kind]}, and the answers here are {KINDS[kind]}",
                hint=f"scorers for {KINDS[kind]}: {', '.join(fitting)}",
            )
        result |= dict.fromkeys([OURS, *reversed(rules.values())] if name == ALL else [name])
    return list(result)


def read(case: Case, target: Target) -> list[Answered]:
    """What our scorer reads in each answer; rows without one are INVALID for that reason."""
    rows = [_one(case, target, at) for at in range(len(case.docs))]
    return [
        dataclasses.replace(row, invalid=True, reason=_NO_ANSWER) if missing else row
        for row, missing in zip(rows, case.missing, strict=True)
    ]


def _one(case: Case, target: Target, at: int) -> Answered:
    doc, answer = case.docs[at], case.answers[at]
    if target.kind == "scores":
        return answered.written_score(doc, answer)
    if target.kind == "spans":
        return answered.written_spans(doc, target.names, answer, target.form or "lines")
    if case.likelihoods is not None:
        return answered.chosen_label(doc, target.names, case.likelihoods[at])
    return answered.written_label(doc, target.names, answer)


def ours(outcomes: Outcomes, primary: str | None) -> Scored:
    """Our scores, all that the outcomes allow."""
    by_statistic: dict[str, dict[str, Callable[[np.ndarray], np.ndarray]]] = {}
    for name, metric in METRICS.items():
        if metric.kind == outcomes.kind:
            by_statistic.setdefault(metric.statistic, {})[name] = metric.function
    found: dict[str, Value] = {}
    for statistic, functions in by_statistic.items():
        rows = STATISTICS[statistic](outcomes)
        if rows is not None:
            found |= values(rows, functions, outcomes.clusters)
    ordered = {name: found[name] for name in METRICS if name in found}
    return Scored(scorer=OURS, rule=OUR_RULE, primary=primary or next(iter(ordered)), values=ordered)


def rival(scorer: Rival, case: Case, target: Target, table: Table, mine: Sequence[str]) -> Scored:
    """Another benchmark's scores. mine: what we read in each answer, as that scorer would say it.

    BenchError where it cannot score such labels.
    """
    found = values(scorer.rows(case.answers, case.docs, target.names), scorer.functions, clusters_of(case.docs))
    theirs = scorer.read(case.answers, case.docs, target.names)
    other = [at for at, row in enumerate(case.rows) if row is not None and theirs[at] != mine[at]]
    examples = []
    shown: set[tuple[str, str]] = set()
    for at in other:
        if len(examples) == EXAMPLES:
            break
        if (case.answers[at], theirs[at]) not in shown:
            shown.add((case.answers[at], theirs[at]))
            examples.append(_example(case, target, table, at, mine[at], theirs[at]))
    return Scored(
        scorer=scorer.name, rule=scorer.rule, primary=scorer.primary, values=found, differs=len(other),
        examples=tuple(examples),
    )  # fmt: skip


def readings(case: Case, target: Target, rows: Sequence[Answered]) -> list[str]:
    """What we read in each answer: a label or "missing"; entities over whole words, as rivals see them."""
    if target.kind != "spans":
        return [MISSING if row.parsed is None else str(row.parsed) for row in rows]
    return [_in_words(doc, row.parsed.spans) for doc, row in zip(case.docs, rows, strict=True)]


def _in_words(doc: Doc, spans: Sequence[Any]) -> str:
    entities = [{"start": span.start, "end": span.end, "type": span.type} for span in spans]
    return rival_words.shown(*rival_words.tagged({"text": doc["text"], "entities": entities}))


def _example(case: Case, target: Target, table: Table, at: int, mine: str, theirs: str) -> Example:
    doc, row = case.docs[at], case.rows[at]
    assert row is not None
    gold = _in_words(doc, answered.gold_spans(doc)) if target.kind == "spans" else str(doc["label"])
    return Example(place=table.places[row], answer=case.answers[at], ours=mine, theirs=theirs, gold=gold)


def values(
    rows: np.ndarray, functions: Mapping[str, Callable[[np.ndarray], np.ndarray]], clusters: Sequence[int] = ()
) -> dict[str, Value]:
    """Scores of rows of counts, with the intervals of `stats.intervals.interval`; all of them from one set of draws."""
    total, units = rows.sum(0), summed(rows, clusters)
    scores = {name: float(function(total)) for name, function in functions.items()}
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in functions}
    if len(units) > 1:
        for part in resample.totals(units, resamples(len(rows)), seed=0):
            for name, function in functions.items():
                drawn[name].append(np.asarray(function(part)))
    result = {}
    for name, score in scores.items():
        found = _of_accuracy(rows, functions[name], score, clusters) if name == "acc" else None
        if found is None and drawn[name]:
            ends = resample.percentiles(np.concatenate(drawn[name]), LEVEL, independent(len(rows), clusters))
            found = Interval(*ends, LEVEL, "bootstrap" if units is rows else "bootstrap-clustered") if ends else None
        undefined = np.isnan(score)
        result[name] = Value(name, None if undefined else score, None if undefined else found)
    return result


def _of_accuracy(
    rows: np.ndarray, accuracy: Callable[[np.ndarray], np.ndarray], score: float, clusters: Sequence[int]
) -> Interval | None:
    """The interval of an accuracy; None where it is no share of the rows that have one (a mean of means)."""
    alone = np.asarray(accuracy(rows), dtype=float)
    counted = ~np.isnan(alone)
    if not counted.any() or abs(float((alone[counted] > 0.5).mean()) - score) > 1e-9:
        return None
    own = np.asarray(clusters)[counted] if len(clusters) else None
    return interval(rows[counted], "acc", accuracy, clusters=own, level=LEVEL)
