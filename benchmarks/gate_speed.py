"""Index the test rows of the whole catalogue and search made-up training rows among them. Run by benchmarks.gate.

python -m benchmarks.gate_speed ROWS
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.data.copies.index import Index, Target


def recombined(texts: Sequence[str], count: int) -> Iterator[str]:
    """The first half of one training text with the second half of another: in the field's words, and yet no copies."""
    draw = random.Random(0)
    words = [text.split() for text in texts]
    for _ in range(count):
        a, b = draw.choice(words), draw.choice(words)
        yield " ".join(a[: len(a) // 2] + b[len(b) // 2 :])


def main(rows: int) -> None:
    """Nothing is printed: the caller measures the process."""
    targets, training = [], dict[str, None]()
    for name in catalogue.names():
        try:
            splits = catalogue.load(name)
        except BenchError:  # not in this mirror
            continue
        every = dict.fromkeys(row["text"] for split in splits.values() for row in split)
        targets.append(Target(name, [row["text"] for row in splits["test"]], every))
        training |= dict.fromkeys(row["text"] for split in ("train", "validation") for row in splits.get(split, ()))
    Index(targets).search(recombined(list(training), rows))


if __name__ == "__main__":
    main(int(sys.argv[1]))
