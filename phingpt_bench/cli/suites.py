"""Carrying out a suite, from whichever verb it comes: plan, runs, board."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from phingpt_bench.text.language import say, spoken

if TYPE_CHECKING:
    from phingpt_bench.evaluate.suite import Suite


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    with contextlib.suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    raise argparse.ArgumentTypeError(say("'{text}' is not a whole number of at least 1", text=text))


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
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.api.suites import prepared
    from phingpt_bench.cli.boards import draw_folder
    from phingpt_bench.cli.output import line, show
    from phingpt_bench.core.workplace import alone
    from phingpt_bench.live.choose import display
    from phingpt_bench.lmeval.trust import looked_at
    from phingpt_bench.render.plan_blocks import plan_blocks

    silence_libraries()
    with contextlib.ExitStack() as stack:
        if not dry_run:  # before the plan: another run in this folder may be making what it would do
            stack.enter_context(alone(suite.results_folder, lambda text: line(spoken(text), error=True)))
        with display(quiet=quiet) as shown, looked_at(trusted=trusted or not dry_run):
            ready = prepared(suite, only=only, fetch=not dry_run, display=shown)
        if dry_run or not quiet:
            show(plan_blocks(ready.suite, ready.steps(force=force), changed))
        if dry_run:
            return
        with display(quiet=quiet) as shown:
            ready.run(force=force, display=shown)
    draw_folder(suite.results_folder)
