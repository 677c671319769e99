"""The longest common subsequence of two sequences, for texts that were copied with slips."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def common_subsequence(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs (index in `a`, index in `b`) of a longest common subsequence, in order.

    Of several that are as long, one that lies early in both, moved to where neighbours in `a` are neighbours in `b`.
    Bit-parallel (Hyyrö 2004): len(a) operations on integers of len(b) bits, so the cost is bounded whatever is
    repeated, unlike difflib's.
    """
    places: dict[Hashable, int] = {}
    for j, item in enumerate(b):
        places[item] = places.get(item, 0) | 1 << j
    full = (1 << len(b)) - 1
    # bit j of row i is 0 if one more item of b, the j-th, makes the subsequence with a[:i] longer
    row, rows = full, [full]
    for item in a:
        hits = row & places.get(item, 0)
        row = ((row + hits) | (row - hits)) & full
        rows.append(row)
    pairs: list[tuple[int, int]] = []
    i, j = len(a), len(b)
    while i and j:
        if rows[i] >> (j - 1) & 1:
            j -= 1
            continue
        i -= 1
        if rows[i] >> (j - 1) & 1:
            j -= 1
            if pairs and pairs[-1][0] == i + 1 and b[pairs[-1][1] - 1] == a[i]:
                pairs.append((i, pairs[-1][1] - 1))
            else:
                pairs.append((i, j))
    return pairs[::-1]
