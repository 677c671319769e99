"""A task as a suite needs it: lm-eval's object with its rows, and digests of what decides the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval import manager


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """One task. `ids` are those of its test rows in order; `requests` are asked per row; `task` is lm-eval's object.

    extraction: how an answer is had, as in `Protocol.extraction`; metric: the headline metric.
    template: digest of what shapes prompt and answer. setup: digest of the rest that decides the answers without
    examples (generation settings, version); examples: ids of the rows that k-shot prompts take the first k of.
    trainable: whether there are training rows.
    """

    name: str
    version: str
    dataset: Passport
    extraction: str
    metric: str
    split: str
    ids: tuple[str, ...]
    requests: int
    template: str
    setup: str
    examples: tuple[str, ...]
    trainable: bool
    task: Any


def task_facts(name: str, tasks: Any = None) -> TaskFacts:
    """Load a task with its dataset; `tasks` is a TaskManager that knows it, by default a new one (a second's work).

    BenchError when the task is not one of the catalogue: its rows have no protocol.
    """
    task = manager.load_task(name, tasks)
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
    setup = {"version": version, "generation": config.generation_kwargs if choices is None else None}
    passport, form = catalogue.dataset(source), (config.dataset_kwargs or {}).get("format", "lines")
    written = "generation" if form == "lines" else form
    return TaskFacts(
        name=name,
        version=version,
        dataset=passport,
        extraction=written if choices is None else "label-loglikelihood",
        metric=passport.metric,
        split=config.test_split or config.validation_split,
        ids=tuple(doc["id"] for doc in docs),
        requests=1 if choices is None else len(task.doc_to_choice(docs[0])),
        template=manager.template_digest(task),
        setup=digest(setup),
        examples=_examples(task),
        trainable=bool(config.training_split),
        task=task,
    )


def _examples(task: Any) -> tuple[str, ...]:
    docs = task.fewshot_docs() if task.config.fewshot_split else None
    return tuple(doc["id"] for doc in docs or ())
