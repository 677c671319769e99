"""The folder of a run as `evaluate` leaves it, from outcomes and lines that a test makes up."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from helpers.board_factory import make_run, write_run
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import write_json, write_jsonl
from phingpt_bench.core.records import to_dict


def write_files(folder: Path, task: str, outcomes: Any, lines: list[dict[str, Any]], **provenance: Any) -> Path:
    """Write run.json, outcomes.json and samples.jsonl; the last is returned. provenance: further entries of it."""
    folder.mkdir()
    run = make_run(outcomes=outcomes, task=task)
    record = dataclasses.replace(
        run.record,
        protocol=dataclasses.replace(run.record.protocol, rows_digest=digest(outcomes.ids)),
        provenance=dataclasses.replace(run.record.provenance, **provenance),
    )
    write_run(folder, run)
    write_json(folder / "run.json", to_dict(record))
    write_jsonl(folder / "samples.jsonl", lines)
    return folder / "samples.jsonl"
