"""Train rows found among the test rows: equal, equal after normalisation, or nearly equal.

Near-duplicates are pairs whose sets of word 3-grams overlap by at least NEAR (Jaccard); candidates come from an
inverted index over the 3-grams, so the comparison is exact and not quadratic on ordinary text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

NEAR = 0.8
KINDS = ("exact", "normalised", "near")  # how a test row is like a training row, the closest first


def normalise(text: str) -> str:
    """Lower case, accents and punctuation dropped, digits kept, one space between words."""
    # decomposed before and after folding: a mathematical A becomes a plain one only then, and is folded only after
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain))


def exposure(train: Sequence[str], test: Sequence[str]) -> dict[str, Any]:
    """How many test texts were seen in training, each counted under its closest kind only.

    Returns {"rows": len(test), "exact": n, "normalised": n, "near": n, "ids": sorted indices of all of them}.
    An empty train or test gives zeros: nothing was seen.
    """
    exact, normal = set(train), {normalise(text) for text in train} - {""}
    index: dict[str, list[int]] = defaultdict(list)
    grams = [_grams(text) for text in train]
    for row, own in enumerate(grams):
        for gram in own:
            index[gram].append(row)
    counts: Counter[str] = Counter()
    seen = []
    for at, text in enumerate(test):
        if text in exact:
            kind = "exact"
        elif normalise(text) in normal:
            kind = "normalised"
        elif _is_near(_grams(text), grams, index):
            kind = "near"
        else:
            continue
        counts[kind] += 1
        seen.append(at)
    return {"rows": len(test), **{kind: counts[kind] for kind in KINDS}, "ids": seen}


def _grams(text: str) -> frozenset[str]:
    words = normalise(text).split()
    return frozenset(" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2)))


def _is_near(own: frozenset[str], grams: Sequence[frozenset[str]], index: dict[str, list[int]]) -> bool:
    shared = Counter(row for gram in own for row in index.get(gram, ()))
    return any(count / (len(own) + len(grams[row]) - count) >= NEAR for row, count in shared.items())
