"""The rows that a recipe trains on, and what the adapter's card says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.data import catalogue
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.taskfiles import asked
from phingpt_bench.train.recipe import Recipe
from phingpt_bench.train.rows import Row, task_rows

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """The rows of all tasks in order, and what determined them."""

    rows: list[Row]
    digests: dict[str, str]  # task and splits -> digest of the token ids
    ids: dict[str, list[str]]  # task -> row ids
    templates: dict[str, str]  # task -> digest of its prompt template
    licences: dict[str, str]  # task -> licence of its dataset, of catalogued ones
    too_long: int  # rows skipped for their length


def training_data(recipe: Recipe, tokenizer: Any, limit: int | None, tasks: TaskManager | None = None) -> TrainingData:
    """The rows of every task of the recipe, the first `limit` of each; BenchError if none is short enough.

    tasks: lm-eval's task manager; by default a new one.
    """
    known = tasks or manager.task_manager()
    rows: list[Row] = []
    digests, ids, templates, licences = {}, {}, {}, {}
    too_long = 0
    for name in recipe.tasks:
        task = manager.load_task(name, known)
        found, docs = task_rows(task, recipe.splits, tokenizer, chat_template=recipe.chat_template)
        kept = [pair for pair in zip(found, docs, strict=True) if len(pair[0].ids) <= recipe.max_tokens]
        too_long += len(found) - len(kept)
        kept = kept[:limit]
        rows += [row for row, _ in kept]
        digests[f"{name} {'+'.join(recipe.splits)}"] = digest([[row.ids, row.start] for row, _ in kept])
        ids[name] = [doc["id"] for _, doc in kept]
        templates[name] = manager.template_digest(task)
        dataset = asked(vars(task.config)).dataset
        if dataset in catalogue.names():
            licences[name] = catalogue.dataset(dataset).licence
    if not rows:
        raise BenchError(
            "recipe '{name}' has no row of at most {max_tokens} tokens",
            hint="raise max_tokens",
            name=recipe.name,
            max_tokens=recipe.max_tokens,
        )
    return TrainingData(rows=rows, digests=digests, ids=ids, templates=templates, licences=licences, too_long=too_long)
