"""The project's own demonstration corpus as two datasets. Synthetic: never to be mixed with real results."""

from __future__ import annotations

from phingpt_bench.data.catalogue import Dataset, Rows
from phingpt_bench.data.demo import load_demo
from phingpt_bench.data.ner import TYPES
from phingpt_bench.data.sentiment import LABELS


def _sentiment(path: str | None) -> dict[str, Rows]:
    return load_demo("sentiment")


def _ner(path: str | None) -> dict[str, Rows]:
    return load_demo("ner")


DATASETS = (
    Dataset(
        name="demo_sentiment",
        title="Demonstration corpus, sentiment (synthetic, English and Spanish)",
        protocol="demo-sentiment/v1",
        kind="labels",
        labels=LABELS,
        licence="Apache-2.0",
        split_rule="written apart: no company name and no sentence frame in two splits",
        load=_sentiment,
        rows={"train": 0, "validation": 0, "test": 0},
        digests={"train": "", "validation": "", "test": ""},
    ),
    Dataset(
        name="demo_ner",
        title="Demonstration corpus, named entities (synthetic, English and Spanish)",
        protocol="demo-ner/v1",
        kind="spans",
        labels=TYPES,
        licence="Apache-2.0",
        split_rule="written apart: no company name and no sentence frame in two splits",
        load=_ner,
        rows={"train": 0, "validation": 0, "test": 0},
        digests={"train": "", "validation": "", "test": ""},
    ),
)
