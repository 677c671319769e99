"""Carrying out a suite, from whichever verb it comes: plan, runs, board."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phingpt_bench.evaluate.suite import Suite


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    with contextlib.suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 1")


def carry_out(
    suite: Suite,
    *,
    only: Sequence[str] = (),
    dry_run: bool = False,
    trusted: bool = False,
    force: bool = False,
    quiet: bool = False,
    changed: Sequence[str] = (),
) -> None:
    """Plan a suite, show the plan, do what is missing, and draw the board of its results.

    trusted: whether a dry run may import the functions of task files that are not ours; a run does in any case.
    changed: the overrides that the suite was read with, for the plan.
    """
    from phingpt_bench.cli.boards import draw_folder
    from phingpt_bench.cli.output import show
    from phingpt_bench.cli.silence import silence_libraries
    from phingpt_bench.core.errors import unknown
    from phingpt_bench.evaluate.adapters import Training
    from phingpt_bench.evaluate.facts import gather
    from phingpt_bench.evaluate.named_bases import completed
    from phingpt_bench.evaluate.plan import plan
    from phingpt_bench.evaluate.run import run as run_plan
    from phingpt_bench.evaluate.tasks import Tasks
    from phingpt_bench.live.choose import display
    from phingpt_bench.live.events import Stage
    from phingpt_bench.lmeval.trust import looked_at
    from phingpt_bench.render.plan_blocks import plan_blocks
    from phingpt_bench.train.recipe import load_recipe
    from phingpt_bench.train.run import default_folder, train

    suite = completed(suite)
    known = Tasks()
    tasks, chosen = known.expand(suite.tasks), known.expand(only)
    for name in chosen:
        if name not in tasks:
            raise unknown("task of this suite", name, tasks, where="--only")
    training = Training(load=load_recipe, folder=default_folder, train=train)
    silence_libraries()
    reading = Stage(key="read", label="read tasks, data and models")
    with display(quiet=quiet) as shown, shown.stage(reading), looked_at(trusted=trusted or not dry_run):
        facts = gather(suite, training, known, fetch=not dry_run)
    if dry_run or not quiet:
        steps = plan(suite, facts, only=chosen, force=force)
        show(plan_blocks(suite, steps, changed))
    if dry_run:
        return
    with display(quiet=quiet) as shown:
        run_plan(suite, facts, training, only=chosen, force=force, display=shown)
    draw_folder(suite.results_folder)
