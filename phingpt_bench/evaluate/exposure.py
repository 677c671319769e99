"""Exposure: how many of a task's test rows an adapter has seen in its training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phingpt_bench.core import exposure
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import overlap
from phingpt_bench.evaluate.tasks import TaskFacts, task_facts
from phingpt_bench.models.adapter import AdapterCard


def exposure_of(
    card: AdapterCard, task: TaskFacts, limit: int | None, known: Mapping[str, TaskFacts]
) -> dict[str, Any]:
    """The training rows of an adapter's card found among the first `limit` test rows of a task.

    Counts "exact", "normalised" and "near" (see data/overlap.py), with "ids" of the test rows concerned. The texts of
    the training rows are read again from the tasks that the card names (`known` ones are not loaded anew). Where that
    is not possible, because a dataset is not at hand or no longer holds the rows, only "exact" is counted, by row id;
    "compared" says which. An adapter trained on nothing known gives zeros.
    """
    docs = list(task.task.eval_docs)[:limit]
    try:
        texts = [text for name, ids in card.row_ids.items() for text in _texts(name, set(ids), known)]
    except BenchError as err:
        seen = {row for ids in card.row_ids.values() for row in ids}
        found = [doc["id"] for doc in docs if doc["id"] in seen]
        return {"exact": len(found), "ids": found, "compared": exposure.IDS.format(why=err.message)}
    found = overlap.exposure(texts, [doc["text"] for doc in docs])
    return {
        **{kind: found[kind] for kind in overlap.KINDS},
        "ids": [docs[at]["id"] for at in found["ids"]],
        "compared": exposure.TEXTS.format(n=len(texts), m=len(docs)),
    }


def _texts(name: str, ids: set[str], known: Mapping[str, TaskFacts]) -> list[str]:
    """The texts of the training and validation rows of a task with these ids; BenchError unless all are there."""
    task = (known.get(name) or task_facts(name)).task
    rows = [*task.training_docs(), *task.validation_docs()]
    texts = {row["id"]: row["text"] for row in rows if row["id"] in ids}
    if len(texts) != len(ids):
        raise BenchError(f"{len(ids) - len(texts)} training rows of {name} are not in its dataset here")
    return list(texts.values())
