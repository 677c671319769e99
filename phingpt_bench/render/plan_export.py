"""A plan as JSON, for other schedulers: its cells, with what each needs and shares."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import json_text
from phingpt_bench.evaluate.cells import Cell
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import Suite

SCHEMA_VERSION = 1


def plan_json(suite: Suite, cells: Sequence[Cell]) -> str:
    """One object a cell; `needs` are ids of cells that come first, `group` is what cells with one loading share.

    `seconds` are known, `guess` is a range where only near runs are; at most one of them is not null.
    """
    return json_text(
        {
            "schema_version": SCHEMA_VERSION,
            "suite": suite.name,
            "results": str(suite.results_folder),
            "cells": [
                {
                    "id": cell.id, "kind": cell.step.kind, "model": cell.step.model, "task": cell.step.task,
                    "adapter": cell.step.adapter, "group": _group(cell), "needs": list(cell.needs),
                    "documents": cell.step.documents, "requests": cell.step.requests, "work": cell.work,
                    "seconds": cell.step.seconds, "guess": _guess(cell.step), "done": cell.step.done,
                    "reason": cell.step.reason, "folder": str(cell.step.folder),
                }
                for cell in cells
            ],
        }
    )  # fmt: skip


def _group(cell: Cell) -> str:
    """The id of a cell's group; empty where it needs no base."""
    return cell.group and digest(cell.group)


def _guess(step: Step) -> dict[str, object] | None:
    guess = step.guess
    return None if guess is None else {"low": guess.low, "high": guess.high, "from": str(guess.near), "runs": guess.n}
