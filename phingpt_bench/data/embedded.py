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
        rows={"train": 462, "validation": 66, "test": 132},
        digests={"train": "efa09f2e55becd94", "validation": "c84f7bbaf3d6c425", "test": "fa88a4ddff77cc8a"},
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
        rows={"train": 210, "validation": 30, "test": 60},
        digests={"train": "a331abc424b8a6ed", "validation": "65b7efad1b0fd12f", "test": "2d54628186847026"},
    ),
)
