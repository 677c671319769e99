"""What is left out of a user's rows before they are a dataset, by these rules and in this order.

1. Rows without a text, and rows without an answer.
2. Labels that differ in case alone are one label, in the commonest spelling.
3. Of overlapping entities the longest stays.
4. Of rows with one text and one answer in the same part the first stays. A text is compared without case, accents and
   punctuation (data/normalise.py).
5. A text of the test part leaves the other parts, one of the validation part leaves the training part.
6. One text with several answers in the same part is refused, unless the user says to drop all of its rows or to keep
   them.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.data.normalise import normalise
from phingpt_bench.data.own.example import Example, without_overlaps
from phingpt_bench.data.passport import SPLITS

Contradictions = Literal["refuse", "drop", "keep"]
Parts = Mapping[str, Sequence[Example]]


def cleaned(parts: Parts, contradictions: Contradictions = "refuse") -> tuple[dict[str, list[Example]], list[str]]:
    """(the parts by the rules above, a sentence for each rule that took effect). BenchError for rule 6."""
    notes: list[str] = []
    left: dict[str, list[Example]] = {split: list(parts[split]) for split in SPLITS if split in parts}
    left = _complete(left, notes)
    left = _spelt(left, notes)
    left = _flat(left, notes)
    left = _single(left, notes)
    left = _apart(left, notes)
    return _agreeing(left, contradictions, notes), notes


def key_of(text: str) -> str:
    """A text as it is compared; one of nothing but signs is compared as it is."""
    return normalise(text) or text


def _answer(example: Example) -> object:
    if example.entities is not None:
        return tuple((one["type"], example.text[one["start"] : one["end"]]) for one in example.entities)
    return example.score if example.label is None else example.label


def _complete(parts: dict[str, list[Example]], notes: list[str]) -> dict[str, list[Example]]:
    rows = [row for part in parts.values() for row in part]
    if n := sum(not row.text for row in rows):
        notes.append(sentence_n("{n} row without a text is left out", "{n} rows without a text are left out", n))
    if n := sum(bool(row.text) and _answer(row) is None for row in rows):
        notes.append(sentence_n("{n} row without an answer is left out", "{n} rows without an answer are left out", n))
    return {split: [row for row in part if row.text and _answer(row) is not None] for split, part in parts.items()}


def _spelt(parts: dict[str, list[Example]], notes: list[str]) -> dict[str, list[Example]]:
    counts = Counter(row.label for part in parts.values() for row in part if row.label is not None)
    best: dict[str, str] = {}
    for label, _ in counts.most_common():
        best.setdefault(label.casefold(), label)
    others = sorted(label for label in counts if best[label.casefold()] != label)
    if not others:
        return parts
    notes.append(
        sentence("labels in another case: {names}", names=", ".join(f"{x} = {best[x.casefold()]}" for x in others))
    )
    return {
        split: [
            row if row.label is None else dataclasses.replace(row, label=best[row.label.casefold()]) for row in part
        ]
        for split, part in parts.items()
    }


def _flat(parts: dict[str, list[Example]], notes: list[str]) -> dict[str, list[Example]]:
    left_out = 0
    for split, part in parts.items():
        made = []
        for row in part:
            kept, more = (None, 0) if row.entities is None else without_overlaps(row.entities)
            left_out += more
            made.append(dataclasses.replace(row, entities=kept))
        parts[split] = made
    if left_out:
        notes.append(sentence_n(
            "{n} entity overlaps a longer one and is left out",
            "{n} entities overlap longer ones and are left out", left_out,
        ))  # fmt: skip
    return parts


def _single(parts: dict[str, list[Example]], notes: list[str]) -> dict[str, list[Example]]:
    left_out = 0
    for split, part in parts.items():
        first: dict[tuple[str, object], Example] = {}
        for row in part:
            first.setdefault((key_of(row.text), _answer(row)), row)
        left_out += len(part) - len(first)
        parts[split] = list(first.values())
    if left_out:
        notes.append(sentence_n("{n} duplicate is left out", "{n} duplicates are left out", left_out))
    return parts


def _apart(parts: dict[str, list[Example]], notes: list[str]) -> dict[str, list[Example]]:
    held: set[str] = set()
    for split in reversed(SPLITS):
        part = parts.get(split, [])
        kept = [row for row in part if key_of(row.text) not in held]
        if n := len(part) - len(kept):
            notes.append(sentence_n(
                "{n} {split} row has the text of a row that is tested, and is left out",
                "{n} {split} rows have texts of rows that are tested, and are left out", n, split=split,
            ))  # fmt: skip
        held |= {key_of(row.text) for row in kept}
        if split in parts:
            parts[split] = kept
    return parts


def _agreeing(
    parts: dict[str, list[Example]], contradictions: Contradictions, notes: list[str]
) -> dict[str, list[Example]]:
    texts = 0
    for split, part in parts.items():
        of: dict[str, list[Example]] = defaultdict(list)
        for row in part:
            of[key_of(row.text)].append(row)
        several = {key for key, rows in of.items() if len(rows) > 1}
        if several and contradictions == "refuse":
            a, b = of[next(key for key in of if key in several)][:2]
            raise BenchError(
                "one text and two answers: {a} and {b}",
                where=f"{a.place}, {b.place}",
                hint=sentence_n(
                    "fix it, or leave out all rows of this text: --contradictions drop (or keep)",
                    "fix them, or leave out all rows of the {n} such texts: --contradictions drop (or keep)",
                    len(several),
                ),
                a=_shown(a),
                b=_shown(b),
            )
        texts += len(several)
        if contradictions == "drop":
            parts[split] = [row for row in part if key_of(row.text) not in several]
    if texts and contradictions == "drop":
        notes.append(sentence_n(
            "{n} text with several answers is left out", "{n} texts with several answers are left out", texts
        ))  # fmt: skip
    elif texts:
        notes.append(sentence_n(
            "{n} text with several answers is kept", "{n} texts with several answers are kept", texts
        ))  # fmt: skip
    return parts


def _shown(row: Example) -> str:
    if row.entities is not None:
        return "; ".join(f"{one['type']}: {row.text[one['start'] : one['end']]}" for one in row.entities) or "none"
    return str(_answer(row))
