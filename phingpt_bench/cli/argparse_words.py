"""The words of argparse in the language in force: its heads, its own help, and what it says about wrong arguments."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator

from phingpt_bench.text.language import say, say_n

# What argparse of Python 3.10 to 3.14 asks gettext for and a user can see. tests/cli/test_language.py holds it against
# the argparse that is installed.
TRANSLATED = (
    "usage: ",
    "positional arguments",
    "options",
    "%(heading)s:",
    "show this help message and exit",
    "%(prog)s: error: %(message)s\n",
    "argument %(argument_name)s: %(message)s",
    "unrecognized arguments: %s",
    "the following arguments are required: %s",
    "one of the arguments %s is required",
    "not allowed with argument %s",
    "ignored explicit argument %r",
    "unexpected option string: %s",
    "ambiguous option: %(option)s could match %(matches)s",
    "expected one argument",
    "expected at most one argument",
    "expected at least one argument",
    "invalid choice: %(value)r (choose from %(choices)s)",
    "invalid %(type)s value: %(value)r",
)


@contextlib.contextmanager
def in_our_words() -> Iterator[None]:
    """Within the block argparse asks our catalogue where it would ask that of the process."""
    words = vars(argparse)
    before = {name: words[name] for name in ("_", "ngettext")}
    words.update(_=say, ngettext=counted)
    try:
        yield
    finally:
        words.update(before)


def counted(one: str, _many: str, n: int) -> str:
    """Argparse's ngettext, of whose texts a user sees but one."""
    return say_n("expected %s argument", "expected %s arguments", n) if one == "expected %s argument" else one
