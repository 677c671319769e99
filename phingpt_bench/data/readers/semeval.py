"""SemEval-2017 task 5, subtask 2 (Cortis et al. 2017): sentiment from -1 to 1 towards a company in a headline."""

from __future__ import annotations

from phingpt_bench.data.passport import Origin
from phingpt_bench.data.readers.fiqa import classes
from phingpt_bench.data.readers.table import table
from phingpt_bench.data.rows import Rows


def semeval(origin: Origin, path: str | None) -> dict[str, Rows]:
    """The rows of semeval_score with the class of each score (see fiqa.polarity)."""
    return classes(semeval_score(origin, path))


def semeval_score(origin: Origin, path: str | None) -> dict[str, Rows]:
    """The training part of the task, cut in three by the hash of the headline: test 20 %, then validation 10 %.

    The task's own test scores are not public, so this test part is ours. A headline about two companies has two rows,
    which stay in one split, as do copies that only differ in case, accents and punctuation.
    """
    return table(
        origin,
        path,
        files={"train": "train.parquet"},
        text="title",
        score="sentiment",
        keep={"entity": "company"},
        cut_test=20,
        cut_validation=10,
    )
