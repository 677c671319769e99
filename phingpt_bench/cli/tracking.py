"""--report-to: experiment trackers, of trainings and of evaluations."""

from __future__ import annotations

import argparse

from phingpt_bench.core.trackers import TRACKERS


def add_report_to(parser: argparse.ArgumentParser) -> None:
    """The option; without it nothing is reported."""
    parser.add_argument(
        "--report-to",
        action="append",
        default=[],
        choices=TRACKERS,
        help="also report to this tracker, an extra of that name; may be repeated (docs/live.md)",
    )
