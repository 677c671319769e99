"""Readers: functions that make the splits of a dataset, by the name in its passport.

A reader is called as reader(passport.origin, path, **passport.options), where path is an explicit folder or None
(mirror, Hugging Face cache, Hub), and returns {"train": rows, "validation": rows, "test": rows} without ids; a dataset
without training rows has "test" only.
"""

from __future__ import annotations

import importlib

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.rows import Reader

# name -> module below this package; the function has the name of the reader
READERS = {
    "table": "table",
    "phrasebank": "phrasebank",
    "fiqa_fingpt": "fiqa",
    "fiqa_official": "fiqa",
    "fiqa_official_score": "fiqa",
    "semeval": "semeval",
    "semeval_score": "semeval",
    "fin_flare": "fin",
    "fin_sec": "fin",
    "finer_ord": "finer_ord",
    "given_span": "given_span",
    "finentity": "finentity",
    "finentity_spans": "finentity",
    "gold": "gold",
    "fpb_es": "spanish",
    "demo_sentiment": "demo",
    "demo_ner": "demo",
}


# options by which a reader builds on something else. The passport has its name, the reader gets the thing itself: the
# splits of another dataset of the catalogue, or another reader
DATASETS = {"fpb_es": ("english",)}
BUILT_ON = {"given_span": ("reader",)}


def reader(name: str) -> Reader:
    """The reader of that name; BenchError with the nearest one otherwise."""
    if name not in READERS:
        raise unknown(sentence("reader"), name, READERS)
    found: Reader = getattr(importlib.import_module(f"phingpt_bench.data.readers.{READERS[name]}"), name)
    return found
