"""FiQA-SA (Maia et al. 2018): sentiment from -1 to 1 towards a target in a post or headline.

Papers disagree on the split, and on the class of a score.
"""

from __future__ import annotations

from phingpt_bench.data.cuts import cut_validation
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.readers.evidence import marked
from phingpt_bench.data.readers.table import check_columns, table
from phingpt_bench.data.rows import Row, Rows
from phingpt_bench.data.sources import place, read_rows, source_of


def polarity(score: float) -> str:
    """The class of a score: negative below -0.1, positive from 0.1, neutral between.

    FinGPT's `make_label`; FLARE's labels follow it too (a test shows it). The `label` column of pauri32/fiqa-2018
    differs at one point: there a score of exactly 0.1 is neutral.
    """
    if score < -0.1:
        return "negative"
    return "positive" if score >= 0.1 else "neutral"


def classes(splits: dict[str, Rows]) -> dict[str, Rows]:
    """The splits with the class of each score instead of the score."""

    def classed(row: Row) -> Row:
        return {key: value for key, value in row.items() if key != "score"} | {"label": polarity(row["score"])}

    return {split: [classed(row) for row in rows] for split, rows in splits.items()}


def fiqa_fingpt(origin: Origin, path: str | None) -> dict[str, Rows]:
    """FinGPT's benchmark: train, validation and test of pauri32/fiqa-2018 in one list, 22.6 % of which is test.

    The split is made by `datasets` itself, train_test_split(0.226, seed=42). Because the source's validation rows are
    copies of train rows, test rows can be in train too. 10 % of the train rows, by hash of the text, are validation.
    """
    import datasets

    parts = ("train", "validation", "test")
    source = source_of(origin, {part: f"{part}.parquet" for part in parts})
    raw = [row for part in parts for row in read_rows(source, part, path)]
    check_columns(raw, ["sentence", "sentiment_score", "target", "snippets"], place(source, "train", path))
    rows = [
        {
            "text": row["sentence"], "label": polarity(row["sentiment_score"]), "entity": row["target"],
            "evidence": marked(row["sentence"], row["snippets"]),
        }
        for row in raw
    ]  # fmt: skip
    halves = datasets.Dataset.from_list(rows).train_test_split(0.226, seed=42)
    train, validation = cut_validation(halves["train"].to_list())
    return {"train": train, "validation": validation, "test": halves["test"].to_list()}


def fiqa_official(origin: Origin, path: str | None) -> dict[str, Rows]:
    """The task's own train and test files, one row for each target, with the class of the score.

    10 % of the train rows, by hash of the text, become our validation.
    """
    return classes(fiqa_official_score(origin, path))


def fiqa_official_score(origin: Origin, path: str | None) -> dict[str, Rows]:
    """As fiqa_official, with the scores themselves."""
    return table(
        origin,
        path,
        files={"train": "train.parquet", "test": "test.parquet"},
        text="sentence",
        score="sentiment_score",
        keep={"entity": "target"},
        cut_validation=10,
        evidence="snippets",
    )
