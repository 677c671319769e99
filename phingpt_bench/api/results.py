"""pb.load_results(): the runs below a folder as typed records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.api.shown import ShownItems
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.records import RunRecord
from phingpt_bench.cost.ledger import total_joules, total_seconds
from phingpt_bench.results.collect import Run, collect_from
from phingpt_bench.text.blocks import Block


@dataclass(frozen=True, repr=False)
class Results(ShownItems[Run]):
    """Runs: each has its `record` (scores, cost, provenance), its `outcomes` (row by row) and its `path`."""

    def name_of(self, item: Run) -> str:
        """The task of the run."""
        return item.task

    @property
    def runs(self) -> list[RunRecord]:
        """The records alone."""
        return [run.record for run in self.items]

    def records(self) -> list[dict[str, object]]:
        """One row per run: who was asked what, the scores as `metric_NAME`, seconds, joules and USD."""
        return [_row(run) for run in self.items]

    def blocks(self) -> Sequence[Block]:
        """A table with one line per run."""
        from phingpt_bench.render.run_list import run_blocks

        return run_blocks(self.items)


def load_results(folder: str | Path | Sequence[str | Path] | None = None) -> Results:
    """The runs below a folder or several (default: results/ here, otherwise the shipped results), ordered by path.

    What `phingpt-bench leaderboard` reads: of several runs of the same kind the newest, and nothing from sub-folders
    named `local` of a folder that is given. BenchError for a folder without runs, and for the first damaged file.
    """
    return Results(tuple(collect_from(folders_of(folder))))


def folders_of(given: str | Path | Sequence[str | Path] | None) -> list[Path]:
    """The folders that somebody named: none, one or several."""
    if given is None:
        return []
    return [Path(given)] if isinstance(given, (str, Path)) else [Path(folder) for folder in given]


def _row(run: Run) -> dict[str, object]:
    record, model, protocol = run.record, run.record.model, run.record.protocol
    return {
        "task": record.task, "protocol": protocol.id, "dataset": protocol.dataset, "split": protocol.split,
        "model": model.name, "kind": model.kind, "adapter": model.adapter, "variant": protocol.variant,
        "shots": protocol.shots, "chat_template": protocol.chat_template, "extraction": protocol.extraction,
        "base": model.base, "base_revision": model.base_revision, "quantisation": model.quantisation,
        "compute_dtype": model.compute_dtype, "engine": model.engine, "engine_version": model.engine_version,
        "parameters": model.parameters, "seed": record.seed, "training_seed": model.training_seed,
        "limit": record.limit, "n": protocol.n, "synthetic": protocol.synthetic, "metric": protocol.metric,
        "score": record.scores.get(protocol.metric),
        **{f"metric_{name}": score for name, score in record.scores.items()},
        "invalid": run.outcomes.invalid, **_cost("training", record.training), **_cost("evaluation", record.evaluation),
        "suite": record.suite, "created": record.created, "run_id": record.run_id, "path": str(run.path),
    }  # fmt: skip


def _cost(name: str, ledger: Ledger | None) -> dict[str, object]:
    if ledger is None:
        return {f"{name}_{unit}": None for unit in ("seconds", "joules", "usd")}
    return {
        f"{name}_seconds": total_seconds(ledger),
        f"{name}_joules": total_joules(ledger),
        f"{name}_usd": ledger.usd,
    }
