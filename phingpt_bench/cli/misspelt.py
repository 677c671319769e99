"""What a wrong argument was meant to be: the nearest option or value of the parser that it was given to."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from phingpt_bench.core.errors import nearest
from phingpt_bench.core.sentences import Sentence, sentence


def deepest(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the last action ("models list") that the words name; `parser` itself where there is none."""
    for at, word in enumerate(words):
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction) and word in action.choices:
                return deepest(action.choices[word], words[at + 1 :])
    return parser


def _options(parser: argparse.ArgumentParser) -> list[str]:
    """All ways to write the options of a parser."""
    return [name for action in parser._actions for name in action.option_strings]


def unknown_options(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[str]:
    """The words before a "--" that are written as options ("--shot", "--shot=5") and are none of the parsers named.

    They are found before the line is read: argparse would first ask for an option that was given, but misspelt.
    """
    known = {*_options(parser), *_options(deepest(parser, words))}
    names = words[: words.index("--")] if "--" in words else words
    return [word for word in names if word.startswith("--") and " " not in word and word.partition("=")[0] not in known]


def meant_option(parser: argparse.ArgumentParser, left: Sequence[str]) -> Sentence | None:
    """The option that the first of the arguments left over was meant to be; None if none is an option, or like one."""
    for word in left:
        if word.startswith("-"):
            folder = any(action.dest in ("folder", "folders") for action in parser._actions)
            if word.partition("=")[0] == "--results" and folder:  # as 'compare' and 'why' take it
                return sentence("here the folder of the runs has no option: {prog} DIR", prog=parser.prog)
            # without hyphens, which would make all options alike
            names = {name.lstrip("-"): name for name in _options(parser)}
            near = nearest(word.partition("=")[0].lstrip("-"), names)
            return None if near is None else sentence("did you mean '{name}'?", name=names[near])
    return None
