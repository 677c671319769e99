"""FIN: entities in US loan agreements (Salinas Alvarado et al. 2015), in the versions of FLARE and T-NER."""

from __future__ import annotations

from phingpt_bench.data.bio import from_bio
from phingpt_bench.data.cuts import cut_validation
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.rows import Rows
from phingpt_bench.data.sources import read_rows, source_of

# T-NER's codes 0 .. 8. The release itself has no B-: the first token of each run got one, so adjacent entities of one
# type are one entity here.
TNER_TAGS = ("O", "B-PER", "B-LOC", "B-ORG", "B-MISC", "I-PER", "I-LOC", "I-ORG", "I-MISC")


def fin_flare(origin: Origin, path: str | None) -> dict[str, Rows]:
    """FLARE's copy: sentences with a PER, ORG or LOC entity, MISC dropped; its three splits as published.

    FIN5 gives train (the first 408 such sentences) and validation (the other 103), FIN3 gives test (98).
    """
    files = {"train": "train.parquet", "validation": "valid.parquet", "test": "test.parquet"}
    source = source_of(origin, files, hub_splits={"validation": "valid"})
    return {
        split: [
            # "query" is FLARE's own prompt, for --prompt query
            {**from_bio(row["text"].split(" "), row["label"]), **({"query": row["query"]} if row.get("query") else {})}
            for row in read_rows(source, split, path)
        ]
        for split in files
    }


def fin_sec(
    origin: Origin, path: str | None, *, misc: bool = False, only_with_entities: bool = False
) -> dict[str, Rows]:
    """FIN5 and FIN3 as released: FIN3 is test, validation is cut from FIN5 by hash.

    misc: keep entities of type MISC; False makes them ordinary words. only_with_entities: skip sentences without any
    entity left.
    """
    source = source_of(origin, {"train": "train.parquet", "test": "test.parquet"})

    def rows(split: str) -> Rows:
        read = []
        for row in read_rows(source, split, path):
            tags = [TNER_TAGS[code] for code in row["tags"]]
            read.append(from_bio(row["tokens"], tags if misc else [_without_misc(tag) for tag in tags]))
        return [row for row in read if row["entities"] or not only_with_entities]

    train, validation = cut_validation(rows("train"))
    return {"train": train, "validation": validation, "test": rows("test")}


def _without_misc(tag: str) -> str:
    return "O" if tag.endswith("-MISC") else tag
