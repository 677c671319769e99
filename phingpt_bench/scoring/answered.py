"""What one answer is worth, row by row: the bridge from documents and raw answers to outcomes.

lm-eval's hooks, our runner and `rescore` all read answers here, so that the same answer has the same score everywhere.
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
from phingpt_bench.scoring.formats import answer_format
from phingpt_bench.scoring.spans import Parsed, Span

Doc = Mapping[str, Any]
# words that stand for the topics of MultiFin, which have longer names; its prompts ask for these words
TOPICS = {
    "business": "Business & Management", "government": "Government & Controls", "tax": "Tax & Accounting",
    "negocios": "Business & Management", "finanzas": "Finance", "gobierno": "Government & Controls",
    "industria": "Industry", "impuestos": "Tax & Accounting", "tecnología": "Technology",
}  # fmt: skip
# words of one meaning: a set of labels with one of them reads the others as it (prompts in Spanish, Spanish labels)
MEANINGS = (
    ("negative", "negativo", "negativa"), ("neutral", "neutro", "neutra"), ("positive", "positivo", "positiva"),
    ("yes", "sí", "si"),
)  # fmt: skip
# traders' English stands for a polarity, but no polarity for it: "positive" says less than "bullish"
TRADERS = {"negative": "bearish", "positive": "bullish"}
SPAN_COLUMNS = ("counts", "partial", "typed", "entities", "misses")
DIGITS = 5  # of stored probabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One row. The fields down to `invalid` are those of `Outcomes` for a row of its kind, None where it has none.

    probs: empty where labels were compared without a finite result, None where the answer was written.
    reason: why the answer is INVALID, None where it was read. parsed: the label, the number or the `Parsed` spans.
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


def chosen_label(doc: Doc, names: Sequence[str], likelihoods: Sequence[float]) -> Answered:
    """A label by the log-likelihoods of all labels, in the order of `names`; INVALID when one is not finite.

    An exact tie goes to the first, as in lm-eval.
    """
    finite = all(math.isfinite(value) for value in likelihoods)
    pred = int(np.argmax(likelihoods)) if finite else INVALID
    probs: list[float] = []  # compared, though without a result: not the same as None, an answer that was written
    if finite:
        probs = [round(p, DIGITS) for p in calibration.probabilities(np.asarray([likelihoods]))[0].tolist()]
    return Answered(
        gold=_gold(doc, names), pred=pred, probs=probs, group=doc.get("group"), invalid=not finite,
        reason=None if finite else "a log-likelihood is not finite", parsed=names[pred] if finite else None,
    )  # fmt: skip


def written_label(doc: Doc, names: Sequence[str], answer: str) -> Answered:
    """A label that the model wrote in its own words (scoring/labels.py says how it is found)."""
    pred, reason = _label_reader(tuple(names))(answer)
    return Answered(
        gold=_gold(doc, names), pred=pred, group=doc.get("group"), invalid=pred == INVALID, reason=reason,
        parsed=None if pred == INVALID else names[pred],
    )  # fmt: skip


def written_score(doc: Doc, answer: str) -> Answered:
    """A number from -1 to 1 that the model wrote."""
    value, reason = regression.read_score(answer)
    return Answered(gold=float(doc["score"]), pred=value, invalid=value is None, reason=reason, parsed=value)


def written_spans(doc: Doc, types: Sequence[str], answer: str, form: str = "lines") -> Answered:
    """Entities that the model wrote in one of the answer formats, aligned to the text."""
    parsed = answer_format(form).read(answer, doc["text"], types)
    return spans_row(doc, types, parsed)


def spans_row(doc: Doc, types: Sequence[str], parsed: Parsed) -> Answered:
    """The counts of entities that are already aligned, and where they are."""
    gold = gold_spans(doc)
    index = {type_: at for at, type_ in enumerate(types)}
    entities = [[[*span[:2], index[span.type]] for span in sorted(set(spans))] for spans in (gold, parsed.spans)]
    typed = np.asarray(ner.type_only_counts(gold, parsed, types)).sum(0).tolist()
    return Answered(
        counts=ner.strict_counts(gold, parsed, types), partial=ner.partial_counts(gold, parsed), typed=typed,
        entities=entities, misses=ner.miss_counts(ner.explain(gold, parsed)), invalid=parsed.invalid,
        reason="format" if parsed.invalid else None, parsed=parsed,
    )  # fmt: skip


def gold_spans(doc: Doc) -> list[Span]:
    """The annotated spans of a document of a spans task."""
    return [Span(e["start"], e["end"], e["type"]) for e in doc["entities"]]


def outcomes_of(
    kind: Kind, names: Sequence[str], ids: Iterable[str], rows: Sequence[Answered], clusters: Sequence[int] = ()
) -> Outcomes:
    """The outcomes of rows of one kind, in order."""
    columns: dict[str, list[Any]] = {
        "labels": ["gold", "pred"], "scores": ["gold", "pred"], "spans": list(SPAN_COLUMNS),
    }.get(kind, [])  # fmt: skip
    values = {column: [getattr(row, column) for row in rows] for column in columns}
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
    """The words beside the labels themselves that stand for one of them, in this set.

    None for a meaning that several labels share ("negative" and "negativo"), nor a word that is a label itself.
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
        raise BenchError(f"gold label '{doc['label']}' is not among {', '.join(names)}")
    return names.index(doc["label"])


@functools.lru_cache(maxsize=64)
def _label_reader(names: tuple[str, ...]) -> Callable[[str], tuple[int, str | None]]:
    topics = set(TOPICS.values()) <= set(names)  # then none of them is read out of the middle of a sentence
    common = {*TOPICS, *(name for name in names if " " not in name)} if topics else ()
    return labels.reader(names, aliases(names), common)
