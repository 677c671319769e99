"""Gold headlines (Sinha & Khandait 2021): nine yes/no questions about each news headline on the price of gold."""

from __future__ import annotations

from phingpt_bench.data.cuts import cut_copies, cut_validation
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.rows import Rows
from phingpt_bench.data.sources import read_rows, source_of

# column -> question; their order is the `group` of a row. The wording is this project's; the papers differ too.
QUESTIONS = {
    "PriceOrNot": "Is the headline about the price of gold?",
    "DirectionUp": "Does the headline say that the price of gold goes up?",
    "DirectionConstant": "Does the headline say that the price of gold stays the same?",
    "DirectionDown": "Does the headline say that the price of gold goes down?",
    "PastPrice": "Does the headline speak of the price of gold in the past?",
    "FuturePrice": "Does the headline speak of the price of gold in the future?",
    "PastNews": "Does the headline report a past event other than the price of gold?",
    "FutureNews": "Does the headline speak of a future event other than the price of gold?",
    "AssetComparision": "Does the headline compare gold with another asset?",
}
LABELS = ("no", "yes")  # the columns hold 0 and 1


def gold(origin: Origin, path: str | None) -> dict[str, Rows]:
    """Nine rows per headline: {"text", "question", "group": 0 .. 8, "label": "no" or "yes"}."""
    headlines = [
        {"text": row["News"], "answers": [LABELS[row[column]] for column in QUESTIONS]}
        for row in read_rows(source_of(origin, {"train": "train.parquet"}), "train", path)
    ]
    rest, test = cut_copies(headlines)
    train, validation = cut_validation(rest)
    return {"train": _asked(train), "validation": _asked(validation), "test": _asked(test)}


def _asked(headlines: Rows) -> Rows:
    return [
        {"text": headline["text"], "question": question, "group": group, "label": label}
        for headline in headlines
        for group, (question, label) in enumerate(zip(QUESTIONS.values(), headline["answers"], strict=True))
    ]
