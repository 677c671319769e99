"""What a reader of answers needs beside the answer: the options that every kind of answer shares."""

from __future__ import annotations

from dataclasses import dataclass

# Of one answer behind its reasoning, in characters: more is a model that does not stop. Longer ones are INVALID, so
# that no answer can keep a scorer busy; the longest text of the catalogue's datasets has under 3,000 characters.
LONGEST = 200_000
TOO_LONG = "too long"
CUT_OFF = "reasoning cut off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How answers are read beyond the rules that hold for all. Tuples, so that readers can be kept by it.

    reasoning_marks: further pairs of a start and an end mark of reasoning (scoring/reasoning.py); a start may be "".
    codes: pairs (code as written, label): `("2", "positive")`, `("LABEL_2", "positive")`, `("pos", "positive")`.
    type_aliases: pairs (type as written, type): `("Company", "ORG")`.
    nested: entities that overlap are all read, in place of the longest alone.
    """

    reasoning_marks: tuple[tuple[str, str], ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    type_aliases: tuple[tuple[str, str], ...] = ()
    nested: bool = False


PLAIN = Rules()
