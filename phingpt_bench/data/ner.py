"""Named-entity datasets: FIN through FLARE's 98 test sentences, FiNER-ORD."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from phingpt_bench.data.catalogue import Dataset, Rows
from phingpt_bench.data.sources import Source, read_rows

TYPES = ("PER", "ORG", "LOC")

FLARE_NER = Source(
    folder="flare_ner",
    files={"train": "train.parquet", "validation": "valid.parquet", "test": "test.parquet"},
    hub_id="TheFinAI/flare-ner",
    hub_splits={"validation": "valid"},
)
FINER_ORD = Source(
    folder="finer_ord",
    files={"train": "train.parquet", "validation": "validation.parquet", "test": "test.parquet"},
    hub_id="gtfintechlab/finer-ord",
)
_FINER_TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")  # the card's 0 .. 6


def from_bio(tokens: Sequence[str], tags: Iterable[str]) -> dict[str, Any]:
    """A row from tokens and BIO tags: text is the tokens joined by one space, entities are character offsets.

    An I- tag that continues nothing opens an entity, as conlleval reads it; so does an I- of another type.
    """
    entities: list[dict[str, Any]] = []
    open_type, at = None, 0
    for token, tag in zip(tokens, tags, strict=True):
        prefix, _, kind = tag.partition("-")
        if prefix == "I" and kind == open_type:
            entities[-1]["end"] = at + len(token)
        elif prefix in ("B", "I"):
            entities.append({"start": at, "end": at + len(token), "type": kind})
        open_type = kind if prefix in ("B", "I") else None
        at += len(token) + 1
    return {"text": " ".join(tokens), "entities": entities}


def fin_flare(path: str | None) -> dict[str, Rows]:
    """FIN (Salinas Alvarado et al. 2015) as FLARE cuts it: sentences with an entity, MISC dropped, FIN3 is test."""

    def rows(split: str) -> Rows:
        return [from_bio(row["text"].split(" "), row["label"]) for row in read_rows(FLARE_NER, split, path)]

    return {split: rows(split) for split in ("train", "validation", "test")}


def finer_ord(path: str | None) -> dict[str, Rows]:
    """FiNER-ORD: one row per token on the Hub, put together again by (doc_idx, sent_idx) in file order."""

    def rows(split: str) -> Rows:
        tokens = read_rows(FINER_ORD, split, path)
        sentences = (list(group) for _, group in groupby(tokens, key=lambda t: (t["doc_idx"], t["sent_idx"])))
        # a CSV reader turns the word "None" (train token 77148) into a null
        return [
            from_bio([str(t["gold_token"]) for t in s], [_FINER_TAGS[t["gold_label"]] for t in s]) for s in sentences
        ]

    return {split: rows(split) for split in ("train", "validation", "test")}


DATASETS = (
    Dataset(
        name="fin",
        title="FIN, SEC loan agreements (Salinas Alvarado et al. 2015), FLARE's sentences",
        protocol="fin/flare-98/v1",
        kind="spans",
        labels=TYPES,
        licence="CC BY 3.0",
        split_rule="FLARE's: FIN5 sentences with an entity, first 408 train, 103 valid; FIN3 with an entity is test",
        load=fin_flare,
        rows={"train": 408, "validation": 103, "test": 98},
        digests={"train": "c88ca67b432f85ff", "validation": "78240524eecb8ddc", "test": "1ce3662c7eda5438"},
    ),
    Dataset(
        name="finer_ord",
        title="FiNER-ORD, financial news (Shah et al. 2023)",
        protocol="finer-ord/test-1075/v1",
        kind="spans",
        labels=TYPES,
        licence="CC BY-NC 4.0",
        split_rule="the published train, validation and test articles, one row a sentence",
        load=finer_ord,
        rows={"train": 3262, "validation": 402, "test": 1075},
        digests={"train": "4512ca7286ffe7ce", "validation": "6911d662b5d8c920", "test": "dd07bb0e053f0842"},
    ),
)
