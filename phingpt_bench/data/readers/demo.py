"""The project's own demonstration corpus as datasets. Synthetic: never mix it with real results."""

from __future__ import annotations

from phingpt_bench.data.demo import load_demo
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.rows import Rows


def demo_sentiment(origin: Origin, path: str | None) -> dict[str, Rows]:
    """The sentiment rows, English and Spanish. They ship with the program; `path` is ignored."""
    return load_demo("sentiment")


def demo_ner(origin: Origin, path: str | None) -> dict[str, Rows]:
    """The entity rows, English and Spanish. They ship with the program; `path` is ignored."""
    return load_demo("ner")
