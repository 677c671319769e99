"""Arguments of verbs that look up runs by name, and of those that ask their models again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from phingpt_bench.text.language import say


def add_results(parser: argparse.ArgumentParser) -> None:
    """--results: where runs are looked up by name."""
    parser.add_argument(
        "--results", type=Path, metavar=say("DIR"), help="folder of the runs (default: as in leaderboard)"
    )


def add_adapters(parser: argparse.ArgumentParser) -> None:
    """--adapters: where adapters are looked up by name."""
    parser.add_argument(
        "--adapters",
        type=Path,
        default=Path("adapters", "trained"),
        metavar=say("DIR"),
        help="the folder that holds adapters by name (default: adapters/trained)",
    )


def add_asked_again(parser: argparse.ArgumentParser) -> None:
    """--results, --adapters, --base and --prompt: what is needed to ask the model of a run again."""
    add_results(parser)
    add_adapters(parser)
    parser.add_argument("--base", metavar=say("MODEL"), help="a folder or Hub id in place of the recorded base")
    add_prompts(parser)


def add_prompts(parser: argparse.ArgumentParser) -> None:
    """--prompt: the words of runs that were not asked in the task's, since records have only their digests."""
    parser.add_argument(
        "--prompt",
        action="append",
        default=[],
        metavar=say("FILE"),
        help="the prompt file of a run that was asked in other words; may be repeated",
    )


def add_served(parser: argparse.ArgumentParser, asked: Any = None) -> None:
    """--model and --model-args: the engine of a served model, and how it is reached. asked: a group for --model."""
    from phingpt_bench.served.spec import ENGINES

    (asked or parser).add_argument(
        "--model",
        metavar=say("ENGINE"),
        help=say("a served model: {names}", names=", ".join(ENGINES)),
    )
    parser.add_argument(
        "--model-args",
        default="",
        metavar=say("K=V,..."),
        help="options of --model: model, base_url, tokenizer, num_concurrent ...",
    )
