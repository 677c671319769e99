"""The Financial PhraseBank in Spanish, by machine translation: not human Spanish."""

from __future__ import annotations

from phingpt_bench.data.passport import Origin
from phingpt_bench.data.rows import Splits
from phingpt_bench.data.sources import read_rows, source_of

LABELS = ("negative", "neutral", "positive")  # the codes 0, 1, 2 of the Financial PhraseBank


def fpb_es(origin: Origin, path: str | None, *, english: Splits) -> Splits:
    """Machine-translated rows, each in the split in which its English sentence is in `english`, a PhraseBank.

    So an adapter trained on the English training rows has not seen the English side of any Spanish test row: a sentence
    that is in English train and test goes to train. The sentence is the row's "original", by which the gate detects an
    adapter that was trained on one language and is tested in the other (data/copies/gate.py). A row whose English side
    lost its first character is matched with the sentence that ends with it and is one character longer. A KeyError (a
    sentence that is in no split) is reported as a dataset with other rows than its source.
    """
    split_of: dict[str, str] = {}
    for split, rows in english.items():
        for row in rows:
            if split_of.get(row["text"]) != "train":
                split_of[row["text"]] = split
    whole = {sentence[1:]: sentence for sentence in split_of}
    splits: Splits = {"train": [], "validation": [], "test": []}
    for row in read_rows(source_of(origin, {"train": "train.parquet"}), "train", path):
        sentence = row["sentence_en"]
        original = sentence if sentence in split_of else whole[sentence]
        splits[split_of[original]].append(
            {"text": row["sentence_es_googletranslate"], "label": LABELS[row["label"]], "original": original}
        )
    return splits
