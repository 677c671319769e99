"""Answers and YAML texts that a fuzzer makes, led by which lines of the package they reach: `python tests/guided.py`.

Options are those of libFuzzer (-runs=100000, -max_total_time=60, -max_len=400), and a folder of inputs. A traceback
ends it. It needs `pip install atheris`, as the nightly workflow does; tests/repository/test_fuzz.py needs nothing.
"""

from __future__ import annotations

import contextlib
import sys

import atheris

with atheris.instrument_imports(include=["phingpt_bench.core", "phingpt_bench.scoring", "phingpt_bench.rescore"]):
    from phingpt_bench.core import config, yamlfile
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.evaluate.suite import Suite
    from phingpt_bench.rescore.json_rows import json_rows
    from phingpt_bench.scoring import answered

LABELS, TYPES = ("negative", "neutral", "positive"), ("PER", "LOC", "ORG")
TEXT = "Nokia Oyj of Espoo expects sales to fall."
DOC = {"id": "a", "text": TEXT, "label": "negative", "gold": 0, "score": 0.5, "labels": list(LABELS), "entities": []}


def one(data: bytes) -> None:
    """One input: its first byte says who reads it."""
    text = data[1:].decode("utf-8", "replace")
    reader = data[0] % 6 if data else 0
    with contextlib.suppress(BenchError):
        if reader == 0:
            answered.written_label(DOC, LABELS, text)
            answered.written_score(DOC, text)
        elif reader <= 3:
            row = answered.written_spans(DOC, TYPES, text, ("lines", "json", "tags")[reader - 1])
            assert all(0 <= span.start < span.end <= len(TEXT) for span in row.parsed.spans)
        elif reader == 4:
            config.build(Suite, yamlfile.load_text(text, "f.yaml"), "f.yaml")
        else:
            json_rows("f.json", text)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
