"""Carrying out a suite, from whichever verb it comes: plan, runs, board."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from phingpt_bench.text.language import say, spoken

if TYPE_CHECKING:
    from phingpt_bench.evaluate.run import Started
    from phingpt_bench.evaluate.suite import Suite


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    with contextlib.suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    raise argparse.ArgumentTypeError(say("'{text}' is not a whole number of at least 1", text=text))


@dataclass(frozen=True, slots=True)
class Spread:
    """How a suite is spread over machines. share: part and number of parts. workers: 0 for this process alone."""

    share: tuple[int, int] = (1, 1)
    workers: int | Literal["auto"] = 0
    address: str | None = None
    as_json: bool = False

    def started(self) -> Started | None:
        """What starts the workers; None for this process alone."""
        if not self.workers:
            return None
        from phingpt_bench.evaluate.ray_workers import on_ray

        return on_ray(self.workers, self.address)


def add_paraphrases(parser: argparse.ArgumentParser) -> None:
    """The option --prompts paraphrases."""
    parser.add_argument(
        "--prompts",
        choices=("paraphrases",),
        help="also ask the shipped paraphrases of the task's prompt, to see how much a score depends on it",
    )


def add_skip_long(parser: argparse.ArgumentParser) -> None:
    """--skip-long."""
    parser.add_argument(
        "--skip-long",
        action="store_true",
        help="do not ask rows that are longer than the model reads, and count them as unanswered; otherwise their "
        "prompts lose their beginning (the board shows the number)",
    )


def add_tag(parser: argparse.ArgumentParser) -> None:
    """--tag, of the records."""
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="T",
        help="a word for the records, such as week-3, for 'leaderboard --tag'; may be repeated",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """--device and --dtype, of the models that are loaded here."""
    from phingpt_bench.models.dtype import DTYPES

    parser.add_argument(
        "--device", metavar=say("DEVICE"), help="auto, cpu, cuda, cuda:1 ... (default: the first GPU, else the CPU)"
    )
    parser.add_argument("--dtype", choices=DTYPES, help="what the model computes in (default: auto, by device)")


def carry_out(  # noqa: PLR0913  each is an option of the verbs
    suite: Suite,
    *,
    only: Sequence[str] = (),
    dry_run: bool = False,
    trusted: bool = False,
    force: bool = False,
    quiet: bool = False,
    changed: Sequence[str] = (),
    spread: Spread | None = None,
    report_to: Sequence[str] = (),
) -> int:
    """Plan a suite, show the plan, do what is missing, and draw the board of its results; 0, or 1 if a cell failed.

    trusted: whether a dry run may import the functions of task files that are not ours; a run does in any case.
    changed: the overrides that the suite was read with, for the plan. spread: which part of it, and by whom.
    report_to: trackers, which get a summary of each run that was done.
    """
    spread = spread or Spread()
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.api.suites import prepared
    from phingpt_bench.cli.boards import draw_folder
    from phingpt_bench.cli.output import deliver, line, show
    from phingpt_bench.core.records import RECORD, read_record
    from phingpt_bench.core.trackers import ready
    from phingpt_bench.core.workplace import alone_on
    from phingpt_bench.exchange.trackers import report
    from phingpt_bench.live.choose import display
    from phingpt_bench.lmeval.trust import looked_at
    from phingpt_bench.render.plan_blocks import failed_blocks, plan_blocks
    from phingpt_bench.render.plan_export import plan_json

    silence_libraries()
    trackers = ready(report_to)
    with contextlib.ExitStack() as stack:
        if not dry_run:  # before the plan: another run in this folder may be making what it would do
            stack.enter_context(
                alone_on(suite.results_folder, spread.share, lambda text: line(spoken(text), error=True))
            )
        with display(quiet=quiet) as shown, looked_at(trusted=trusted or not dry_run):
            plan = prepared(suite, only=only, share=spread.share, fetch=not dry_run, display=shown)
        if spread.as_json:
            deliver(plan_json(plan.suite, plan.cells(force=force)), None)
            return 0
        if dry_run or not quiet:
            steps = plan.steps(force=force)
            needed = plan.needs(steps) if dry_run else []  # a run says it only where it is too much
            notes = [note for facts in plan.facts.served.values() for note in facts.notes] if dry_run else []
            show(plan_blocks(plan.suite, steps, changed, needed, notes, plan.fees(steps)))
        if dry_run:
            return 0
        with display(quiet=quiet) as shown:
            work = plan.run(force=force, display=shown, started=spread.started())
    if work.errors and not (work.done or spread.workers):
        raise work.errors[0]
    if trackers:
        report(trackers, [read_record(folder / RECORD) for folder in work.done])
    if work.cells or spread.share == (1, 1) or (suite.results_folder / "runs").is_dir():
        draw_folder(suite.results_folder)
    if work.failed:
        show(failed_blocks(work))
    return 1 if work.failed else 0
