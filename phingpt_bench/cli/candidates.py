"""What may come next in a command line that is being typed: verbs, options, values and names, for any shell."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence

from phingpt_bench.cli.overrides import OVERRIDES
from phingpt_bench.text.language import LANGUAGES, say, spoken

Candidate = tuple[str, str]  # the word, and what it means or ""


def candidates(words: Sequence[str], verbs: Sequence[str]) -> list[Candidate]:
    """The words that the last one may become, in order; none where files are what is wanted, or nothing is known.

    words: after the name of the program, the last one as far as it is typed. verbs: of the program.
    """
    from phingpt_bench.cli.main import Parser, verb_module

    *before, last = words or [""]
    before = _without_language(before)
    if before[-1:] == ["--lang"]:
        return _starting(last, [(name, "") for name in LANGUAGES])
    if not before:
        named = [(name, spoken(verb_module(name).HELP)) for name in verbs]
        return _starting(last, [*named, ("--help", say("the verbs")), ("--version", "")])
    if before[0] not in verbs:
        return []
    parser = Parser(prog=before[0])
    verb_module(before[0]).configure(parser)
    parser.add_argument("--lang", choices=LANGUAGES)
    return _starting(last, _in_parser(parser, before[0], before[1:], last))


def _without_language(words: Sequence[str]) -> list[str]:
    """The words before the last without a --lang and its value, which may come before the verb."""
    kept: list[str] = []
    for word in words:
        if kept[-1:] == ["--lang"]:
            kept.pop()
        elif not word.startswith("--lang="):
            kept.append(word)
    return kept


def _starting(last: str, found: Iterable[Candidate]) -> list[Candidate]:
    return [(word, about) for word, about in found if word.startswith(last)]


def _in_parser(parser: argparse.ArgumentParser, verb: str, before: Sequence[str], last: str) -> Iterator[Candidate]:
    """Candidates of a verb's parser, after the words that are there."""
    options = {name: action for action in parser._actions for name in action.option_strings}
    positionals = [action for action in parser._actions if not action.option_strings]
    if any(action.nargs == argparse.REMAINDER for action in positionals):
        return
    used: set[argparse.Action] = set()
    current: argparse.Action | None = None  # the option whose value comes next
    left = 0  # how many of its values may still come
    passed = 0  # positional words
    for at, word in enumerate(before):
        if word in options and word.startswith("-"):
            current, left = options[word], _values(options[word])
            used.add(current)
        elif left > 0:
            left -= 1
        else:
            action = positionals[min(passed, len(positionals) - 1)] if positionals else None
            if isinstance(action, argparse._SubParsersAction) and word in action.choices:
                yield from _in_parser(action.choices[word], f"{verb} {word}", before[at + 1 :], last)
                return
            passed += 1
    if last.startswith("-"):
        for name, action in options.items():
            if action not in used or isinstance(action, argparse._AppendAction):
                yield name, _about(action)
        return
    if current is not None and left > 0:
        yield from _of(current, verb)
        if left < MANY or current.nargs not in ("+", "*"):
            return
    place = positionals[passed : passed + 1] or [one for one in positionals[-1:] if one.nargs in ("*", "+")]
    for action in place:
        yield from _of(action, verb)


MANY = 1_000  # values of an option that takes any number


def _values(action: argparse.Action) -> int:
    """How many values an option takes at most."""
    if isinstance(action.nargs, int):
        return action.nargs
    return {None: 1, "?": 1}.get(action.nargs, MANY)


def _about(action: argparse.Action) -> str:
    return " ".join(say(action.help or "").split()).replace("%%", "%")


def _of(action: argparse.Action, verb: str) -> Iterable[Candidate]:
    """The values that an argument may have, as far as they are known without reading data."""
    if isinstance(action, argparse._SubParsersAction):
        return [(choice.dest, say(choice.help or "")) for choice in action._choices_actions]
    if action.choices is not None:
        return [(str(choice), "") for choice in action.choices]
    source = SOURCES.get((verb, action.dest)) or SOURCES.get(("", action.dest))
    return [(name, "") for name in source()] if source else []


def _shipped(kind: str) -> Callable[[], list[str]]:
    def names() -> list[str]:
        from phingpt_bench.core.config import shipped_names
        from phingpt_bench.core.paths import share

        return shipped_names(share("adapters", kind))

    return names


def _tasks() -> list[str]:
    """Tasks, groups and tags. The files are not read: each has the name of its task."""
    from phingpt_bench.core.paths import task_folders

    files = [file for folder in task_folders() for file in folder.rglob("*.yaml") if file.parent.name != "passports"]
    return sorted({file.stem for file in files})


def _keys(recipe: bool) -> Callable[[], list[str]]:
    def names() -> list[str]:
        import dataclasses

        from phingpt_bench.evaluate.suite import Suite
        from phingpt_bench.train.recipe import Lora, Recipe

        keys = [field.name for field in dataclasses.fields(Recipe if recipe else Suite)]
        if recipe:
            keys += [f"lora.{field.name}" for field in dataclasses.fields(Lora)]
        return [f"{key}=" for key in keys]

    return names


def _board(name: str) -> Callable[[], Sequence[str]]:
    def names() -> Sequence[str]:
        from phingpt_bench.board import names as board_names

        found: Sequence[str] = getattr(board_names, name)
        return found

    return names


def _engines() -> Sequence[str]:
    from phingpt_bench.served.spec import ENGINES

    return ENGINES


def _bases() -> list[str]:
    from phingpt_bench.models.embedded import MODELS

    return list(MODELS)


def _scorers() -> list[str]:
    from phingpt_bench.rivals import SCORERS

    return ["phin", "all", *SCORERS]


def _metrics() -> list[str]:
    from phingpt_bench.scoring.metrics import METRICS

    return list(METRICS)


# (verb, argument), or ("", argument) of any verb -> the names it may have
SOURCES: dict[tuple[str, str], Callable[[], Sequence[str]]] = {
    ("", "suite"): _shipped("suites"),
    ("", "recipe"): _shipped("recipes"),
    ("", "task"): _tasks,
    ("", "tasks"): _tasks,
    ("", "only"): _tasks,
    ("", OVERRIDES): _keys(recipe=False),
    ("train", OVERRIDES): _keys(recipe=True),
    ("evaluate", "base"): _bases,
    ("evaluate", "model"): _engines,
    ("rescore", "scorer"): _scorers,
    ("rescore", "answer_format"): lambda: ("lines", "json", "tags"),
    ("", "metric"): _metrics,
    ("leaderboard", "format"): _board("FORMATS"),
    ("leaderboard", "columns"): _board("COLUMNS"),
    ("leaderboard", "sort"): _board("SORTS"),
    ("leaderboard", "kind"): _board("KINDS"),
}
