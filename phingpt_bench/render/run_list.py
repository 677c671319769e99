"""Runs as a list: a line each, before anything is compared or ranked."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.render.measures import metric_name
from phingpt_bench.results.collect import Run
from phingpt_bench.text.blocks import Block, Grid, Title, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import count, say, say_n
from phingpt_bench.text.numbers import score_text

TRANSLATED = ("task", "model", "setting", "rows", "metric", "score")
COLUMNS = TRANSLATED


def run_blocks(runs: Sequence[Run]) -> list[Block]:
    """A table of the runs, in their order, with the primary score of each."""
    grid = Grid(folding(*map(say, COLUMNS), right=(3, 5), fold=1), [_cells(run) for run in runs])
    return [Title(say_n("{n} run", "{n} runs", len(runs)), level=1), grid]


def _cells(run: Run) -> list[str]:
    record, model, protocol = run.record, run.record.model, run.record.protocol
    name = f"{model.name} + {model.adapter}" if model.adapter else model.name
    rows = count(protocol.n) if record.limit is None else say("{n:,} (limit)", n=protocol.n)
    setting = protocol.variant if model.kind in ("base", "tuned") else say(model.kind)
    metric, score = protocol.metric, record.scores.get(protocol.metric)
    return [clean(record.task), clean(name), setting, rows, metric_name(metric), score_text(score)]
