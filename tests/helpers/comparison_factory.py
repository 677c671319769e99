"""Made-up pairs of runs for the tests of `compare`. Nothing here was measured; the names say so."""

from __future__ import annotations

import numpy as np

from helpers.board_factory import LABELS, TYPES, labels, make_run
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.results.collect import Run
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.entities import Parsed, Problem, Span

ADAPTER = {"kind": "tuned", "adapter": "adapter-one"}


def chosen_labels(accuracy: float, n: int = 120, *, seed: int) -> Outcomes:
    """Outcomes of a labels task with probabilities, the chosen label the most probable."""
    outcomes = labels(accuracy, n, seed=seed)
    random = np.random.default_rng(seed)
    probs = []
    for pred in outcomes.pred:
        row = np.sort(random.dirichlet((1, 1, 1)))
        best, rest = row[2], row[:2].tolist()
        row = [rest.pop() if at != pred else best for at in range(3)]
        probs.append([round(float(p), 5) for p in row])
    return Outcomes(
        kind="labels", labels=LABELS, ids=outcomes.ids, gold=outcomes.gold, pred=outcomes.pred,
        invalid=outcomes.invalid, probs=probs,
    )  # fmt: skip


def word(at: int, type_: str, words: int = 1) -> Span:
    """An entity of the text "w00 w01 w02 ...", in which word i begins at 4 i and ends at 4 i + 3."""
    return Span(4 * at, 4 * (at + words) - 1, type_)


def entity_row(gold, found, problems=(), text: str | None = None) -> answered.Answered:
    """One answered row: gold and found are lists of `word` arguments."""
    entities = [{"start": s, "end": e, "type": t} for s, e, t in (word(*entity) for entity in gold)]
    doc = {"text": text or " ".join(f"w{i:02d}" for i in range(12)), "entities": entities}
    return answered.spans_row(doc, TYPES, Parsed([word(*entity) for entity in found], list(problems)))


def entities(rows) -> Outcomes:
    """Outcomes of a spans task from answered rows."""
    return answered.outcomes_of("spans", TYPES, [f"s{i}" for i in range(len(rows))], rows)


def entity_outcomes(found: float, n: int = 60, *, seed: int) -> Outcomes:
    """Outcomes with offsets: up to three gold entities a row, each found with a probability, some found otherwise."""
    golds, random = np.random.default_rng(97), np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        gold = [
            (int(at), TYPES[golds.integers(3)]) for at in sorted(golds.choice(12, golds.integers(4), replace=False))
        ]
        mine = [entity for entity in gold if random.random() < found]
        if random.random() > found:
            at = int(random.integers(12))
            mine = sorted([*(entity for entity in mine if entity[0] != at), (at, TYPES[random.integers(3)])])
        problems = [Problem("format", "?", None)] if random.random() > 0.5 + found / 2 else []
        rows.append(entity_row(gold, mine, problems))
    return entities(rows)


def numbers(error: float, n: int = 80, *, seed: int, invalid: float = 0.0) -> Outcomes:
    """Outcomes of a scores task: gold in -1..1, predictions off by a normal error."""
    gold = np.random.default_rng(96).uniform(-1, 1, n).round(3)
    random = np.random.default_rng(seed)
    pred = np.clip(gold + random.normal(0, error, n), -1, 1).round(3).tolist()
    lost = random.random(n) < invalid
    return Outcomes(
        kind="scores", labels=[], ids=[f"x{i}" for i in range(n)], gold=gold.tolist(),
        pred=[None if gone else p for p, gone in zip(pred, lost, strict=True)], invalid=lost.tolist(),
    )  # fmt: skip


def pairs() -> list[Run]:
    """A base and an adapter on labels (chosen, and written), entities and numbers; and a floor on the labels."""
    chosen, written = {"protocol": "made-up/v1", "task": "phin_made_up"}, {"task": "phin_made_up_gen"}
    written |= {"form_of": chosen["task"], "extraction": "generation"}
    written["protocol"] = chosen["protocol"]
    seen = Exposure(exact=3, normalised=0, near=0)
    ner, numbers_task = {"task": "phin_made_up_ner"}, {"task": "phin_made_up_score"}
    return [
        make_run(outcomes=chosen_labels(0.5, seed=1), **chosen),
        make_run(outcomes=chosen_labels(0.8, seed=2), **chosen, **ADAPTER, exposure=seen),
        make_run("TF-IDF + LR", "floor", chosen_labels(0.7, seed=3), **chosen),
        make_run(outcomes=labels(0.5, 120, seed=4, invalid=0.6), **written),
        make_run(outcomes=labels(0.8, 120, seed=5, invalid=0.05), **written, **ADAPTER, exposure=seen),
        make_run(outcomes=entity_outcomes(0.2, seed=6), **ner),
        make_run(outcomes=entity_outcomes(0.8, seed=7), **ner, **ADAPTER),
        _scored(make_run(outcomes=numbers(0.6, seed=8, invalid=0.2), **numbers_task)),
        _scored(make_run(outcomes=numbers(0.2, seed=9), **numbers_task, **ADAPTER)),
    ]


def _scored(run: Run) -> Run:
    """A run of numbers: their primary metric is another."""
    import dataclasses

    record = run.record
    protocol = dataclasses.replace(record.protocol, metric="r2")
    return dataclasses.replace(run, record=dataclasses.replace(record, protocol=protocol))
