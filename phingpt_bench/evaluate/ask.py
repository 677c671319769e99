"""One task put to one model through lm-eval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.blocks import showing
from phingpt_bench.evaluate.kept import Kept
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.lean import REQUESTS, Observer, lean

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager


def ask(  # noqa: PLR0913  each decides the answers
    task: TaskFacts, lm: Any, variant: Variant, tasks: TaskManager, *, seed: int, meter: Meter,
    limit: int | None = None, rows: Sequence[int] | None = None, observer: Observer | None = None,
    kept: Kept | None = None,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:  # fmt: skip
    """(lm-eval's samples, its aggregated scores) of a model on a task's first `limit` rows, or on those at `rows`.

    kept: answers from before, to which new ones are added. The meter books the model's time under "evaluate", the rest
    (rendering, scoring) under "harness".
    """
    from lm_eval import simple_evaluate

    # simple_evaluate leaves the shots of the last run in the task, and a 0 there overrides its argument
    task.task.set_config("num_fewshot", None)
    if kept is not None:  # it tells the observer of each portion
        for kind in REQUESTS:
            setattr(lm, kind, kept.asking(lm, getattr(lm, kind), meter, observer))
        observer = None
    with meter.phase("harness"), showing(task, variant.block), lean(lm, lambda: meter.phase("evaluate"), observer):
        results = simple_evaluate(
            model=lm,
            tasks=[task.task],
            num_fewshot=variant.shots,
            limit=limit,
            samples=None if rows is None else {task.name: list(rows)},
            bootstrap_iters=0,
            log_samples=True,
            apply_chat_template=variant.chat_template,
            system_instruction=task.system,
            fewshot_as_multiturn=variant.chat_template and manager.FEWSHOT_AS_MULTITURN,
            task_manager=tasks,
            random_seed=seed,
            numpy_random_seed=seed,
            torch_random_seed=seed,
            fewshot_random_seed=seed,
        )
    return results["samples"][task.name], results["results"][task.name]


def warm_up(task: TaskFacts, tasks: TaskManager) -> None:
    """Put the first row of a task to a model that says nothing, so that no later run pays for imports and reading.

    On 40 rows they made a constant answer cost four times as much as TF-IDF.
    """
    from phingpt_bench.lmeval.documents import NullLM

    ask(task, NullLM().fit(task.task), Variant(), tasks, seed=0, meter=Meter("cpu"), limit=1)
