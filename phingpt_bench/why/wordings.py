"""How a model is asked for the reason of its answer, in English and Spanish, and what is read of its reply."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from phingpt_bench.scoring.reasoning import answer_part
from phingpt_bench.why.words import Place, words_of


class Wording(NamedTuple):
    """What follows the question of a task. label, changed: what a model that continues a text is to continue."""

    reason: str
    label: str
    change: str
    changed: str


WORDINGS = {
    "en": Wording(
        reason='Answer in three lines, and write nothing else: "Label:" and one of {labels}, "Words:" and the words '
        'of the text that decide it, copied from the text, with commas between them, and "Reason:" and one sentence.',
        label="Label:",
        change="The answer is {label}. Change as few words of the text as you can, so that the answer becomes "
        "{wanted}. Write the whole changed text on one line, and nothing else.",
        changed="Changed text:",
    ),
    "es": Wording(
        reason='Responda en tres líneas y no escriba nada más: "Etiqueta:" y una de {labels}, "Palabras:" y las '
        'palabras del texto que la deciden, copiadas del texto y separadas por comas, y "Motivo:" y una frase.',
        label="Etiqueta:",
        change="La respuesta es {label}. Cambie las menos palabras posibles del texto para que la respuesta sea "
        "{wanted}. Escriba el texto cambiado completo en una línea, y nada más.",
        changed="Texto cambiado:",
    ),
}
_LINES = re.compile(r"^[\W_]*(words|palabras|reason|motivo)[\W_]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_COMMA = re.compile(r"[,;|](?:\s+|$)")  # not within a number
_QUOTED = re.compile(r"[\"“«]([^\"”»\n]+)[\"”»]|(?<!\w)['‘]([^'’\n]+)['’](?!\w)")


def language_of(languages: str, task: str) -> str:
    """The language of a task's prompt: that of its data, unless its name says that Spanish data are asked in English.

    languages: of the data, as a passport has them. English for a language without a wording.
    """
    first = languages.split()[0]
    return "en" if task.removesuffix("_gen").endswith("_en") or first not in WORDINGS else first


class Reply(NamedTuple):
    """What of a reply holds the label, the words that it names, by index, and the sentence that it gives."""

    label: str
    words: list[int]
    reason: str


def read_reply(reply: str, text: str, places: Sequence[Place]) -> Reply:
    """The reply to `Wording.reason`. The label is before the other lines, if there are some.

    Of a reply without a line of words, they are those in quotes of its reason, or of all.
    """
    written = answer_part(reply).text
    other = _LINES.search(written)
    lines: dict[str, str] = {}
    for key, line in _LINES.findall(written):
        lines.setdefault("words" if key.casefold() in ("words", "palabras") else "reason", line.strip(" *_"))
    reason = lines.get("reason", "")
    if "words" in lines:
        pieces = _COMMA.split(lines["words"])
    else:
        pieces = [one or other for one, other in _QUOTED.findall(reason or written)]
    return Reply(written[: other.start()] if other else written, named(pieces, text, places), reason)


def named(pieces: Sequence[str], text: str, places: Sequence[Place]) -> list[int]:
    """The words of the text that pieces of it name, wherever they occur; a piece that is not in the text names none."""
    words = [text[start:end].casefold() for start, end in places]
    found: set[int] = set()
    for piece in pieces:
        own = [piece[start:end].casefold() for start, end in words_of(piece)]
        for at in range(len(words) - len(own) + 1 if own else 0):
            if words[at : at + len(own)] == own:
                found.update(range(at, at + len(own)))
    return sorted(found)


def read_changed(reply: str, text: str, lead: str) -> tuple[str, float]:
    """(the changed text in the reply to `Wording.change`, "" for none; the share of the text's words that it has).

    It is the line that shares the most words with the text, or the whole reply to a text of several lines. lead: what
    stands before a text in the prompt ("News:"), which is removed, as are quotes around it.
    """
    written = answer_part(reply).text.strip()
    lines = [written] if "\n" in text.strip() else written.splitlines()
    own = Counter(_words(text))
    shared = [sum((Counter(_words(line)) & own).values()) for line in lines]
    if not any(shared):
        return "", 0.0
    best = shared.index(max(shared))
    line = lines[best].strip().strip("*").strip()
    for before in (lead, *(wording.changed for wording in WORDINGS.values())):
        if before and line.startswith(before) and not text.startswith(before):
            line = line[len(before) :].strip()
    if len(line) > 1 and line[0] in '"“«' and line[-1] in '"”»' and line[0] != text.strip()[:1]:
        line = line[1:-1].strip()
    return line, shared[best] / own.total()


def _words(text: str) -> list[str]:
    return [text[start:end].casefold() for start, end in words_of(text)]
