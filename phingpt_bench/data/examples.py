"""The block of solved examples for few-shot prompts: training rows chosen by a rule, the same for every document."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from phingpt_bench.data.normalise import normalise
from phingpt_bench.data.rows import Rows

MOST = 32  # BloombergGPT's 20 examples are the most that a published protocol gives


def examples(rows: Rows, test: Rows, labels: Sequence[str], block: int = 0) -> Rows:
    """Up to MOST training rows in the order in which k-shot prompts take the first k; empty without training rows.

    Only rows whose text is at most of median length, so that a block stays short, and is no test row's (case, accents
    and punctuation aside): such an example would give an answer away. In turns over the classes of rows (the labels;
    for entities which types occur; for scores their sign), each class in the order of the hash of its texts; the
    classes begin in label order, rows without entities last. No two examples have the same text. First-come blocks are
    no substitute: TFNS begins with five negative tweets, and a base shown these answered negative almost always.
    block: each number has another order of the hashes, so that blocks are independent draws; 0 is the usual one.
    """
    if not rows:
        return []
    lengths = sorted(len(row["text"]) for row in rows)
    median = lengths[(len(lengths) - 1) // 2]
    classes: dict[Any, Rows] = defaultdict(list)
    seen = {normalise(row["text"]) for row in test}
    salt = f"example {block}:" if block else "example:"
    for row in sorted(rows, key=lambda row: hashlib.sha256((salt + row["text"]).encode()).hexdigest()):
        text = normalise(row["text"])
        if len(row["text"]) <= median and text not in seen:
            seen.add(text)
            classes[_class(row, labels)].append(row)
    turns = [classes[key] for key in sorted(classes)]
    chosen = [turn[at] for at in range(MOST) for turn in turns if at < len(turn)]
    return chosen[:MOST]


def _class(row: dict[str, Any], labels: Sequence[str]) -> tuple[int, ...]:
    """What the row is an example of, as a key that sorts in label order."""
    if "label" in row:
        return (labels.index(row["label"]),)
    if "score" in row:
        return ((row["score"] > 0) - (row["score"] < 0),)
    return tuple(sorted({labels.index(entity["type"]) for entity in row["entities"]})) or (len(labels),)
