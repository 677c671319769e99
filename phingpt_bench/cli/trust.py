"""The option by which a user says that the code in a folder of tasks may run."""

from __future__ import annotations

import argparse


def add_trust(parser: argparse.ArgumentParser) -> None:
    """The argument --trust-task-code, for verbs that look at task files without running a task."""
    parser.add_argument(
        "--trust-task-code",
        action="store_true",
        help="let task files that are not ours import the Python functions and metrics that they name",
    )
