"""The result of one answer, row by row: from documents and raw answers to outcomes.

lm-eval's hooks, `evaluate` and `rescore` all read answers here, so that an answer has the same score everywhere.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Kind, Outcomes
from phingpt_bench.scoring import calibration, labels, ner, regression
from phingpt_bench.scoring.classification import INVALID
from phingpt_bench.scoring.codes import number
from phingpt_bench.scoring.entities import Parsed, Span
from phingpt_bench.scoring.formats import read_answer
from phingpt_bench.scoring.reading import CUT_OFF, LONGEST, PLAIN, TOO_LONG, Rules
from phingpt_bench.scoring.reasoning import answer_part

Doc = Mapping[str, Any]
# short words for the topics of MultiFin; its prompts ask for these words
TOPICS = {
    "business": "Business & Management", "government": "Government & Controls", "tax": "Tax & Accounting",
    "negocios": "Business & Management", "finanzas": "Finance", "gobierno": "Government & Controls",
    "industria": "Industry", "impuestos": "Tax & Accounting", "tecnología": "Technology",
}  # fmt: skip
# synonyms: a set of labels with one of them reads the others as it (Spanish prompts and labels)
MEANINGS = (
    ("negative", "negativo", "negativa"), ("neutral", "neutro", "neutra"), ("positive", "positivo", "positiva"),
    ("yes", "sí", "si"),
)  # fmt: skip
# traders' words are read as a polarity, but not the reverse: "positive" says less than "bullish"
TRADERS = {"negative": "bearish", "positive": "bullish"}
SPAN_COLUMNS = ("counts", "partial", "typed", "entities", "misses")
DIGITS = 5  # of stored probabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One row. The fields down to `invalid` are those of `Outcomes` for a row of its kind, None if it has none.

    probs: empty if labels were compared without a finite result, None if the answer was written.
    reason: why the answer is INVALID, None if it was read. parsed: the label, the number or the `Parsed` spans.
    form: the form in which entities were read, if it is not the requested one.
    """

    gold: Any = None
    pred: Any = None
    probs: list[float] | None = None
    group: int | None = None
    counts: list[list[int]] | None = None
    partial: list[int] | None = None
    typed: list[int] | None = None
    entities: list[list[list[int]]] | None = None
    misses: list[int] | None = None
    invalid: bool = False
    reason: str | None = None
    parsed: Any = None
    form: str | None = None


def chosen_label(doc: Doc, names: Sequence[str], likelihoods: Sequence[float]) -> Answered:
    """A label by the log-likelihoods of all labels, in the order of `names`; INVALID when one is not finite.

    An exact tie goes to the first, as in lm-eval.
    """
    finite = all(math.isfinite(value) for value in likelihoods)
    pred = int(np.argmax(likelihoods)) if finite else INVALID
    probs: list[float] = []  # compared without a result; None would mean a written answer
    if finite:
        probs = [round(p, DIGITS) for p in calibration.probabilities(np.asarray([likelihoods]))[0].tolist()]
    return Answered(
        gold=_gold(doc, names), pred=pred, probs=probs, group=doc.get("group"), invalid=not finite,
        reason=None if finite else "a log-likelihood is not finite", parsed=names[pred] if finite else None,
    )  # fmt: skip


def written_label(doc: Doc, names: Sequence[str], answer: str, rules: Rules = PLAIN) -> Answered:
    """A label that the model wrote in its own words (scoring/labels.py says how it is found)."""
    pred, reason = _label_reader(tuple(names), rules)(answer)
    return Answered(
        gold=_gold(doc, names), pred=pred, group=doc.get("group"), invalid=pred == INVALID, reason=reason,
        parsed=None if pred == INVALID else names[pred],
    )  # fmt: skip


def written_score(doc: Doc, answer: str | None, rules: Rules = PLAIN) -> Answered:
    """A number from -1 to 1 that the model wrote after its reasoning."""
    text, cut_off = answer_part(answer if isinstance(answer, str) else "", rules.reasoning_marks)
    value, reason = regression.read_score(text) if not cut_off and len(text) <= LONGEST else (None, TOO_LONG)
    if cut_off:
        reason = CUT_OFF
    return Answered(gold=float(doc["score"]), pred=value, invalid=value is None, reason=reason, parsed=value)


def written_spans(doc: Doc, types: Sequence[str], answer: str, form: str = "lines", rules: Rules = PLAIN) -> Answered:
    """Entities that the model wrote, asked for in one of the answer formats, aligned to the text."""
    return spans_row(doc, types, read_answer(form, answer, doc["text"], types, rules))


def written(
    kind: str, doc: Doc, names: Sequence[str], answer: str, form: str | None = None, rules: Rules = PLAIN
) -> Answered:
    """A written answer of any kind. names: the labels or entity types; form: of entities, None for "lines"."""
    if kind == "scores":
        return written_score(doc, answer, rules)
    if kind == "spans":
        return written_spans(doc, names, answer, form or "lines", rules)
    return written_label(doc, names, answer, rules)


def spans_row(doc: Doc, types: Sequence[str], parsed: Parsed) -> Answered:
    """The counts of entities that are already aligned, and where they are."""
    gold = gold_spans(doc)
    index = {type_: at for at, type_ in enumerate(types)}
    entities = [[[*span[:2], index[span.type]] for span in sorted(set(spans))] for spans in (gold, parsed.spans)]
    typed = [sum(column) for column in zip(*ner.type_only_counts(gold, parsed, types), strict=True)]
    return Answered(
        counts=ner.strict_counts(gold, parsed, types), partial=ner.partial_counts(gold, parsed), typed=typed,
        entities=entities, misses=ner.miss_counts(ner.explain(gold, parsed)), invalid=parsed.invalid,
        reason=(parsed.reason or "format") if parsed.invalid else None, parsed=parsed, form=parsed.form or None,
    )  # fmt: skip


def gold_spans(doc: Doc) -> list[Span]:
    """The annotated spans of a document of a spans task."""
    return [Span(e["start"], e["end"], e["type"]) for e in doc["entities"]]


def outcomes_of(
    kind: Kind, names: Sequence[str], ids: Iterable[str], rows: Sequence[Answered], clusters: Sequence[int] = ()
) -> Outcomes:
    """The outcomes of rows of one kind, in order."""
    columns: list[str] = {
        "labels": ["gold", "pred"], "scores": ["gold", "pred"], "spans": list(SPAN_COLUMNS),
    }.get(kind, [])  # fmt: skip
    values: dict[str, list[Any]] = {column: [getattr(row, column) for row in rows] for column in columns}
    if kind == "labels":
        if any(row.probs is not None for row in rows):
            values["probs"] = [row.probs or None for row in rows]
        if rows and all(row.group is not None for row in rows):
            values["groups"] = [row.group for row in rows]
    return Outcomes(
        kind=kind, labels=list(names), ids=list(ids), invalid=[row.invalid for row in rows], clusters=list(clusters),
        **values,
    )  # fmt: skip


def aliases(names: Sequence[str]) -> dict[str, str]:
    """The synonyms of each label in this set.

    Without synonyms that several labels share ("negative" and "negativo"), and without words that are labels.
    """
    known = {name.casefold() for name in names}
    found = {word: label for word, label in TOPICS.items() if label in names}
    for words in MEANINGS:
        owners = [name for name in names if name.casefold() in words]
        if len(owners) == 1:
            others = {*words, TRADERS.get(words[0], words[0])} - known
            found.update(dict.fromkeys(sorted(others), owners[0]))
    return found


def _gold(doc: Doc, names: Sequence[str]) -> int:
    if doc["label"] not in names:
        raise BenchError("gold label '{name}' is not among {names}", name=doc["label"], names=", ".join(names))
    return names.index(doc["label"])


@functools.lru_cache(maxsize=64)
def _label_reader(names: tuple[str, ...], rules: Rules) -> Callable[[str], tuple[int, str | None]]:
    topics = set(TOPICS.values()) <= set(names)  # then topics are not read from the middle of a sentence
    common = {*TOPICS, *(name for name in names if " " not in name)} if topics else ()
    # a code may be a synonym of a label; the user's meaning takes precedence
    given = {code.casefold() for code, _ in rules.codes if number(code) is None}
    others = {word: label for word, label in aliases(names).items() if word.casefold() not in given}
    return labels.reader(names, others, common, codes=rules.codes, marks=rules.reasoning_marks)
