"""Exposure: how many of a task's test rows an adapter has seen in its training."""

from __future__ import annotations

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Compared, Exposure
from phingpt_bench.data import overlap
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.models.adapter import AdapterCard


def exposure_of(card: AdapterCard, task: TaskFacts, limit: int | None, known: Tasks) -> Exposure:
    """The training rows of an adapter's card found among the first `limit` test rows of a task (data/overlap.py).

    The texts of the training rows are read again from the tasks that the card names. Where that is not possible,
    because a dataset is not available or no longer holds the rows, only equal rows are counted, by row id. An adapter
    trained on nothing known gives zeros.
    """
    docs = list(task.task.eval_docs)[:limit]
    try:
        texts = [text for name, ids in card.row_ids.items() for text in _texts(known[name], set(ids))]
    except BenchError as err:
        seen = {row for ids in card.row_ids.values() for row in ids}
        both = [doc["id"] for doc in docs if doc["id"] in seen]
        return Exposure(exact=len(both), ids=both, compared=Compared(by="ids", why=err.message))
    found = overlap.exposure(texts, [doc["text"] for doc in docs])
    return Exposure(
        exact=found["exact"],
        normalised=found["normalised"],
        near=found["near"],
        ids=[docs[at]["id"] for at in found["ids"]],
        compared=Compared(by="texts", training_rows=len(texts), test_rows=len(docs)),
    )


def _texts(facts: TaskFacts, ids: set[str]) -> list[str]:
    """The texts of the training and validation rows of a task with these ids; BenchError unless all are there."""
    rows = [*facts.task.training_docs(), *facts.task.validation_docs()]
    texts = {row["id"]: row["text"] for row in rows if row["id"] in ids}
    if len(texts) != len(ids):
        raise BenchError(f"{len(ids) - len(texts)} training rows of {facts.name} are not in its dataset here")
    return list(texts.values())
