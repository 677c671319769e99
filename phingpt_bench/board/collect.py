"""The runs below a folder: each run.json with its outcomes.json, checked, the newest of each kind kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.core.records import Outcomes, RunRecord, outcomes, run_record
from phingpt_bench.scoring.metrics import row_counts

KINDS = ("base", "tuned", "floor", "check")
LOCAL = "local"  # folder of results that stay on this machine, such as those of the demonstration


@dataclass(frozen=True, slots=True)
class Run:
    """One run as it lies on the disk. `older` counts runs of the same key that this one replaces.

    seeds: the runs that this one stands for (board/seeds.py), which differ only in the seed; else empty.
    """

    record: RunRecord
    outcomes: Outcomes
    path: Path
    older: int = 0
    seeds: tuple[Run, ...] = ()

    @property
    def members(self) -> tuple[Run, ...]:
        """The runs that it stands for, which may be itself alone."""
        return self.seeds or (self,)

    @property
    def key(self) -> tuple[Any, ...]:
        """What a rerun shares with the run it replaces. The suite is no part of it; seed and adapter digest are,
        since two seeds or trainings are two measurements and the newer one must not hide the other."""
        record, model, protocol = self.record, self.record.model, self.record.protocol
        return (
            record.task, protocol.id, model.name, model.kind, model.base, model.base_revision, model.quantisation,
            model.compute_dtype, model.adapter, model.adapter_digest, protocol.shots, protocol.chat_template,
            record.limit, record.seed,
        )  # fmt: skip


def collect(folder: Path) -> list[Run]:
    """The runs below `folder` (itself included), ordered by path; of several with the same key the newest.

    What lies in a sub-folder named `local` is left out, at any depth: it is shown when that folder (or one in it) is
    asked for.
    Newest is by `created`, then by `run_id`. BenchError where the folder is missing or holds no run.json, and for the
    first file that is damaged (it is named; nothing is skipped in silence, since a board without a run would mislead).
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BenchError(
            "no such folder" if not folder.exists() else "not a folder",
            where=str(folder),
            hint="give the folder that 'phingpt-bench run SUITE' wrote, such as results/",
        )
    found = sorted(folder.rglob("run.json"))
    files = [file for file in found if LOCAL not in file.relative_to(folder).parts[:-1]]
    if found and not files:
        at = found[0].relative_to(folder).parts.index(LOCAL)
        raise BenchError(
            f"no run.json below this folder outside {LOCAL}/",
            where=str(folder),
            hint=f"runs in {LOCAL}/ are shown when asked for: "
            f"phingpt-bench leaderboard {folder.joinpath(*found[0].relative_to(folder).parts[: at + 1])}",
        )
    if not files:
        raise BenchError(
            "no run.json below this folder", where=str(folder), hint="'phingpt-bench run SUITE' writes run records"
        )
    newest: dict[tuple[Any, ...], Run] = {}
    for run in map(read_run, files):
        other = newest.get(run.key)
        if other is None:
            newest[run.key] = run
            continue
        old, new = sorted((other, run), key=lambda r: (r.record.created, r.record.run_id))
        newest[run.key] = Run(new.record, new.outcomes, new.path, older=old.older + new.older + 1)
    return sorted(newest.values(), key=lambda run: run.path)


def read_run(path: Path) -> Run:
    """The run whose record is `path` (a run.json), with the outcomes.json beside it; BenchError names the bad file."""
    beside = path.with_name("outcomes.json")
    hint = f"run it again, or remove {path.parent} to draw the board without it"
    record = _read(path, run_record, _record_fault, hint)
    rows = _read(beside, outcomes, _outcomes_fault, hint)
    if len(rows.ids) != record.protocol.n:
        raise BenchError(f"{len(rows.ids)} rows, but run.json says {record.protocol.n}", where=str(beside), hint=hint)
    if rows.kind != record.protocol.kind:
        raise BenchError(
            f"kind '{rows.kind}', but run.json says '{record.protocol.kind}'", where=str(beside), hint=hint
        )
    return Run(record, rows, path)


def _read(path: Path, build: Any, fault: Any, hint: str) -> Any:
    """`build` applied to the JSON object in `path`, and refused where `fault` finds something wrong with it."""
    try:
        data = read_json(path)
        if not isinstance(data, dict):
            raise BenchError(f"holds a {type(data).__name__}, not an object")
        value = build(data)
        if found := fault(value):
            raise BenchError(found)
    except BenchError as err:
        raise BenchError(err.message, where=err.where or str(path), hint=err.hint or hint) from None
    # A damaged file may hold any JSON where a dict or a number is due; the constructors then fail in their own ways.
    except (TypeError, AttributeError, ValueError) as err:
        raise BenchError(f"damaged ({err})", where=str(path), hint=hint) from None
    return value


def _record_fault(record: RunRecord) -> str | None:
    """The first value that the board needs and that has not the type it should have."""
    model, protocol = record.model, record.protocol
    text = {
        "run_id": record.run_id, "created": record.created, "task": record.task, "model.name": model.name,
        "protocol.id": protocol.id, "protocol.metric": protocol.metric, "protocol.rows_digest": protocol.rows_digest,
    }  # fmt: skip
    whole = {"protocol.n": protocol.n, "protocol.shots": protocol.shots, "seed": record.seed}
    if record.limit is not None:
        whole["limit"] = record.limit
    for name, value in text.items():
        if not isinstance(value, str):
            return f"{name} is not a text: {value!r}"
    for name, value in whole.items():
        if not isinstance(value, int) or isinstance(value, bool):
            return f"{name} is not a whole number: {value!r}"
    if model.kind not in KINDS:
        return f"model.kind is {model.kind!r}, not one of {', '.join(KINDS)}"
    for name in ("scores", "diagnostics"):
        if not isinstance(getattr(record, name), dict):
            return f"{name} is not an object"
    for ledger in filter(None, (record.evaluation, record.training)):
        if not isinstance(ledger.seconds, dict) or not all(_number(v) for v in ledger.seconds.values()):
            return "ledger seconds are not numbers by phase"
        if ledger.usd is not None and not _number(ledger.usd):
            return f"ledger usd is not a number: {ledger.usd!r}"
    return None


def _outcomes_fault(rows: Outcomes) -> str | None:
    """What makes the rows useless for pairing or scoring; `row_counts` raises BenchError for the rest."""
    n = len(rows.ids)
    if n == 0:
        return "no rows"
    if len(set(rows.ids)) != n:
        return "row ids are not distinct"
    for name in ("invalid", "entities", "misses", "clusters"):
        if len(column := getattr(rows, name)) not in (0, n):
            return f"{name} has {len(column)} values for {n} rows"
    if not all(type(cluster) is int for cluster in rows.clusters):
        return "clusters are not whole numbers"
    row_counts(rows)
    return None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
