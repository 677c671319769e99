"""The few-shot examples: training rows chosen by a rule, the same for every document."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from phingpt_bench.data.normalise import normalise
from phingpt_bench.data.rows import Row, Rows

MOST = 32  # more than the 20 of BloombergGPT, the largest number in a published protocol


def examples(rows: Rows, test: Rows, labels: Sequence[str], block: int = 0) -> Rows:
    """Up to MOST training rows in the order in which k-shot prompts take the first k; empty without training rows.

    Only rows whose text has at most median length, so that prompts stay short, and is not a test row's (ignoring case,
    accents and punctuation), which would reveal an answer. They alternate between the classes of rows (the labels; for
    entities the set of their types; for scores their sign), each class sorted by the hash of its texts; classes are in
    label order, rows without entities last. No two examples have the same text. The first rows of a dataset would not
    do: TFNS begins with five negative tweets, and with these as examples a base answered negative almost always.
    block: each number draws other rows and another order of the classes; 0 is the usual one. Both change answers.
    """
    if not rows:
        return []
    lengths = sorted(len(row["text"]) for row in rows)
    median = lengths[(len(lengths) - 1) // 2]
    classes: dict[Any, Rows] = defaultdict(list)
    seen = {normalise(row["text"]) for row in test}
    salt = f"example {block}:" if block else "example:"
    for row in sorted(rows, key=lambda row: _hash(salt + row["text"])):
        text = normalise(row["text"])
        if len(row["text"]) <= median and text not in seen:
            seen.add(text)
            classes[_class(row, labels)].append(row)
    order = sorted(classes) if block == 0 else sorted(classes, key=lambda key: _hash(f"{salt}{key}"))
    turns = [classes[key] for key in order]
    chosen = [turn[at] for at in range(MOST) for turn in turns if at < len(turn)]
    return chosen[:MOST]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _class(row: Row, labels: Sequence[str]) -> tuple[int, ...]:
    """The class of a row, as a key that sorts in label order."""
    if "label" in row:
        return (labels.index(row["label"]),)
    if "score" in row:
        return ((row["score"] > 0) - (row["score"] < 0),)
    return tuple(sorted({labels.index(entity["type"]) for entity in row["entities"]})) or (len(labels),)
