"""Runs of trained adapters by seed, and outcomes whose rows share documents."""

from __future__ import annotations

import dataclasses

from helpers.board_factory import labels, make_run
from phingpt_bench.core.outcomes import Outcomes


def trained(seed: int, *, recipe: str | None = "r" * 16, adapter: str | None = None, **how):
    """A tuned run of one recipe under one training seed."""
    run = make_run(
        kind="tuned", adapter=adapter or f"mine-s{seed}", digest=str(seed) * 8,
        outcomes=how.pop("outcomes", labels(0.8, seed=seed)), **how,
    )  # fmt: skip
    model = dataclasses.replace(run.record.model, recipe_digest=recipe, training_seed=seed)
    return dataclasses.replace(run, record=dataclasses.replace(run.record, run_id=f"run-{seed}", model=model))


def clustered(outcomes: Outcomes, size: int = 3) -> Outcomes:
    return dataclasses.replace(outcomes, clusters=[i // size for i in range(len(outcomes.ids))])
