"""Scoring: our scorer and those of other benchmarks on the same answers, each score with its interval."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rescore.case import Case
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Doc, Target
from phingpt_bench.rescore.values import OURS, Example, Scored, Value
from phingpt_bench.rivals import SCORERS
from phingpt_bench.rivals import words as rival_words
from phingpt_bench.rivals.base import MISSING, Rival
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.scoring.statistics import STATISTICS
from phingpt_bench.stats import resample
from phingpt_bench.stats.clusters import independent, summed
from phingpt_bench.stats.interval import Interval, at_edge
from phingpt_bench.stats.resample import Score
from phingpt_bench.stats.score_interval import counted, interval

ALL = "all"
EXAMPLES = 3
LEVEL = 0.95
OUR_RULE = sentence("A label named in its own words, negation heeded; else INVALID, with a reason (scoring/labels.py).")
KINDS = {"labels": sentence("labels"), "spans": sentence("entities"), "scores": sentence("numbers")}
_DRAWS = 100_000_000  # the maximum of drawn rows; takes a second or two
_NO_ANSWER = sentence("no answer in the file")


def resamples(n: int) -> int:
    """The number of resamples for n rows: 10,000, down to 1,000 for many rows."""
    return int(np.clip(_DRAWS // max(n, 1), 1_000, 10_000))


def check_names(names: Sequence[str]) -> None:
    """BenchError for an unknown scorer, with the nearest name."""
    for name in names:
        if name not in (ALL, OURS, *SCORERS):
            raise unknown(sentence("scorer"), name, [ALL, OURS, *SCORERS])


def chosen(names: Sequence[str], kind: str) -> list[str]:
    """The scorers to use, each once, in the order given; "all" means those of the kind, each rule once.

    BenchError for one that reads another kind of answer.
    """
    fitting: list[str] = [OURS, *(name for name, rival in SCORERS.items() if rival.kind == kind)]
    rules = {SCORERS[name].counter: name for name in reversed(fitting[1:])}  # finlora-type is finlora by another name
    result: dict[str, None] = {}
    for name in names or [OURS]:
        if name in SCORERS and SCORERS[name].kind != kind:
            raise BenchError(
                "scorer '{name}' reads {kind}, and the answers here are {here}",
                hint=sentence("scorers for {kind}: {names}", kind=KINDS[kind], names=", ".join(fitting)),
                name=name,
                kind=KINDS[SCORERS[name].kind],
                here=KINDS[kind],
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
    doc = case.docs[at]
    if case.likelihoods is not None:
        return answered.chosen_label(doc, target.names, case.likelihoods[at])
    return answered.written(target.kind, doc, target.names, case.answers[at], target.form, case.rules)


def ours(outcomes: Outcomes, primary: str | None) -> Scored:
    """All of our scores that the outcomes allow."""
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


def rival(
    scorer: Rival, case: Case, target: Target, table: Table, mine: Sequence[str], clusters: Sequence[int]
) -> Scored:
    """Another benchmark's scores. mine: what we read in each answer, as that scorer would say it.

    BenchError if it cannot score such labels.
    """
    found = values(scorer.rows(case.answers, case.docs, target.names), scorer.functions, clusters)
    theirs = scorer.read(case.answers, case.docs, target.names)
    other = [at for at, row in enumerate(case.rows) if row is not None and theirs[at] != mine[at]]
    examples: list[Example] = []
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
    return rival_words.tags_text(*rival_words.tagged({"text": doc["text"], "entities": entities}))


def _example(case: Case, target: Target, table: Table, at: int, mine: str, theirs: str) -> Example:
    doc, row = case.docs[at], case.rows[at]
    assert row is not None
    gold = _in_words(doc, answered.gold_spans(doc)) if target.kind == "spans" else str(doc["label"])
    return Example(place=table.places[row], answer=case.answers[at], ours=mine, theirs=theirs, gold=gold)


def values(
    rows: np.ndarray, functions: Mapping[str, Callable[[np.ndarray], np.ndarray]], clusters: Sequence[int] = ()
) -> dict[str, Value]:
    """Scores of rows of counts, with the intervals of `interval`; all of them from one set of draws."""
    total = rows.sum(0)
    drawn = _drawn(rows, functions, clusters)
    result = {}
    for name, function in functions.items():
        score = float(function(total))
        if np.isnan(score):
            result[name] = Value(name, None, None)
            continue
        found = _of_accuracy(rows, function, score, clusters) if name == "acc" else None
        result[name] = Value(name, score, found or _percentile(name, function, drawn.get(name), rows, clusters))
    return result


def _drawn(
    rows: np.ndarray, functions: Mapping[str, Callable[[np.ndarray], np.ndarray]], clusters: Sequence[int]
) -> dict[str, np.ndarray]:
    """Each score of resampled rows (or clusters), shape (resamples,); empty if there is one row or none."""
    units = summed(rows, clusters)
    if len(units) < 2:
        return {}
    parts: dict[str, list[np.ndarray]] = {name: [] for name in functions}
    for part in resample.totals(units, resamples(len(rows)), seed=0):
        for name, function in functions.items():
            parts[name].append(np.asarray(function(part)))
    return {name: np.concatenate(found) for name, found in parts.items()}


def _percentile(
    name: str, function: Score, drawn: np.ndarray | None, rows: np.ndarray, clusters: Sequence[int]
) -> Interval | None:
    """The percentile interval of resampled scores; where they are all 0, or all 1, that of `at_edge`."""
    if drawn is None:
        return None
    ends = resample.percentiles(drawn, LEVEL, independent(len(rows), clusters))
    method = "bootstrap-clustered" if len(clusters) else "bootstrap"
    if not ends:
        return None
    bounds = METRICS[name].bounds if name in METRICS else (0.0, 1.0)
    edge = at_edge(ends[0], counted(rows, function, clusters), bounds, LEVEL) if ends[0] == ends[1] else None
    return edge or Interval(*ends, LEVEL, method)


def _of_accuracy(
    rows: np.ndarray, accuracy: Callable[[np.ndarray], np.ndarray], score: float, clusters: Sequence[int]
) -> Interval | None:
    """The interval of an accuracy; None if it is not a share of the rows that have one (a mean of means)."""
    alone = np.asarray(accuracy(rows), dtype=float)
    counted = ~np.isnan(alone)
    if not counted.any() or abs(float((alone[counted] > 0.5).mean()) - score) > 1e-9:
        return None
    own = np.asarray(clusters)[counted] if len(clusters) else None
    return interval(rows[counted], "acc", accuracy, clusters=own, level=LEVEL)
