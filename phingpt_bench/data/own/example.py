"""One annotated text of a user's file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.rows import Entity

Part = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with a label, a score or entities. place: where it begins, "file.csv:12"."""

    text: str
    """The text; of a file of tokens, the tokens joined by one space."""

    place: str
    label: str | None = None
    """The label as written, without blanks around it; None where there is none."""

    score: float | None = None
    """A number; None where there is none."""

    entities: list[Entity] | None = None
    """{"start", "end", "type"} with character offsets, in text order; None for a text that was not annotated."""

    document: str | None = None
    """The document that the text is a part of."""

    part: Part | None = None
    """The split that the file itself puts it in."""


@dataclass(slots=True, kw_only=True)
class Found:
    """The examples of one file. form: how the file was understood, for people. notes: what was done on reading it."""

    examples: list[Example]
    kind: str
    """labels, scores or spans."""

    form: str
    notes: list[str] = field(default_factory=list)


def entity(text: str, start: Any, end: Any, type_: Any, place: str, surface: Any = None) -> Entity:
    """An entity of a text, checked. BenchError for offsets outside the text or a surface that is not there."""
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(text):
        raise BenchError(
            "an entity from {start} to {end} is not in a text of {n} characters",
            where=place,
            hint="offsets count characters from 0, and the end is one past the last character",
            start=start,
            end=end,
            n=len(text),
        )
    if not isinstance(type_, str) or not type_.strip():
        raise BenchError("an entity has no type", where=place)
    if isinstance(surface, str) and surface.split() != text[start:end].split():
        raise BenchError(
            "an entity is '{surface}', and its offsets give '{found}'",
            where=place,
            hint="offsets count characters, not bytes or tokens",
            surface=surface,
            found=text[start:end],
        )
    while text[start] == " " and start < end - 1:  # tools mark blanks as well
        start += 1
    while text[end - 1] == " " and end > start + 1:
        end -= 1
    return {"start": start, "end": end, "type": type_.strip()}


def without_overlaps(entities: list[Entity]) -> tuple[list[Entity], int]:
    """(entities in text order of which none overlaps another, how many were left out): the longest stay."""
    kept: list[Entity] = []
    for one in sorted(entities, key=lambda e: (e["start"] - e["end"], e["start"])):
        if all(one["end"] <= other["start"] or one["start"] >= other["end"] for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda e: int(e["start"])), len(entities) - len(kept)
