"""Made-up boards for the tests of the page. Nothing here was measured."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from helpers.board_factory import PRICE, example_runs, labels, make_run
from helpers.published import published
from phingpt_bench.board.frontier import frontier
from phingpt_bench.board.row import Row
from phingpt_bench.board.sections import build
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.results.collect import Run
from phingpt_bench.results.difference import Difference
from phingpt_bench.stats.interval import Interval

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "<!--<script>",
    "javascript:alert(1)", '" onmouseover="alert(1)', "\u2028\u2029 line", "A" * 300,
    "\u202eright-to-left \u05de\u05d5\u05d3\u05dc", "{{script}} {{data}}", "__proto__", "constructor",
]  # fmt: skip


def with_probs(outcomes: Outcomes, seed: int = 0) -> Outcomes:
    """The outcomes with label probabilities whose highest is the answer."""
    random = np.random.default_rng(seed)
    probs = []
    for pred in outcomes.pred:
        values = np.sort(random.dirichlet(np.ones(len(outcomes.labels))))[::-1]
        order = np.roll(np.arange(len(values)), 0)
        row = np.empty(len(values))
        row[[pred, *[i for i in order if i != pred]] if pred >= 0 else order] = values
        probs.append(row.tolist())
    return dataclasses.replace(outcomes, probs=probs)


@functools.cache
def board() -> Board:
    """The board of `runs`, with published rows."""
    return build(runs(), published())


@functools.cache
def runs() -> list[Run]:
    """`board_factory.example_runs` with probabilities where every answer is a label."""
    return [
        dataclasses.replace(run, outcomes=with_probs(run.outcomes, i))
        if run.outcomes.kind == "labels" and min(run.outcomes.pred) >= 0
        else run
        for i, run in enumerate(example_runs())
    ]


@functools.cache
def hostile_runs() -> list[Run]:
    """A base and a tuned run for each hostile name, which is model, adapter, dataset, suite and warning at once."""
    made = [make_run("majority", "floor", labels(0.4, 40, seed=1), task="phin_hostile")]
    for i, text in enumerate(HOSTILE):
        names = {"base": text, "dataset": text, "suite": text, "task": "phin_hostile", "digest": f"{i:08d}"}
        made.append(make_run(text, "base", labels(0.5, 40, seed=i), **names))
        made.append(make_run(text, "tuned", labels(0.9, 40, seed=i), adapter=text, **names))
    return made


@functools.cache
def many_rows(n: int = 10_000) -> list[Run]:
    """A base and a tuned run of one task with n rows and probabilities."""
    base, tuned = labels(0.5, n, seed=1), labels(0.9, n, seed=2)
    return [
        make_run("Model A", "base", with_probs(base, 1), task="phin_many"),
        make_run("Model A", "tuned", with_probs(tuned, 2), task="phin_many", adapter="adapter-one"),
    ]


def large_board(models: int = 500, tasks: int = 20) -> Board:
    """Every model on every task: three of five tuned, one base, one floor."""
    one = next(row for row in board().sections[-1].rows if row.kind == "tuned")
    random = np.random.default_rng(0)
    sections = []
    for task in range(tasks):
        order = [int(i) for i in np.argsort(random.normal(0, 0.05, models) - np.arange(models) / models)]
        rows = [_row(one, i, float(0.95 - 0.9 * place / models), random) for place, i in enumerate(order)]
        front = frontier([(row.usd_per_1000, row.score) for row in rows])
        rows = [
            dataclasses.replace(row, frontier=on, rank=place)
            for place, (row, on) in enumerate(zip(rows, front, strict=True), 1)
        ]
        sections.append(
            Section(
                task=f"phin_task_{task}", protocol=f"task-{task}/made-up/v1", dataset=f"Made-up {task}", split="test",
                metric="f1_weighted", limit=None, n=1000, synthetic=False, rows=tuple(rows), published=(), notes=(),
            )
        )  # fmt: skip
    return Board(sections=tuple(sections), limited=(), older=0)


def _row(one: Row, i: int, score: float, random: np.random.Generator) -> Row:
    kind = ("tuned", "tuned", "tuned", "base", "floor")[i % 5]
    low, high = max(0.0, score - 0.03), min(1.0, score + 0.03)
    usd = None if i % 17 == 0 else float(random.lognormal(-6, 2))
    gain = float(random.normal(0.1, 0.1))
    test = Difference(
        against="base", value=gain, low=gain - 0.05, high=gain + 0.05, p=0.01, p_holm=0.03, n=1000, method="permutation"
    )  # fmt: skip
    tuned = kind == "tuned"
    return dataclasses.replace(
        one, name=f"Model {i}", base=f"made-up/model-{i}", kind=kind, score=score,
        interval=Interval(low, high, 0.95, "bootstrap"), adapter=f"adapter-{i}" if tuned else None,
        against_base=test if tuned else None, usd_per_1000=usd, parameters=10**6 * (i + 1), run_id=f"{i}-{score}",
        training=Ledger(seconds={"train": 100.0 + i}, usd=0.01 * (i + 1), price=PRICE) if tuned else None,
    )  # fmt: skip
