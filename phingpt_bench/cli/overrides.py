"""`KEY=VALUE` after a verb: values that replace those of a file, anywhere among the other arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from phingpt_bench.text.language import say

OVERRIDES = "overrides"  # the argument that holds them


def add_overrides(parser: argparse.ArgumentParser, example: str) -> None:
    """The argument. example: an override of a file that the verb reads."""
    about = say("other values than the file's: {example}; nested keys and places in lists by dots", example=example)
    parser.add_argument(OVERRIDES, nargs="*", default=[], metavar=say("KEY=VALUE"), help=about)


def with_overrides(parser: argparse.ArgumentParser, rest: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """(the arguments of a verb that takes overrides, what is left over and no override).

    argparse takes them directly after the first argument only, and gives others to an option with several values
    ("--only phin_fpb limit=50"); both are put right here.
    """
    args, left = parser.parse_known_args(rest)
    if unknown := [text for text in left if text.startswith("-") or "=" not in text]:
        return args, unknown
    found = [*getattr(args, OVERRIDES), *left]
    for action in parser._actions:
        if action.nargs == "+" and action.dest != OVERRIDES:
            values = getattr(args, action.dest)
            found += [text for text in values if "=" in text]
            setattr(args, action.dest, [text for text in values if "=" not in text])
    setattr(args, OVERRIDES, found)
    return args, []
