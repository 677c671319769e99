"""The forms in which a model may be asked for the entities of a text, by name.

The same model scores differently under different forms, so each is a task of its own over the same rows and the
difference is measured (docs/decisions/0006-answer-formats.md). What an answer says is judged alike in all: by the spans
and problems of scoring/entities.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from phingpt_bench.core.errors import unknown
from phingpt_bench.scoring.entities import Parsed, Span
from phingpt_bench.scoring.json_entities import read_json, write_json
from phingpt_bench.scoring.spans import format_entities, parse_entities
from phingpt_bench.scoring.tag_entities import read_tags, write_tags


@dataclass(frozen=True, slots=True)
class Format:
    """One form of answer. Every answer it writes is one line, so a line break ends it.

    instruction: the sentence with which a prompt asks for it, a template for str.format with the place {types}.
    write: (text, spans, types) -> answer. read: (answer, text, types) -> Parsed; it never raises, and what `write` gave
        for spans that do not overlap is read as exactly those spans.
    """

    name: str
    instruction: str
    write: Callable[[str, Iterable[Span], Sequence[str]], str]
    read: Callable[[str, str, Sequence[str]], Parsed]

    def ask(self, types: Sequence[str]) -> str:
        """The instruction with the names of the types in it."""
        return self.instruction.format(types=", ".join(types))


def _write_lines(text: str, spans: Iterable[Span], types: Sequence[str]) -> str:
    return format_entities(text, spans)


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format(
            name="lines",
            instruction='Named entities ({types}) on one line, as "TYPE: name; TYPE: name", or "none".',
            write=_write_lines,
            read=parse_entities,
        ),
        Format(
            name="json",
            instruction="Named entities ({types}) as a JSON list on one line, "
            'as [{{"type": "TYPE", "text": "name"}}], or [].',
            write=write_json,
            read=read_json,
        ),
        Format(
            name="tags",
            instruction="The same text again on one line, with each named entity ({types}) between tags, as "
            "<TYPE>name</TYPE>.",
            write=write_tags,
            read=read_tags,
        ),
    )
}


def answer_format(name: str) -> Format:
    """The form of that name; BenchError with the nearest name for another."""
    if name not in FORMATS:
        raise unknown("answer format", name, FORMATS)
    return FORMATS[name]
