"""Answers: lm-eval's logged samples of one run turned into outcomes (no text) and sample lines (everything)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.records import Outcomes
from phingpt_bench.data.catalogue import Dataset
from phingpt_bench.harness import hooks
from phingpt_bench.scoring import ner
from phingpt_bench.scoring.metrics import score_all

Sample = Mapping[str, Any]
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a run answered. `lines` go to samples.jsonl; `prompt_digest` is over all requests in order.

    counts: for diagnostics; "invalid" always, for entities also problems and misses by kind.
    """

    outcomes: Outcomes
    lines: list[dict[str, Any]]
    prompt_digest: str
    counts: dict[str, Any]


def read_answers(dataset: Dataset, samples: Sequence[Sample]) -> Answers:
    """The answers in lm-eval's `samples` of one task, in the order of the documents."""
    ordered = sorted(samples, key=lambda sample: sample["doc_id"])
    prompt_digest = digest([[list(arguments) for arguments in sample["arguments"]] for sample in ordered])
    build = _labels if dataset.kind == "labels" else _spans
    outcomes, lines, counts = build(dataset, ordered)
    return Answers(outcomes=outcomes, lines=lines, prompt_digest=prompt_digest, counts=counts)


def check_scores(outcomes: Outcomes, results: Mapping[str, Any]) -> dict[str, float | None]:
    """All scores of the outcomes, after comparing each with lm-eval's own aggregate in `results`.

    RuntimeError on a difference above TOLERANCE: the outcomes then are not what lm-eval scored, a defect of ours.
    """
    scores = score_all(outcomes)
    for name, mine in scores.items():
        theirs = results.get(f"{name},none")
        if not isinstance(theirs, float):
            raise RuntimeError(f"lm-eval reports no {name}: {theirs!r}")
        same = math.isnan(theirs) if mine is None else abs(mine - theirs) <= TOLERANCE
        if not same:
            raise RuntimeError(f"{name} from the outcomes is {mine!r}, lm-eval's is {theirs!r}")
    return scores


def _labels(dataset: Dataset, samples: Sequence[Sample]) -> tuple[Outcomes, list[dict[str, Any]], dict[str, Any]]:
    gold, pred, lines = [], [], []
    for sample in samples:
        answered = [(float(likelihood), bool(greedy)) for likelihood, greedy in sample["filtered_resps"]]
        right, chosen = hooks.read_label(sample["doc"], [likelihood for likelihood, _ in answered])
        gold.append(right)
        pred.append(chosen)
        prompts = {arguments[0] for arguments in sample["arguments"]}
        lines.append(
            {
                "doc_id": sample["doc_id"],
                "id": sample["doc"]["id"],
                # one prompt for all labels, unless a task asks each label its own question
                "prompt": prompts.pop() if len(prompts) == 1 else [arguments[0] for arguments in sample["arguments"]],
                "continuations": [arguments[1] for arguments in sample["arguments"]],
                # JSON knows no infinity: null is a log-likelihood that is not finite
                "log_likelihoods": [value if math.isfinite(value) else None for value, _ in answered],
                "greedy": [greedy for _, greedy in answered],
                "parsed": dataset.labels[chosen] if chosen >= 0 else None,
                "gold": dataset.labels[right],
                "problems": [] if chosen >= 0 else ["a log-likelihood is not finite"],
            }
        )
    outcomes = Outcomes(
        kind="labels",
        labels=list(dataset.labels),
        ids=[line["id"] for line in lines],
        gold=gold,
        pred=pred,
        invalid=[chosen < 0 for chosen in pred],
    )
    return outcomes, lines, {"invalid": sum(outcomes.invalid)}


def _spans(dataset: Dataset, samples: Sequence[Sample]) -> tuple[Outcomes, list[dict[str, Any]], dict[str, Any]]:
    counts, invalid, lines = [], [], []
    problems: Counter[str] = Counter()
    misses: Counter[str] = Counter(dict.fromkeys(ner.MISS_KINDS, 0))
    for sample in samples:
        doc = sample["doc"]
        row, parsed = hooks.read_spans(doc, sample["filtered_resps"][0])
        gold = hooks.gold_spans(doc)
        found = ner.explain(gold, parsed)
        counts.append(row)
        invalid.append(parsed.invalid)
        problems.update(problem.kind for problem in parsed.problems)
        misses.update(miss.kind for miss in found)
        prompt, settings = sample["arguments"][0]
        lines.append(
            {
                "doc_id": sample["doc_id"],
                "id": doc["id"],
                "prompt": prompt,
                "generation": settings,
                "answer": sample["resps"][0][0],
                "parsed": [[*span, doc["text"][span.start : span.end]] for span in parsed.spans],
                "gold": [[*span, doc["text"][span.start : span.end]] for span in gold],
                "problems": [problem._asdict() for problem in parsed.problems],
                "misses": [miss._asdict() for miss in found],
            }
        )
    outcomes = Outcomes(
        kind="spans", labels=list(dataset.labels), ids=[line["id"] for line in lines], counts=counts, invalid=invalid
    )
    return outcomes, lines, {"invalid": sum(invalid), "problems": dict(problems), "misses": dict(misses)}
