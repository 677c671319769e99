"""The systems of an explanation: baselines fitted again, and all other runs on one loaded base."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.evaluate.recorded import recorded
from phingpt_bench.evaluate.served import identity_of
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models import adapter
from phingpt_bench.results.collect import Run
from phingpt_bench.served.opened import Opened, open_served
from phingpt_bench.served.spec import ServedAdapter, ServedSpec
from phingpt_bench.why.stored import FOLDER

FLOOR = "floor"
Active = Callable[[], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class System:
    """A model that answers within the block `active()`, under the prompt setting of its run.

    scores: whether it can be asked for likelihoods. A chat endpoint only writes, and so do baselines where the task
    wants a written answer.
    """

    lm: Any
    variant: Variant
    active: Active
    scores: bool


def systems_of(
    runs: Sequence[Run], variants: Sequence[Variant], task: TaskFacts, adapters: Path, base: str | None,
    served: ServedSpec | None = None,
) -> list[System]:  # fmt: skip
    """One for each run. BenchError as `recorded`, for a base or an adapter that is not the recorded one.

    served: the server of runs of a served model.
    """
    from phingpt_bench.floors.registry import floor_models

    models = [run for run in runs if run.kind != FLOOR]
    loaded: Iterator[tuple[Any, Active]] = iter(())
    if models and served is not None:
        loaded = iter(_of_server(models, served))
    elif models:
        found = recorded([(run.path, run.record) for run in models], adapters, base)
        lm = found.lm()
        loaded = iter([(lm, functools.partial(adapter.only, found.model, name)) for name in found.names])
    made = []
    for run, variant in zip(runs, variants, strict=True):
        if run.kind == FLOOR:
            floor = floor_models(task.dataset.kind, run.record.seed)[run.record.model.name]()
            made.append(System(floor.fit(task.task), variant, contextlib.nullcontext, task.extraction == CHOSEN))
        else:
            lm, active = next(loaded)
            made.append(System(lm, variant, active, bool(getattr(lm, "compares", True))))
    return made


def _of_server(runs: Sequence[Run], spec: ServedSpec) -> list[tuple[Any, Active]]:
    """A model for each run, all on one server, whose answers are stored. BenchError if that serves another base."""
    from phingpt_bench.served.lm import ServedLM

    names = [run.record.model.adapter for run in runs]
    opened = open_served(replace(spec, adapters=tuple(ServedAdapter(name=name) for name in {*names} - {None} if name)))
    found = identity_of(spec, opened, fetch=True)
    made: list[tuple[Any, Active]] = []
    for run, name in zip(runs, names, strict=True):
        model = run.record.model
        if (model.base, model.base_revision) != (found.base, found.base_revision):
            raise BenchError(
                "the server has {found}, the run was of {recorded}",
                where=str(run.path),
                found=found.base,
                recorded=model.base,
            )
        own = name or opened.base
        made.append((ServedLM(opened, own), functools.partial(_kept, opened, own)))
    return made


@contextlib.contextmanager
def _kept(opened: Opened, name: str) -> Iterator[None]:
    """Answers within the block are stored under a served name."""
    opened.keep(cache_dir() / FOLDER, f"{opened.spec.title}-{opened.spec.engine}", name)
    yield
