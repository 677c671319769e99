"""Answers: the samples that lm-eval logged in one run, as outcomes (no text) and sample lines (everything)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.data.clusters import clusters_of
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval import hooks
from phingpt_bench.scoring import answered, calibration, ner
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.entities import Parsed
from phingpt_bench.scoring.metrics import score_all
from phingpt_bench.scoring.statistics import probabilities

Sample = Mapping[str, Any]  # lm-eval's, of one document
Line = dict[str, Any]  # of samples.jsonl
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers of a run."""

    outcomes: Outcomes
    lines: list[Line]  # for samples.jsonl
    prompt_digest: str  # over all requests in order
    diagnostics: Diagnostics  # of the answers: which could not be read, which are wrong, the risk

    @property
    def empty(self) -> int | None:
        """The number of written answers without a text; None if labels were compared."""
        written = [line["answer"] for line in self.lines if "answer" in line]
        return sum(not answer.strip() for answer in written) if written else None


def read_answers(dataset: Passport, samples: Sequence[Sample]) -> Answers:
    """The answers in lm-eval's `samples` of one task, in the order of the documents."""
    ordered = sorted(samples, key=lambda sample: sample["doc_id"])
    prompt_digest = digest([[list(arguments) for arguments in sample["arguments"]] for sample in ordered])
    rows = [hooks.read(sample["doc"], _results(sample))[1] for sample in ordered]
    ids = [sample["doc"]["id"] for sample in ordered]
    shared = clusters_of([sample["doc"] for sample in ordered])
    outcomes = answered.outcomes_of(dataset.kind, dataset.labels, ids, rows, shared)
    spans = dataset.kind == "spans"
    lines = [
        {
            "doc_id": sample["doc_id"],
            "id": sample["doc"]["id"],
            **(_spans_line(sample, row) if spans else _label_line(dataset, sample, row)),
        }
        for sample, row in zip(ordered, rows, strict=True)
    ]
    found = diagnostics_of(outcomes, rows, lines)
    return Answers(outcomes=outcomes, lines=lines, prompt_digest=prompt_digest, diagnostics=found)


def check_scores(outcomes: Outcomes, results: Mapping[str, Any]) -> dict[str, float | None]:
    """All scores of the outcomes, after comparing those that the task lists with lm-eval's aggregates in `results`.

    RuntimeError if a difference is above TOLERANCE: then our outcomes are not what lm-eval scored, which is a bug.
    """
    scores = score_all(outcomes)
    for name, mine in scores.items():
        theirs = results.get(f"{name},none")
        if theirs is None:  # a task of the user's own may list fewer metrics
            continue
        if not isinstance(theirs, float):
            raise RuntimeError(f"lm-eval reports no {name}: {theirs!r}")
        same = math.isnan(theirs) if mine is None else abs(mine - theirs) <= TOLERANCE
        if not same:
            raise RuntimeError(f"{name} from the outcomes is {mine!r}, lm-eval's is {theirs!r}")
    return scores


def _results(sample: Sample) -> list[Any]:
    """The arguments of `process_results`; lm-eval logs likelihoods as texts."""
    if isinstance(sample["filtered_resps"][0], str):
        return list(sample["filtered_resps"])
    return [(float(likelihood), greedy) for likelihood, greedy in sample["filtered_resps"]]


def _label_line(dataset: Passport, sample: Sample, row: Answered) -> Line:
    """A line of a labels or scores task."""
    problems = [row.reason] if row.reason else []
    gold = dataset.labels[row.gold] if dataset.kind == "labels" else row.gold
    if row.probs is None:
        return {**_written(sample), "parsed": row.parsed, "gold": gold, "problems": problems}
    prompts = {arguments[0] for arguments in sample["arguments"]}
    values = [float(likelihood) for likelihood, _ in sample["filtered_resps"]]
    return {
        # one prompt for all labels, unless a task has a question for each label
        "prompt": prompts.pop() if len(prompts) == 1 else [arguments[0] for arguments in sample["arguments"]],
        "continuations": [arguments[1] for arguments in sample["arguments"]],
        # JSON has no infinity: null is a log-likelihood that is not finite
        "log_likelihoods": [value if math.isfinite(value) else None for value in values],
        "greedy": [bool(greedy) for _, greedy in sample["filtered_resps"]],
        "parsed": row.parsed,
        "gold": gold,
        "problems": problems,
    }


def _spans_line(sample: Sample, row: Answered) -> Line:
    return {**_written(sample), **entities_read(sample["doc"], row.parsed)}


def entities_read(doc: Mapping[str, Any], parsed: Parsed) -> Line:
    """What a line of samples.jsonl holds of entities, besides the answer: those read of it, the gold ones, faults."""
    gold = answered.gold_spans(doc)
    return {
        "parsed": [[*span, doc["text"][span.start : span.end]] for span in parsed.spans],
        "gold": [[*span, doc["text"][span.start : span.end]] for span in gold],
        "problems": [problem._asdict() for problem in parsed.problems],
        "misses": [miss._asdict() for miss in ner.explain(gold, parsed)],
    }


def _written(sample: Sample) -> Line:
    prompt, settings = sample["arguments"][0]
    return {"prompt": prompt, "generation": settings, "answer": sample["resps"][0][0]}


def diagnostics_of(outcomes: Outcomes, rows: Sequence[Answered], lines: Sequence[Line]) -> Diagnostics:
    """What the answers of a run show by themselves: how many could not be read and why, misses, selective risk."""
    invalid = sum(outcomes.invalid)
    if outcomes.kind == "spans":
        problems = Counter(problem["kind"] for line in lines for problem in line["problems"])
        forms = Counter(row.form for row in rows if row.form)
        reasons = Counter(row.reason for row in rows if row.reason and row.reason != "format")
        return Diagnostics(
            invalid=invalid,
            problems=dict(problems),
            misses=ner.misses_by_kind(outcomes.misses),
            read_as=dict(forms) or None,
            reasons=dict(reasons) or None,
        )
    found = Diagnostics(invalid=invalid, reasons=dict(Counter(row.reason for row in rows if row.reason)) or None)
    if not outcomes.probs or not outcomes.ids:
        return found
    probs = probabilities(outcomes)
    risks = calibration.risk_at(outcomes.gold_places, probs, calibration.COVERAGES)
    return replace(
        found,
        selective_risk={str(c): round(risk, 4) for c, risk in zip(calibration.COVERAGES, risks, strict=True)},
        aurc=round(calibration.aurc(outcomes.gold_places, probs), 4),
    )
