"""The command `phingpt-bench`: finds the verb and runs it; bad input gives one clear line and exit code 2.

Exit codes: 0 done, 1 the check failed (doctor: the demo cannot run), 2 bad input, 130 interrupted, 141 the reader
of our output closed it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from phingpt_bench import __version__
from phingpt_bench.cli.argparse_words import in_our_words
from phingpt_bench.cli.fault_lines import fault_of_the_machine, reported
from phingpt_bench.cli.help_text import FULL, SIDE, Helper, columns, fit, refolded
from phingpt_bench.cli.misspelt import deepest, meant_option, unknown_options
from phingpt_bench.cli.output import accept_all_letters
from phingpt_bench.cli.overrides import OVERRIDES, with_overrides
from phingpt_bench.cli.signals import INTERRUPTED, ending_like_ctrl_c
from phingpt_bench.core.errors import BenchError, meant, unknown
from phingpt_bench.core.openmp import limit_spinning
from phingpt_bench.core.paths import expanded
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.text.language import LANGUAGES, VARIABLE, known, preferred, say, speaking, spoken

PROG = "phingpt-bench"
LANG = "--lang"
PASSED_ON = "lm-eval"  # the verb whose arguments are those of another program
VERBS = (
    "demo", "run", "train", "evaluate", "rescore", "leaderboard", "compare", "why", "combine", "published", "cite",
    "tasks", "hash-rows", "merge", "recheck", "verify", "reproduce", "data", "models", "import", "export", "init",
    "completion",
    "lm-eval", "doctor",
)  # fmt: skip
DESCRIPTION = sentence(
    "Does a cheap QLoRA adapter make a base model better at financial sentiment and NER, and is it real?"
)
EPILOG = sentence("""\
examples:
  phingpt-bench demo                      small and offline, in minutes
  phingpt-bench run SUITE.yaml --dry-run  show what a suite would do
  phingpt-bench leaderboard results/      show existing results
  phingpt-bench doctor                    show what is missing here
  phingpt-bench --lang es doctor          in Spanish; or PHINGPT_BENCH_LANG=es

'phingpt-bench VERB --help' shows a verb's arguments and examples.
""")


class Parser(argparse.ArgumentParser):
    """argparse, with its errors reported like all others. A literal `help` is a key of the translations."""

    def __init__(self, **options: Any):
        super().__init__(**{"formatter_class": Helper, "allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """A BenchError in place of argparse's own exit."""
        raise BenchError(message, hint=self.hint)

    @property
    def hint(self) -> Sentence:
        """Where the arguments are listed."""
        return sentence("'{prog} --help' shows the arguments", prog=self.prog)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as err:
            raise BenchError(str(err), hint=meant(value, action.choices or ()) or self.hint) from None

    def left_over(self, words: Sequence[str], left: Sequence[str]) -> NoReturn:
        """BenchError for arguments that no action of the line takes, with the option that the first may stand for."""
        parser = deepest(self, words)
        names = [word.partition("=")[0] if word.startswith("-") else word for word in left]  # a value may be a key
        raise BenchError(
            "unrecognized arguments: {arguments}",
            hint=meant_option(parser, left) or sentence("'{prog} --help' shows the arguments", prog=parser.prog),
            arguments=" ".join(names),
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: that of the process) and return its exit code; never raises for bad input."""
    limit_spinning()
    accept_all_letters()
    try:
        language, rest = chosen_language(list(sys.argv[1:] if argv is None else argv))
    except BenchError as err:
        with speaking(_without_option()):
            print(reported(err), file=sys.stderr)
        return 2
    with speaking(language), in_our_words(), ending_like_ctrl_c() as signs:
        code = _guarded(rest)
        return 128 + signs[-1] if signs and code == INTERRUPTED else code


def chosen_language(argv: Sequence[str]) -> tuple[str, list[str]]:
    """(language, the arguments without --lang): the last --lang before or after the verb, otherwise `preferred()`.

    It is found before there is a parser, whose help is in that language. What comes after a "--" or the verb lm-eval,
    which takes everything as it is, is not looked at. BenchError for a language that is not known.
    """
    language: str | None = None
    rest: list[str] = []
    waiting = iter(argv)
    for argument in waiting:
        if argument == "--" or (argument == PASSED_ON and not rest):
            rest += [argument, *waiting]
        elif argument == LANG or argument.startswith(f"{LANG}="):
            value = argument.removeprefix(LANG).removeprefix("=") or next(waiting, "")
            language = known(value.lower()[:2] or value, where=LANG)
        else:
            rest.append(argument)
    return preferred() if language is None else language, rest


def _without_option() -> str:
    """The language without --lang, for the error that --lang itself is; English where the variable is wrong as well."""
    try:
        return preferred()
    except BenchError:
        return "en"


def _guarded(argv: list[str]) -> int:
    try:
        code = _dispatch(argv)
        sys.stdout.flush()  # a reader that went away shows here, not at exit where it cannot be caught
        return code
    except BenchError as err:
        print(reported(err), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):  # after SIGHUP there may be no terminal any more
            print(say("interrupted"), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has read enough: nothing to report, and nothing more to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (OSError, MemoryError, RuntimeError, TypeError) as err:
        fault = fault_of_the_machine(err)
        if fault is None:
            raise
        print(reported(fault), file=sys.stderr)
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
        raise BenchError(
            "unknown option '{name}'",
            hint="options come after the verb; '{prog} --help' lists verbs",
            name=first,
            prog=PROG,
        )
    if first not in VERBS:
        raise unknown(sentence("verb"), first, VERBS, see=f"{PROG} --help")
    verb = verb_module(first)
    return verb.run(_arguments(verb, argv[1:])) or 0


def verb_module(name: str) -> ModuleType:
    """The module of a verb: NAME, HELP, EPILOG, configure(parser), run(args) -> exit code."""
    return importlib.import_module(f"phingpt_bench.cli.verb_{name.replace('-', '_')}")


def _arguments(verb: ModuleType, rest: list[str]) -> argparse.Namespace:
    about = spoken(verb.HELP)
    parser = Parser(
        prog=f"{PROG} {verb.NAME}",
        # the formatter leaves it as it is
        description=textwrap.fill(about[:1].upper() + about[1:].removesuffix(".") + ".", 79),
        epilog=spoken(verb.EPILOG),
    )
    verb.configure(parser)
    # for the help alone: `chosen_language` has taken it out
    parser.add_argument(
        LANG,
        metavar=say("L"),
        help=say(
            "{names} (default: ${variable}, else the locale's); before or after the verb",
            names=" | ".join(LANGUAGES),
            variable=VARIABLE,
        ),
    )
    overridable = any(action.dest == OVERRIDES for action in parser._actions)
    # A verb that takes everything (argparse.REMAINDER) gets it unchanged: argparse would keep a leading option such as
    # --help for itself.
    for action in parser._actions:
        if action.nargs == argparse.REMAINDER:
            return argparse.Namespace(**{action.dest: rest})
    words = _joined(rest)
    if left := unknown_options(parser, words):
        parser.left_over(words, left)
    args, left = with_overrides(parser, words) if overridable else parser.parse_known_args(words)
    if left:
        parser.left_over(words, left)
    for name, value in vars(args).items():
        if isinstance(value, Path):  # a shell leaves the "~" in --results=~/r
            setattr(args, name, expanded(value))
    return args


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
    room = columns()
    width = max(map(len, VERBS)) + 4 if room >= SIDE else 6
    verbs = []
    for name in VERBS:
        head, about = f"  {name}".ljust(width), spoken(verb_module(name).HELP)
        if len(head) > width or room < SIDE:
            verbs += [head.rstrip(), *fit(" " * width + about, room, more=width)]
        else:
            first, *more = fit(" " * width + about, room - 1, more=width)
            verbs += [head + first[width:], *more]
    usage = say("usage: {prog} [--lang L] VERB ...\n       {prog} --version", prog=PROG)
    about = textwrap.fill(spoken(DESCRIPTION), min(room, FULL - 1))
    return "\n".join([usage, "", about, "", say("verbs:"), *verbs, "", refolded(spoken(EPILOG).rstrip(), room)])


if __name__ == "__main__":
    sys.exit(main())
