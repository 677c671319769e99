"""Entity counts of one row, strict, by type only and partial, and a reason for each miss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.scoring.entities import Parsed, Span
from phingpt_bench.scoring.pairing import Pair, overlap_pairs

MISS_KINDS = ("boundary", "type", "hallucinated", "missed", "duplicate", "format", "spurious")


class Miss(NamedTuple):
    """One error in an answer.

    kind: "type": the right place under another type; "boundary": overlaps the gold entity, but does not begin and end
        with it (its type may be wrong too); "missed": a gold entity that no prediction touches; "spurious": a
        prediction that touches no gold entity which is still free, or that claims a place that the answer gave away
        already (a conflict); "hallucinated", "duplicate", "format": as in `spans.Problem`.
    gold, predicted: the spans concerned, where there are such.
    surface: what was written, for a prediction that has no span.
    """

    kind: str
    gold: Span | None = None
    predicted: Span | None = None
    surface: str | None = None


def strict_counts(gold: Iterable[Span], parsed: Parsed, types: Sequence[str]) -> list[list[int]]:
    """[true positives, predicted, gold] per type, in the order of `types`, and one more row for unknown types.

    A prediction is true when start, end and type are those of a gold entity (CoNLL-2003; SemEval-2013 "strict").
    A hallucinated, conflicting or unreadable piece adds one to predicted: in its type, or in the last row ([0, k, 0])
    where that is unknown. Both sides are sets: a span given twice counts once.
    BenchError for a gold type that is not in `types`.
    """
    gold, predicted = set(gold), set(parsed.spans)
    return _by_type(gold & predicted, gold, predicted, parsed, types)


def type_only_counts(gold: Iterable[Span], parsed: Parsed, types: Sequence[str]) -> list[list[int]]:
    """As `strict_counts`, but a prediction is true when it overlaps a gold entity of its type, wherever it ends.

    The "type" measure of SemEval-2013 task 9: is the right type named with a mention? Entities are paired one to one
    within each type, as many as can be (`pairing.overlap_pairs`), so no count of true ones is below the strict one, and
    one long prediction is not true for two gold entities. Predicted and gold are those of `strict_counts`.

    No pairing one to one has more true ones. nervaluate's has fewer where a prediction of another type uses up a gold
    entity that one of its type could have had (docs/answers.md says how often).
    """
    gold, predicted = set(gold), set(parsed.spans)
    true = [
        mine
        for type_ in types
        for mine, _ in overlap_pairs(
            [span for span in gold if span.type == type_], [span for span in predicted if span.type == type_]
        )
    ]
    return _by_type(true, gold, predicted, parsed, types)


def _by_type(
    true: Iterable[Span], gold: Iterable[Span], predicted: Iterable[Span], parsed: Parsed, types: Sequence[str]
) -> list[list[int]]:
    rows = {type_: [0, 0, 0] for type_ in types}
    unknown = [0, 0, 0]
    for span in true:
        rows[span.type][0] += 1
    for type_ in [span.type for span in predicted] + [problem.type for problem in parsed.wrong]:
        rows.get(type_ or "", unknown)[1] += 1
    strange = set()
    for span in gold:
        if span.type in rows:
            rows[span.type][2] += 1
        else:
            strange.add(span.type)
    if strange:
        raise BenchError(
            "gold entities of unknown type {names}",
            hint="name the type in the task, or leave such entities out where the data are read",
            names=", ".join(sorted(strange)),
        )
    return [*rows.values(), unknown]


def explain(gold: Iterable[Span], parsed: Parsed) -> list[Miss]:
    """A reason for each miss; nothing for a row without fault.

    Wrong predictions and unfound gold entities are paired one to one: those of the same extent first, then those that
    overlap, same type first, larger overlap first. So "type", "boundary", "spurious", "hallucinated" and "format"
    together are the false positives of `strict_counts`, and "type", "boundary" and "missed" its false negatives;
    a "duplicate" is neither.
    """
    gold, predicted = set(gold), set(parsed.spans)
    missed, wrong = sorted(gold - predicted), sorted(predicted - gold)
    misses = []
    pairs = _likely(missed, wrong)
    for mine, theirs in pairs:
        kind = "type" if mine[:2] == theirs[:2] else "boundary"
        misses.append(Miss(kind, mine, theirs))
    explained, excused = {mine for mine, _ in pairs}, {theirs for _, theirs in pairs}
    misses += [Miss("missed", gold=span) for span in missed if span not in explained]
    misses += [Miss("spurious", predicted=span) for span in wrong if span not in excused]
    for problem in parsed.problems:
        kind = "spurious" if problem.kind == "conflict" else problem.kind
        misses.append(Miss(kind, surface=problem.surface))
    return misses


def miss_counts(misses: Iterable[Miss]) -> list[int]:
    """How many there are of each kind, in the order of MISS_KINDS."""
    found = Counter(miss.kind for miss in misses)
    return [found[kind] for kind in MISS_KINDS]


def misses_by_kind(rows: Iterable[Sequence[int]]) -> dict[str, int]:
    """The sums of `miss_counts` rows by kind; zeros without rows."""
    totals = [sum(counts) for counts in zip([0] * len(MISS_KINDS), *rows, strict=True)]
    return dict(zip(MISS_KINDS, totals, strict=True))


def partial_counts(gold: Iterable[Span], parsed: Parsed, type_: str | None = None) -> list[int]:
    """[exact, overlapping, predicted, gold] of one row, for `partial_f1`; of one type only where `type_` is given.

    Exact and overlapping are the pairs of gold and predicted entity, one to one, with the same and with another extent:
    the pairing with the most points (`pairing.overlap_pairs`). As in the "partial" measure of SemEval-2013 task 9
    (Segura-Bedmar et al.) the type plays no part, unless `type_` confines both sides to one. Where entities do not
    overlap on either side this is nervaluate's count. Predicted holds the wrong pieces, as in `strict_counts`.
    """
    mine = {span for span in gold if type_ in (None, span.type)}
    theirs = {span for span in parsed.spans if type_ in (None, span.type)}
    n_wrong = sum(type_ in (None, problem.type) for problem in parsed.wrong)
    pairs = overlap_pairs(mine, theirs)
    exact = sum(a[:2] == b[:2] for a, b in pairs)
    return [exact, len(pairs) - exact, len(theirs) + n_wrong, len(mine)]


def partial_f1(counts: np.ndarray) -> np.ndarray:
    """F1 with half a point for an overlap (MUC-5, SemEval-2013 "partial"), from summed `partial_counts` (..., 4).

    nan if nothing is gold and nothing was predicted.
    """
    exact, overlapping, n_pred, n_gold = np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
    with np.errstate(invalid="ignore"):
        return np.asarray((2 * exact + overlapping) / (n_pred + n_gold))


def _likely(gold: Sequence[Span], predicted: Sequence[Span]) -> list[Pair]:
    """Overlapping entities (sorted lists) one to one, as a reader would pair them to say what went wrong.

    Same extent first, then same type, then larger overlap, then leftmost: the likeliest pairs, not the most pairs.
    """
    candidates = []
    first = 0
    for a in gold:
        # what ends before this one begins is of no use to the ones that begin later either
        while first < len(predicted) and predicted[first].end <= a.start:
            first += 1
        for at in range(first, len(predicted)):
            b = predicted[at]
            if b.start >= a.end:
                break
            overlap = min(a.end, b.end) - max(a.start, b.start)
            if overlap > 0:
                candidates.append((a[:2] != b[:2], a.type != b.type, -overlap, a, b))
    pairs: list[Pair] = []
    used_gold: set[Span] = set()
    used_predicted: set[Span] = set()
    for *_, a, b in sorted(candidates):
        if a not in used_gold and b not in used_predicted:
            pairs.append((a, b))
            used_gold.add(a)
            used_predicted.add(b)
    return pairs
