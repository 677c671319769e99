"""Readers: functions that make the splits of a dataset, by the name in its passport.

A reader is called as reader(passport.origin, path, **passport.options), where path is an explicit folder or None
(mirror, Hugging Face cache, Hub), and returns {"train": rows, "validation": rows, "test": rows} without ids; a dataset
without training rows has "test" only.

A reader of a user's own is the function NAME in the file readers/NAME.py of the folder that PHINGPT_BENCH_TASKS names.
"""

from __future__ import annotations

import importlib
import importlib.util
from contextlib import AbstractContextManager
from contextvars import ContextVar
from pathlib import Path

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.paths import task_folders
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.within import value_within
from phingpt_bench.data.rows import Reader

# name -> module below this package; the function has the name of the reader
READERS = {
    "table": "table",
    "spans": "spans",
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


FOLDER = "readers"  # of a user's tasks
_ONLY_OURS: ContextVar[bool] = ContextVar("only_ours", default=False)


def only_ours() -> AbstractContextManager[None]:
    """Within the block a reader that comes with a user's tasks is an error: it is code, and would run."""
    return value_within(_ONLY_OURS, True)


def reader(name: str) -> Reader:
    """The reader of that name, ours before a user's; BenchError with the nearest one otherwise."""
    if name in READERS:
        found: Reader = getattr(importlib.import_module(f"phingpt_bench.data.readers.{READERS[name]}"), name)
        return found
    own = {file.stem: file for folder in task_folders()[1:] for file in sorted((folder / FOLDER).glob("*.py"))}
    if name not in own:
        raise unknown(sentence("reader"), name, [*READERS, *own])
    if _ONLY_OURS.get():
        raise BenchError(
            "the reader '{name}' is code that comes with the task, and does not run without --trust-task-code",
            where=str(own[name]),
            hint="read that code first: it may do whatever you may do",
            name=name,
        )
    return _own(name, own[name])


def _own(name: str, file: Path) -> Reader:
    spec = importlib.util.spec_from_file_location(f"phingpt_bench_own_reader_{name}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        found: Reader = getattr(module, name)
    except Exception as err:  # whatever the user's code does wrong
        raise BenchError(
            "the reader cannot be loaded ({type}: {reason})",
            where=str(file),
            hint="it needs a function {name}(origin, path, **options)",
            type=type(err).__name__,
            reason=err,
            name=name,
        ) from None
    return found
