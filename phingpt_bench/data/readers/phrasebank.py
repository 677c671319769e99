"""Financial PhraseBank (Malo et al. 2014): it has no official split, so papers made their own from one list.

The Hub repository has a loading script, which `datasets` 4 and newer refuse: its zip is read instead.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.cuts import cut_validation
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.readers.table import check_columns
from phingpt_bench.data.rows import Rows
from phingpt_bench.data.sources import place, read_rows, source_of

LABELS = ("negative", "neutral", "positive")
ZIP = "data/FinancialPhraseBank-v1.0.zip"
# percent of the annotators who agree -> (file in a mirror, member of the zip)
AGREEMENT = {
    50: ("sentences_50agree/train.parquet", "FinancialPhraseBank-v1.0/Sentences_50Agree.txt"),
    66: ("sentences_66agree/train.parquet", "FinancialPhraseBank-v1.0/Sentences_66Agree.txt"),
    75: ("sentences_75agree/train.parquet", "FinancialPhraseBank-v1.0/Sentences_75Agree.txt"),
    100: ("sentences_allagree/train.parquet", "FinancialPhraseBank-v1.0/Sentences_AllAgree.txt"),
}


def phrasebank(origin: Origin, path: str | None, *, rule: str, agreement: int = 50) -> dict[str, Rows]:
    """The sentences with at least `agreement` percent, split by one of RULES.

    BenchError with the nearest name for another rule or agreement, for a list without sentences or labels.
    """
    if rule not in RULES:
        raise unknown(sentence("PhraseBank split"), rule, RULES)
    if agreement not in AGREEMENT:
        raise unknown(sentence("agreement"), str(agreement), map(str, AGREEMENT))
    file, member = AGREEMENT[agreement]
    source = source_of(origin, {"all": file}, hub_zip=(ZIP, member))
    raw = read_rows(source, "all", path)
    check_columns(raw, ["sentence", "label"], place(source, "all", path))
    return RULES[rule]([{"text": row["sentence"], "label": _label(row["label"])} for row in raw])


def fingpt(rows: Rows) -> dict[str, Rows]:
    """`train_test_split(seed=42)` of `datasets` itself (test_size 0.25), as FinGPT's benchmark calls it.

    10 % of the train rows, by the hash of the text, become our validation.
    """
    import datasets

    parts = datasets.Dataset.from_list(rows).train_test_split(seed=42)
    train, validation = cut_validation(parts["train"].to_list())
    return {"train": train, "validation": validation, "test": parts["test"].to_list()}


def helm(rows: Rows) -> dict[str, Rows]:
    """HELM's scenario: the list shuffled by random.Random(121), the first int(0.7 n) rows train, the rest test.

    10 % of the train rows, by the hash of the text, become our validation.
    """
    shuffled = list(rows)
    random.Random(121).shuffle(shuffled)
    cut = int(len(shuffled) * 0.7)
    train, validation = cut_validation(shuffled[:cut])
    return {"train": train, "validation": validation, "test": shuffled[cut:]}


def finbert(rows: Rows) -> dict[str, Rows]:
    """FinBERT's scripts/datasets.py: scikit-learn's train_test_split, test 20 %, then validation 10 % of the rest.

    Both with random_state=0. The validation part is finBERT's own. finBERT's reader uses the pattern ".@" as
    separator, where the dot is any character, so its sentences lack the last one; ours are complete.
    """
    from sklearn.model_selection import train_test_split

    rest, test = train_test_split(rows, test_size=0.2, random_state=0)
    train, validation = train_test_split(rest, test_size=0.1, random_state=0)
    return {"train": train, "validation": validation, "test": test}


RULES: dict[str, Callable[[Rows], dict[str, Rows]]] = {"fingpt": fingpt, "helm": helm, "finbert": finbert}


def _label(value: int | str) -> str:
    """The zip has words; a parquet copy has the codes of the Hub's class label."""
    return LABELS[value] if isinstance(value, int) else value
