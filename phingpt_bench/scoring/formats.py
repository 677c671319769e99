"""The answer formats for entities by name, and the detection of an answer's format.

The same model scores differently under different forms, so each is a task of its own over the same rows and the
difference is measured (docs/decisions/0006-answer-formats.md). All are judged in the same way: by the
spans and problems of scoring/entities.py. An answer in another form than the requested one is read too, and
reported (`Parsed.form`): whether a model keeps to a form and whether it finds the entities are two questions.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.scoring.bio_entities import read_bio
from phingpt_bench.scoring.bracket_tags import read_brackets
from phingpt_bench.scoring.entities import Parsed, Problem, Span
from phingpt_bench.scoring.entity_lines import parse_entities
from phingpt_bench.scoring.json_entities import read_json, write_json
from phingpt_bench.scoring.reading import CUT_OFF, LONGEST, PLAIN, TOO_LONG, Rules
from phingpt_bench.scoring.reasoning import answer_part
from phingpt_bench.scoring.spans import format_entities
from phingpt_bench.scoring.tag_entities import read_tags, write_tags
from phingpt_bench.scoring.type_names import type_reader


@dataclass(frozen=True, slots=True)
class Format:
    """One form of answer.

    Every answer it writes is one line, so a line break ends what a model writes that continues a text. In a chat the
    end of the turn does, and line breaks are read (lmeval/written.py).

    instruction: the sentence with which a prompt asks for it, a template for str.format with the place {types}.
    write: (text, spans, types) -> answer. read: (answer, text, types, rules) -> Parsed; it never raises, and what
    `write` gave for spans that do not overlap is read as exactly those spans. Reasoning is not taken out: `read_answer`
    does.
    """

    name: str
    instruction: str
    write: Callable[[str, Iterable[Span], Sequence[str]], str]
    read: Callable[..., Parsed]

    def ask(self, types: Sequence[str]) -> str:
        """The instruction with the names of the types."""
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
BIO = "token tags"  # a form that no prompt asks for, and its name in reports
# an answer, or a line of it, that begins like JSON or a Python list: it is not a line of entities
_IS_JSON = re.compile(r"^[^\S\n]*(?:```\w*\s*)?[\[{(]\s*[\"'{\[(\]}]", re.MULTILINE)
# what an answer in a form must contain
_SIGNS = {
    "json": re.compile(r"[\[{(]\s*[\"'{\[(\]}\d]"),
    "tags": re.compile(r"<\s{0,3}\w[^<>]{0,40}>[^<]*<\s{0,3}/"),
    "lines": re.compile(r"\w"),
}


def answer_format(name: str) -> Format:
    """The form of that name; BenchError with the nearest name for another."""
    if name not in FORMATS:
        raise unknown(sentence("answer format"), name, FORMATS)
    return FORMATS[name]


def read_answer(form: str, answer: str | None, text: str, types: Sequence[str], rules: Rules = PLAIN) -> Parsed:
    """The spans of `text` that an answer names, without its reasoning, in the requested form or another.

    The requested form is tried first, except for answers that it would misread: tags of tokens, tags in brackets, and
    for lines JSON and tags of types. If nothing typed is found in it, the others are tried, and the first that finds an
    entity, or says clearly that there is none, counts. Answers of more than LONGEST characters are not read.
    """
    part = answer_part(answer if isinstance(answer, str) else "", rules.reasoning_marks, types)
    if part.cut_off:
        return Parsed([], [Problem("format", "", None)], reason=CUT_OFF)
    if len(part.text) > LONGEST:
        return Parsed([], [Problem("format", part.text[:200], None)], reason=TOO_LONG)
    if (found := read_bio(part.text, text, types, rules)) is not None and (found.spans or not found.problems):
        return dataclasses.replace(found, form=BIO)
    if (found := read_brackets(part.text, text, types, rules)) is not None:
        return dataclasses.replace(found, form="" if form == "tags" else "tags")
    if (found := _misread(form, part.text, text, types, rules)) is not None:
        return found
    asked = answer_format(form).read(part.text, text, types, rules)
    if asked.spans or not asked.problems or any(problem.type is not None for problem in asked.problems):
        return asked
    for name, sign in _SIGNS.items():
        if name != form and sign.search(part.text):
            other = FORMATS[name].read(part.text, text, types, rules)
            if other.spans or not other.problems:
                return dataclasses.replace(other, form=name)
    return asked


def _misread(form: str, answer: str, text: str, types: Sequence[str], rules: Rules) -> Parsed | None:
    """An answer in another form that the requested one would read as something else."""
    for name in _before_lines(answer, types, rules) if form == "lines" else ():
        other = FORMATS[name].read(answer, text, types, rules)
        if other.spans or not other.problems:
            return dataclasses.replace(other, form=name)
    if form == "tags" and _IS_JSON.match(answer):  # which may hold the text, and is no copy of it without entities
        other = FORMATS["json"].read(answer, text, types, rules)
        if other.spans and not other.problems:
            return dataclasses.replace(other, form="json")
    return None


def _before_lines(answer: str, types: Sequence[str], rules: Rules) -> list[str]:
    """The forms that an answer clearly has."""
    found = ["json"] if _IS_JSON.search(answer) else []
    if "</" in answer:
        read_type = type_reader(tuple(types), rules.type_aliases)
        if any(read_type(name) for name in re.findall(r"</\s{0,3}([^<>]{1,40}?)\s{0,3}>", answer)):
            found.append("tags")
    return found
