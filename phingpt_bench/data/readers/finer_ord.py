"""FiNER-ORD: entities in financial news (Shah et al. 2023), published as one row per token."""

from __future__ import annotations

from itertools import groupby

from phingpt_bench.data.bio import from_bio
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.rows import Rows
from phingpt_bench.data.sources import read_rows, source_of

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")  # the card's 0 .. 6


def finer_ord(origin: Origin, path: str | None) -> dict[str, Rows]:
    """The published splits; a sentence is the run of tokens with one (doc_idx, sent_idx), in file order.

    The "document" of a row is its article.
    """
    splits = ("train", "validation", "test")
    source = source_of(origin, {split: f"{split}.parquet" for split in splits})

    def rows(split: str) -> Rows:
        tokens = read_rows(source, split, path)
        sentences = [list(group) for _, group in groupby(tokens, key=lambda t: (t["doc_idx"], t["sent_idx"]))]
        # a CSV reader turns the word "None" (train token 77148) into a null
        return [
            {
                **from_bio([str(t["gold_token"]) for t in s], [TAGS[t["gold_label"]] for t in s]),
                "document": s[0]["doc_idx"],
            }
            for s in sentences
        ]

    return {split: rows(split) for split in splits}
