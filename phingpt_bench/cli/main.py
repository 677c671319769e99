"""The command `phingpt-bench`: finds the verb and runs it; bad input ends in one clear line and exit code 2.

Exit codes: 0 done, 1 the check failed (doctor: the demo cannot run), 2 bad input, 130 interrupted, 141 the reader
of our output went away.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from phingpt_bench import __version__, compat
from phingpt_bench.core.errors import BenchError, unknown

PROG = "phingpt-bench"
VERBS = (
    "demo", "run", "train", "evaluate", "rescore", "leaderboard", "compare", "published", "tasks", "hash-rows",
    "recheck",
    "lm-eval", "doctor",
)  # fmt: skip
DESCRIPTION = "Does a cheap QLoRA adapter make a base model better at financial sentiment and NER, and is it real?"
EPILOG = f"""examples:
  {PROG} demo                      small and offline, in minutes
  {PROG} run SUITE.yaml --dry-run  what a suite would do
  {PROG} leaderboard results/      look again at results
  {PROG} doctor                    what is missing here

'{PROG} VERB --help' shows a verb's arguments and examples.
"""
LONGEST, MOST = 2_000, 100  # characters of a line of an error, and lines


class Parser(argparse.ArgumentParser):
    """argparse, with its errors reported like all others."""

    def error(self, message: str) -> NoReturn:
        """A BenchError in place of argparse's own exit."""
        raise BenchError(message, hint=f"'{self.prog} --help' shows the arguments")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line (default: that of the process) and returns its exit code; never raises for bad input."""
    try:
        code = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()  # a reader that went away shows here, not at exit where it cannot be caught
        return code
    except BenchError as err:
        print(_reported(err), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head` has read enough: nothing to report, and nothing more to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (OSError, MemoryError, RuntimeError) as err:
        fault = _of_the_machine(err)
        if fault is None:
            raise
        print(_reported(fault), file=sys.stderr)
        return 2
    except SystemExit as end:  # argparse after --help, or the passed-through lm-eval
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0


def _dispatch(argv: list[str]) -> int:
    first = argv[0] if argv else None
    if first in ("--version", "-V"):
        print(f"{PROG} {__version__}")
        return 0
    if first in ("--help", "-h", "help"):
        print(_help())
        return 0
    if first is None:
        print(_help(), file=sys.stderr)
        return 2
    if first.startswith("-"):
        raise BenchError(f"unknown option '{first}'", hint=f"options come after the verb; '{PROG} --help' lists verbs")
    if first not in VERBS:
        raise unknown("verb", first, VERBS, see=f"{PROG} --help")
    verb = verb_module(first)
    return verb.run(_arguments(verb, argv[1:])) or 0


def verb_module(name: str) -> ModuleType:
    """The module of a verb: NAME, HELP, EPILOG, configure(parser), run(args) -> exit code."""
    return importlib.import_module(f"phingpt_bench.cli.verb_{name.replace('-', '_')}")


def _arguments(verb: ModuleType, rest: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog=f"{PROG} {verb.NAME}",
        # the formatter leaves the examples as they are, and with them the description
        description=textwrap.fill(verb.HELP[:1].upper() + verb.HELP[1:].removesuffix(".") + ".", 79),
        epilog=verb.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.configure(parser)
    # A verb that takes everything (argparse.REMAINDER) gets it untouched: argparse would keep a leading option such as
    # --help for itself.
    for action in parser._actions:
        if action.nargs == argparse.REMAINDER:
            return argparse.Namespace(**{action.dest: rest})
    return parser.parse_args(_joined(rest))


def _joined(rest: Sequence[str]) -> list[str]:
    """Arguments with "--labels -1,0,1" as "--labels=-1,0,1": argparse would take the value for an option."""
    result: list[str] = []
    for argument in rest:
        last = result[-1] if result else ""
        if re.match(r"-\d", argument) and last.startswith("--") and "=" not in last and last != "--":
            result[-1] = f"{last}={argument}"
        else:
            result.append(argument)
    return result


def _help() -> str:
    width = max(map(len, VERBS)) + 4
    verbs = [
        textwrap.fill(
            verb_module(name).HELP, 79, initial_indent=f"  {name}".ljust(width), subsequent_indent=" " * width
        )
        for name in VERBS
    ]
    usage = f"usage: {PROG} VERB ...\n       {PROG} --version"
    return "\n".join([usage, "", textwrap.fill(DESCRIPTION, 79), "", "verbs:", *verbs, "", EPILOG.rstrip()])


def _of_the_machine(err: Exception) -> BenchError | None:
    """The error for a file that the system refuses and for memory that ran out; None for anything else: a defect."""
    if isinstance(err, OSError) and err.filename is not None:
        name = os.fsdecode(err.filename) if isinstance(err.filename, str | bytes | os.PathLike) else str(err.filename)
        return BenchError(err.strerror or str(err), where=name, hint="see to that file or folder, or name another")
    if isinstance(err, OSError) and err.errno == errno.ENOSPC:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered has nowhere to go
        return BenchError("no space left where the output goes", hint="write it somewhere else")
    if memory := compat.memory_that_ran_out(err):
        return BenchError(
            f"out of {memory} memory",
            hint="a smaller batch_size in the suite (--batch-size), or tokens_per_batch and max_tokens in the recipe",
        )
    return None


def _reported(err: BenchError) -> str:
    """The error for a terminal: whatever names and values of a file stand in it, it is short and moves no cursor."""
    from phingpt_bench.text.clean import screened, shortened

    text = f"{err.where}: {err.message}" if err.where else err.message
    lines = [f"error: {text}", *([f"hint: {err.hint}"] if err.hint else [])]
    shown = [shortened(screened(line), LONGEST) for text in lines for line in text.split("\n")]
    more = [f"... and {len(shown) - MOST:,} more lines"] if len(shown) > MOST else []
    return "\n".join([*shown[:MOST], *more])


if __name__ == "__main__":
    sys.exit(main())
