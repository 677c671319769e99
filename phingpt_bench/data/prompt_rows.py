"""A prompt file from a few rows of an adapter's training data: what is alike in all of them are its words.

A row holds the rendered prompt and the answer, in one of the ways that training data come in:

    prompt and answer       two columns (context and target, prompt and completion ...)
    all in one text         a column with both, next to columns with the answer (and mostly instruction and input)
    messages                a list of {role, content} (or from, value), with or without a system message
    parts with a layout     columns that the user's layout puts together: "Say {instruction} of {input}"

The text of a row is what varies in the prompts. If a column holds it alone, that column shows where it is; otherwise it
is between what all prompts begin and end with, at the nearest line break, colon or blank.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.outcomes import Kind
from phingpt_bench.data.prompt_file import MadeFrom, PromptFile
from phingpt_bench.data.prompt_parts import Parts, parts_of, whole_column

MOST_LABELS = 20  # distinct answers; more are not labels
_QUOTES = '"\u201c\u00ab'  # or after one of these
_CUTS = "\n:"  # a text begins after one of these, and ends before a line break


@dataclass(frozen=True, slots=True)
class Made:
    """A prompt file, with how many of the rows it renders byte for byte, and how many have another instruction."""

    prompt: PromptFile
    rendered: int
    others: int


def prompt_of(
    rows: Sequence[Mapping[str, Any]], where: str, layout: str | None = None, kind: Kind | None = None
) -> Made:
    """The prompt that rows of training data were rendered with; of several instructions the commonest.

    layout: of columns, for rows that hold no rendered prompt. kind: of the answers, otherwise labels where they are
    few. BenchError at `where` for fewer than two rows, rows that hold no prompt or no answer, and where nothing varies.
    """
    if len(rows) < 2:
        raise BenchError("two rows at least are needed, so that something varies", where=where)
    whole = whole_column(rows)
    parts = [parts_of(row, where, number, layout, whole) for number, row in enumerate(rows, 1)]
    groups = _groups(parts)
    chosen = max(groups, key=len)
    prefix, suffix = _around(chosen, where)
    answers = [part.answer.strip() for part in chosen]
    delimiter, end = _delimiter(chosen), _end(chosen)
    kind = kind or ("labels" if len(set(answers)) <= min(MOST_LABELS, max(1, len(chosen) // 2)) else None)
    labels = sorted({answer.rstrip(".").casefold() for answer in answers}) if kind == "labels" else []
    written = {answer.rstrip(".").casefold(): answer for answer in answers}
    made = PromptFile(
        text=f"{_literal(prefix)}{{{{text}}}}{_literal(suffix)}",
        kind=kind,
        labels=labels,
        answers={label: written[label] for label in labels if written[label] != label},
        delimiter=delimiter,
        end=end,
        system=chosen[0].system,
        chat=chosen[0].chat,
        made_from=MadeFrom(rows=len(chosen), digest=digest([part.prompt + part.answer for part in chosen])),
    )
    rendered = sum(_renders(made, part, prefix, suffix) for part in chosen)
    if rendered < len(chosen):
        raise BenchError(
            "{n} of {of} rows are not rendered byte for byte",
            where=where,
            hint="give rows that were rendered with one prompt",
            n=len(chosen) - rendered,
            of=len(chosen),
        )
    return Made(made, rendered, len(parts) - len(chosen))


def _groups(parts: Sequence[Parts]) -> list[list[Parts]]:
    """The rows by their instruction: the part before the text, or the first line if it recurs."""
    keys = []
    for part in parts:
        at = part.prompt.find(part.text) if part.text else -1
        keys.append((part.system, part.prompt[:at] if at >= 0 else part.prompt.split("\n", 1)[0]))
    counts = Counter(keys)
    if len(counts) > len(parts) / 2:  # the first lines hold the texts
        return [list(parts)]
    groups: dict[Any, list[Parts]] = {}
    for key, part in zip(keys, parts, strict=True):
        groups.setdefault(key, []).append(part)
    return list(groups.values())


def _around(parts: Sequence[Parts], where: str) -> tuple[str, str]:
    """What comes before and after the text in all prompts."""
    known = [(part.prompt.find(part.text), part) for part in parts if part.text and part.text in part.prompt]
    around = {(part.prompt[:at], part.prompt[at + len(part.text or "") :]) for at, part in known}
    if len(known) == len(parts) and len(around) == 1:
        return around.pop()
    prompts = [part.prompt for part in parts]
    if len(set(prompts)) < 2:
        raise BenchError("all rows have the same prompt, so nothing shows where the text is", where=where)
    prefix = _common(prompts)
    rest = [prompt[len(prefix) :] for prompt in prompts]
    suffix = _common([text[::-1] for text in rest])[::-1]
    return _field_begins(prefix), _field_ends(suffix)


def _common(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    first, last = min(texts), max(texts)
    return first[: next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def _field_begins(prefix: str) -> str:
    """The prefix back to where the text begins, as texts may begin alike by chance.

    That is after the last line break or colon, with the blanks and quotes there; else after the last quotation mark,
    or the last word.
    """
    at = max(prefix.rfind(mark) for mark in _CUTS) + 1 or max(prefix.rfind(mark) for mark in _QUOTES) + 1
    if at:
        return prefix[:at] + prefix[at : len(prefix) - len(prefix[at:].lstrip(" \"'"))]
    return prefix[: len(prefix) - len(re.split(r"\W", prefix)[-1])]


def _field_ends(suffix: str) -> str:
    """The suffix from where the text ends: its first line break; else after the word and full stop of a text."""
    line = suffix.find("\n")
    return suffix[line:] if line >= 0 else re.sub(r"^\w*[.!?]*(?=.|$)", "", suffix)


def _delimiter(parts: Sequence[Parts]) -> str:
    """What the answers begin with: white space that all of them share."""
    leading = {part.answer[: len(part.answer) - len(part.answer.lstrip())] for part in parts}
    return leading.pop() if len(leading) == 1 else ""


def _end(parts: Sequence[Parts]) -> str:
    """What ends an answer: a line break where nothing else that all rows share begins with one.

    Special tokens (</s>) end an answer by themselves.
    """
    after = _common([part.after for part in parts])
    return after.rstrip(" ") if after.startswith("\n") and after.strip() else "\n"


def _literal(text: str) -> str:
    """A text in a Jinja template: braces that mean something there are taken as they are."""
    return f"{{% raw %}}{text}{{% endraw %}}" if any(mark in text for mark in ("{{", "{%", "{#")) else text


def _renders(made: PromptFile, part: Parts, prefix: str, suffix: str) -> bool:
    """Whether the file gives prompt and answer of a row byte for byte, rendered as lm-eval does."""
    import jinja2

    if not (part.prompt.startswith(prefix) and part.prompt.endswith(suffix)):
        return False
    text = part.prompt[len(prefix) : len(part.prompt) - len(suffix)]
    if part.text and part.text in part.prompt and part.text.strip() != text.strip(" \"'"):
        return False  # it stands elsewhere, or what is around it varies
    template = jinja2.Environment(autoescape=False, keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    answer = part.answer.strip()
    shown = made.answer(answer.rstrip(".").casefold()) if made.kind == "labels" else answer
    whole = template.from_string(made.text).render(text=text) + made.delimiter + shown
    return whole == part.prompt + part.answer.rstrip()
