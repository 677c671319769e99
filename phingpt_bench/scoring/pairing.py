"""Gold and predicted entities paired one to one where they overlap: as many pairs as there can be.

Which entities overlap is a matter of offsets alone, so neither the names of types nor the order in which they are
listed plays a part.
"""

from __future__ import annotations

from collections.abc import Iterable

from phingpt_bench.scoring.entities import Span

Pair = tuple[Span, Span]


def overlap_pairs(gold: Iterable[Span], predicted: Iterable[Span]) -> list[Pair]:
    """A best pairing (gold, predicted) of entities that share a character, each entity at most once.

    Best is the largest sum of 1 for a pair of equal extent and 1/2 for any other (the points of the "partial" measure
    of MUC-5 and SemEval-2013 task 9). Pairs of equal extent are taken first: where one is in no best pairing,
    exchanging it for the two pairs that its entities have costs nothing (1/2 + 1/2). What is left is a largest
    matching of the overlaps. Of several best pairings the leftmost.
    """
    mine, theirs = sorted(gold), sorted(predicted)
    if not mine or not theirs:
        return []
    if mine == theirs and not _overlapping(mine):  # what most answers are
        return list(zip(mine, theirs, strict=True))
    pairs = _of_equal_extent(mine, theirs)
    if pairs:
        taken_gold, taken_predicted = {a for a, _ in pairs}, {b for _, b in pairs}
        mine = [span for span in mine if span not in taken_gold]
        theirs = [span for span in theirs if span not in taken_predicted]
    flat = not (_overlapping(mine) or _overlapping(theirs))
    return pairs + (_swept(mine, theirs) if flat else _augmented(mine, theirs))


def _of_equal_extent(gold: list[Span], predicted: list[Span]) -> list[Pair]:
    free: dict[tuple[int, int], list[Span]] = {}
    for span in reversed(predicted):
        free.setdefault(span[:2], []).append(span)
    return [(span, free[span[:2]].pop()) for span in gold if free.get(span[:2])]


def _overlapping(spans: list[Span]) -> bool:
    """Whether some of the sorted spans share a character (nested gold does)."""
    end = 0
    for span in spans:
        if span.start < end:
            return True
        end = span.end
    return False


def _swept(gold: list[Span], predicted: list[Span]) -> list[Pair]:
    """A largest matching where neither side overlaps itself: from left to right, whatever overlaps and is free.

    That is a largest one because of two overlapping entities the one that ends first meets nothing after the other.
    """
    pairs = []
    i = j = 0
    while i < len(gold) and j < len(predicted):
        one, other = gold[i], predicted[j]
        if one.start < other.end and other.start < one.end:
            pairs.append((one, other))
            i, j = i + 1, j + 1
        elif one.end <= other.end:
            i += 1
        else:
            j += 1
    return pairs


def _augmented(gold: list[Span], predicted: list[Span]) -> list[Pair]:
    """A largest matching where entities of one side overlap each other, by augmenting paths (Kuhn)."""
    near = [
        [at for at, other in enumerate(predicted) if one.start < other.end and other.start < one.end] for one in gold
    ]
    of_gold: dict[int, int] = {}
    of_predicted: dict[int, int] = {}
    for first in range(len(gold)):
        came: dict[int, int] = {}  # from which gold entity a prediction was reached
        waiting, end = [first], None
        while waiting and end is None:
            one = waiting.pop()
            for other in near[one]:
                if other not in came:
                    came[other] = one
                    if other not in of_predicted:
                        end = other
                        break
                    waiting.append(of_predicted[other])
        while end is not None:  # back along the path, each entity takes the prediction by which it was left
            one = came[end]
            given_up = of_gold.get(one)
            of_gold[one], of_predicted[end] = end, one
            end = given_up
    return [(gold[one], predicted[other]) for one, other in sorted(of_gold.items())]
