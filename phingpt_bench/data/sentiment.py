"""Sentiment datasets: Financial PhraseBank under FinGPT's split, Twitter Financial News Sentiment."""

from __future__ import annotations

from phingpt_bench.data.catalogue import Dataset, Rows, cut_validation
from phingpt_bench.data.sources import Source, read_rows

LABELS = ("negative", "neutral", "positive")

# The Hub repository has a loading script, which datasets 4 and newer refuse: its zip is read instead.
# Revision as pinned by mteb's FinancialPhrasebankClassification.
PHRASEBANK = Source(
    folder="financial_phrasebank",
    files={"all": "sentences_50agree/train.parquet"},
    hub_id="takala/financial_phrasebank",
    revision="1484d06fe7af23030c7c977b12556108d1f67039",
    hub_zip=("data/FinancialPhraseBank-v1.0.zip", "FinancialPhraseBank-v1.0/Sentences_50Agree.txt"),
)
TWITTER = Source(
    folder="twitter_financial_news_sentiment",
    files={"train": "train.parquet", "validation": "validation.parquet"},
    hub_id="zeroshot/twitter-financial-news-sentiment",
)


def _label(value: int | str) -> str:
    return LABELS[value] if isinstance(value, int) else value


def phrasebank_fingpt(path: str | None) -> dict[str, Rows]:
    """sentences_50agree through `train_test_split(seed=42)` (test_size 0.25), FinGPT's benchmark split.

    The split is made by `datasets` itself, as FinGPT's fpb.py does; 10 % of the train rows become validation.
    """
    import datasets

    rows = [{"text": row["sentence"], "label": _label(row["label"])} for row in read_rows(PHRASEBANK, "all", path)]
    parts = datasets.Dataset.from_list(rows).train_test_split(seed=42)
    train, validation = cut_validation(parts["train"].to_list())
    return {"train": train, "validation": validation, "test": parts["test"].to_list()}


def twitter(path: str | None) -> dict[str, Rows]:
    """TFNS: the published `validation` split is what papers report as test; 10 % of train becomes our validation.

    Its encoding is its own: 0 bearish, 1 bullish, 2 neutral.
    """
    names = ("negative", "positive", "neutral")

    def rows(split: str) -> Rows:
        return [{"text": row["text"], "label": names[row["label"]]} for row in read_rows(TWITTER, split, path)]

    train, validation = cut_validation(rows("train"))
    return {"train": train, "validation": validation, "test": rows("validation")}


DATASETS = (
    Dataset(
        name="fpb",
        title="Financial PhraseBank, at least 50 % agreement, FinGPT's split",
        protocol="fpb/fingpt-25-seed42/v1",
        kind="labels",
        labels=LABELS,
        licence="CC BY-NC-SA 3.0",
        split_rule="datasets train_test_split(seed=42), test 25 %; validation: 10 % of train by hash of the text",
        load=phrasebank_fingpt,
        rows={"train": 3284, "validation": 350, "test": 1212},
        digests={"train": "57fef49cd91cf172", "validation": "da883b2d16548934", "test": "09f2d6adf302759b"},
    ),
    Dataset(
        name="tfns",
        title="Twitter Financial News Sentiment, published validation split",
        protocol="tfns/validation/v1",
        kind="labels",
        labels=LABELS,
        licence="MIT (card); the texts are tweets",
        split_rule="test: the published validation split; validation: 10 % of train by hash of the text",
        load=twitter,
        rows={"train": 8560, "validation": 983, "test": 2388},
        digests={"train": "5c08dd5c98cf874e", "validation": "1cfceb2fe8b8c362", "test": "dc00f3f48b348de0"},
    ),
)
