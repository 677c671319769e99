"""The explanation page of made-up runs."""

from __future__ import annotations

import dataclasses

import numpy as np

from helpers.board_factory import labels, spans
from phingpt_bench.board.sections import build
from phingpt_bench.board.standing import Calculation
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.render.explain.explain_blocks import explain
from phingpt_bench.render.explain.explain_lines import part
from phingpt_bench.render.explain.explain_score import working
from phingpt_bench.results.compare import Comparer
from phingpt_bench.text.write_terminal import terminal

SENTIMENT, NER = "phin_made_up_sentiment", "phin_made_up_ner"


def page(runs, row: str, task: str = SENTIMENT, width: int = 80, **how) -> str:
    return terminal(explain(build(runs, options=Calculation(**how)), runs, row, task, Comparer()), width)


def worked(metric: str, total: np.ndarray, names: list[str], width: int = 80) -> list[str]:
    """The lines from counts to a score, as they are drawn."""
    return terminal(part("Score", working(metric, total, names)), width).splitlines()[1:]


def flat(text: str) -> str:
    return " ".join(text.split())


def rich_outcomes() -> dict[str, Outcomes]:
    """Outcomes that allow every metric: label probabilities, questions, written labels, spans, scores."""
    generator = np.random.default_rng(0)
    chosen = labels(0.7, 60)
    probs = generator.dirichlet(np.ones(3), 60).round(5).tolist()
    counts = spans(0.7, 60)
    strict = np.array(counts.counts)
    return {
        "chosen": dataclasses.replace(chosen, probs=probs, groups=[i % 4 for i in range(60)]),
        "written": labels(0.7, 60, invalid=0.2),
        "spans": dataclasses.replace(
            counts, partial=[[int(t), 1, int(p), int(g)] for t, p, g in strict.sum(1)],
            typed=[[int(t), int(p), int(g)] for t, p, g in strict.sum(1)],
        ),
        "scores": Outcomes(
            kind="scores", labels=[], ids=chosen.ids, gold=generator.uniform(-1, 1, 60).tolist(),
            pred=generator.uniform(-1, 1, 60).tolist(),
        ),
    }  # fmt: skip
