"""A task as a suite needs it: lm-eval's object with its rows, and digests of what decides the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.data import catalogue
from phingpt_bench.harness import manager


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """One task. `ids` are those of its test rows in order; `requests` are asked per row; `task` is lm-eval's object.

    template: digest of what shapes prompt and answer. setup: digest of the rest that decides the answers (few-shot
    examples, generation settings, version).
    """

    name: str
    version: str
    dataset: catalogue.Dataset
    split: str
    ids: tuple[str, ...]
    requests: int
    template: str
    setup: str
    task: Any


def task_facts(name: str) -> TaskFacts:
    """Load a task with its dataset. BenchError when it is not one of the catalogue's: its rows have no protocol."""
    task = manager.load_task(name)
    config = task.config
    source = (config.dataset_kwargs or {}).get("dataset")
    if source is None:
        raise BenchError(
            f"task '{name}' reads no dataset of the catalogue, so its scores would have no protocol",
            hint=f"'phingpt-bench lm-eval run --tasks {name} ...' runs it without records",
        )
    docs = task.eval_docs
    choices = config.doc_to_choice if task.OUTPUT_TYPE == "multiple_choice" else None
    version = str(task.VERSION)
    fewshot = config.fewshot_config
    setup = {
        "version": version,
        "generation": config.generation_kwargs if choices is None else None,
        "fewshot": [config.fewshot_split, fewshot.get("sampler") if isinstance(fewshot, dict) else str(fewshot)],
    }
    return TaskFacts(
        name=name,
        version=version,
        dataset=catalogue.dataset(source),
        split=config.test_split or config.validation_split,
        ids=tuple(doc["id"] for doc in docs),
        requests=1 if choices is None else len(task.doc_to_choice(docs[0])),
        template=manager.template_digest(task),
        setup=digest(setup),
        task=task,
    )
