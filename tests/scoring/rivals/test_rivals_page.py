"""The numbers of docs/compatibility.md, computed again from the real rows."""

from __future__ import annotations

import pytest
from helpers.paths import ROOT

from phingpt_bench.scoring.rivals import SCORERS, fingpt, flame_ner, words

PAGE = ROOT / "docs" / "compatibility.md"
FPB = ("positive", "neutral", "negative")
TYPES = ("PER", "ORG", "LOC")
WRITERS = {
    "I cannot say.": lambda label: "I cannot say.",
    "label": str,
    "Label.": lambda label: f"{label.capitalize()}.",
    "LABEL": str.upper,
    "The sentiment is label.": lambda label: f"The sentiment is {label}.",
    "Label. It is not other.": lambda label: (
        f"{label.capitalize()}. It is not {'negative' if label == 'positive' else 'positive'}."
    ),
    "Negative. It is not positive.": lambda label: "Negative. It is not positive.",
}


def cells():
    return [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]


def defect(name):
    return next(row[-1] for row in cells() if row[0].split("`")[0] == name)


def score(name, answers, docs, labels=TYPES, metric=None):
    scorer = SCORERS[name]
    return float(scorer.functions[metric or scorer.primary](scorer.rows(answers, docs, labels).sum(0)))


@pytest.fixture
def split(data_mirror):
    from phingpt_bench.data import catalogue

    return lambda name: catalogue.load(name)["test"]


def test_every_scorer_is_on_the_page():
    named = " ".join(row[0] for row in cells())
    assert [name for name in SCORERS if name not in named] == []


def test_seven_ways(split):
    rows = split("fpb")
    table = {row[0]: row[1:] for row in cells()}
    head = table["every answer is"]
    assert len(head) == 5
    for written, write in WRITERS.items():
        answers = [write(row["label"]) for row in rows]
        assert table[written] == [f"{score(name, answers, rows, FPB, 'acc'):.3f}" for name in head], written


def test_label_defects(split):
    rows = split("fpb")

    def acc(name, written):
        return f"{score(name, [WRITERS[written](row['label']) for row in rows], rows, FPB, 'acc'):.3f}"

    assert acc("fingpt", "I cannot say.") in defect("fingpt")
    assert acc("flare", "Label. It is not other.") in defect("flare")
    assert acc("helm", "The sentiment is label.") in defect("helm")
    assert acc("flame", "Label.") in defect("flame")
    one = [rows[0]["label"], *["?"] * (len(rows) - 1)]
    assert f"{score('flame-fomc', one, rows, FPB):.3f}" in defect("flame-fomc")


def test_span_defects(split):
    fin, finer = split("fin"), split("finer_ord")
    moved = sum(
        len(
            words.chunks(words.tagged(row)[1])
            - words.chunks(fingpt._tags(row["text"].lower().split(), fingpt.gold_answer(row)))
        )
        for row in finer
    )
    assert f"{moved} of FiNER-ORD's {sum(len(row['entities']) for row in finer):,} gold" in defect("fingpt-ner")

    def listed(sep):
        return [sep.join(f"{r['text'][e['start'] : e['end']]}, {e['type']}" for e in r["entities"]) for r in fin]

    assert f"perfect answers score {score('flare-ner', listed(chr(10)), fin):.3f}" in defect("flare-ner")
    assert f"example, {score('flare-ner', listed('; '), fin):.3f}" in defect("flare-ner")

    def lines(sep):
        return ["\n".join(f"{w}{sep}{tag}" for w, tag in zip(*words.tagged(row), strict=True)) for row in finer]

    name = "flare-finer-ord"
    assert f"preamble score {score(name, ['Here:' + chr(10) + a for a in lines(':')], finer):.3f}" in defect(name)
    assert f"TAG' {score(name, lines(': '), finer):.3f}".replace("'", '"') in defect(name)
    zeros = [",".join("0" * len(row["text"].split())) for row in finer]
    assert f"scores {score('flame-ner', zeros, finer):.3f}" in defect("flame-ner")
    one = [str(flame_ner._numbered(finer[0], TYPES)), *["?"] * (len(finer) - 1)]
    assert f"of {len(finer):,}: {score('flame-ner', one, finer):.3f}" in defect("flame-ner")
