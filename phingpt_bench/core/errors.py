"""The one exception that a user may cause, and the nearest-name helper for its hints."""

from __future__ import annotations

import difflib
import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from phingpt_bench.core.sentences import Sentence, sentence

MOST_NAMED = 20  # names in a hint; of more, the number is shown
MOST_NAMES = 2_000  # of a folder that are compared with a misspelt one
ALIKE = 0.7  # how much: names in a folder are anything, unlike choices


class BenchError(Exception):
    """Bad input or something missing: one line, with what to do about it.

    The command line prints it without a traceback and exits with 2, in the reader's language (str() is English).
    Anything else is a bug and keeps its traceback.

    message: what is wrong, without a full stop at the end; a literal is a key of the translations, as in `sentence`.
    where: the file (and line) or the option, or None.
    hint: what to do, ideally a command; None if there is no useful advice.
    values: what stands in braces in message and hint, unless they are Sentences, which have their own.
    """

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None, **values: object):
        self.message = message if isinstance(message, Sentence) else sentence(message, **values)
        self.hint = hint if hint is None or isinstance(hint, Sentence) else sentence(hint, **values)
        self.where = where
        super().__init__(self.message)

    def __str__(self) -> str:
        line = f"{self.where}: {self.message}" if self.where else self.message
        return f"{line}\nhint: {self.hint}" if self.hint else line


def first_line(err: object) -> str:
    """The first line of an error's text; the name of its class where it has none."""
    return (str(err).strip().splitlines() or [type(err).__name__])[0].rstrip()


def nearest(name: str, choices: Iterable[str], cutoff: float = 0.5) -> str | None:
    """The choice most like `name`, or None when nothing is close (difflib ratio under `cutoff`)."""
    found = difflib.get_close_matches(str(name), [str(c) for c in choices], n=1, cutoff=cutoff)
    return found[0] if found else None


def meant(given: object, choices: Iterable[object]) -> Sentence | None:
    """The question for the nearest choice, or None where no choice is like what was given."""
    near = nearest(str(given), [str(one) for one in choices])
    return None if near is None else sentence("did you mean '{name}'?", name=near)


def meant_path(path: str | Path) -> Sentence | None:
    """The question for the existing path most like one that does not exist, part by part; None without one."""
    parts = Path(path).parts
    found = Path(parts[0]) if Path(path).is_absolute() else Path()
    for part in parts[1:] if Path(path).is_absolute() else parts:
        if (found / part).exists():
            found /= part
            continue
        try:
            names = [entry.name for entry in itertools.islice(os.scandir(found), MOST_NAMES)]
        except (OSError, ValueError):
            return None
        near = nearest(part, names, cutoff=ALIKE)
        if near is None:
            return None
        found /= near
    return None if found == Path(path) else sentence("did you mean '{name}'?", name=found)


def no_folder(folder: Path, hint: str | None = None, *, missing: str | None = None) -> BenchError:
    """The error for a folder that does not exist, or is a file. missing: what is said where nothing has that name.

    hint: where no existing path is like it.
    """
    said = sentence("not a folder") if folder.exists() else missing or sentence("no such folder")
    return BenchError(said, where=str(folder), hint=meant_path(folder) or hint)


def unknown(
    kind: str, name: str, choices: Iterable[str], *, where: str | None = None, see: str | None = None
) -> BenchError:
    """The error for a name that is not among `choices`: it suggests the nearest one, or how to list them (`see`)."""
    choices = sorted(choices)
    return BenchError(
        "unknown {kind} '{name}'", where=where, hint=meant(name, choices) or _listed(choices, see), kind=kind, name=name
    )


def _listed(choices: Sequence[str], see: str | None) -> Sentence | None:
    """How to list the choices, or the first of them; None where there is none."""
    if see is not None:
        return sentence("'{command}' lists them", command=see)
    if len(choices) > MOST_NAMED:
        names, more = ", ".join(choices[:MOST_NAMED]), len(choices) - MOST_NAMED
        return sentence("known: {names} and {n:,} more", names=names, n=more)
    return sentence("known: {names}", names=", ".join(choices)) if choices else None
