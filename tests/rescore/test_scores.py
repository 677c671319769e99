"""The scores of rescored files are those of scikit-learn and seqeval, whatever became of the file on its way."""

from __future__ import annotations

import json
import random
import time
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phingpt_bench.data.bio import from_bio
from phingpt_bench.rescore.judge import values
from phingpt_bench.rescore.rescore import Request, rescore
from phingpt_bench.rescore.values import Report
from phingpt_bench.scoring.classification import accuracy, f1_weighted, row_confusion
from phingpt_bench.scoring.entities import Span
from phingpt_bench.scoring.formats import FORMATS
from phingpt_bench.stats.score_interval import interval

LABELS = ["buy", "hold", "sell", "no view"]
TYPES = ["PER", "ORG", "LOC"]
WAYS = ["{}", "{}.", "  {}\n", "The answer is {}", "**{}**", "{}, because margins fell"]
COLUMNS = dict.fromkeys(("answer", "gold", "id", "text"))
ZERO_WIDTH = "\u200b"


def score(file: Path, rows: list[dict[str, Any]], **request: Any) -> Report:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return rescore(Request(file=file, columns=COLUMNS, **request))


def damaged(text: str, draw: random.Random) -> str:
    """The same words in characters that a copy through other programs leaves."""
    wide = {ord(c): ord(c) + 0xFEE0 for c in "abcdefghijklmnopqrstuvwxyz"}
    return draw.choice(
        [
            text.upper(),
            text.translate(wide),
            f"\ufeff{text}",
            text[:1] + ZERO_WIDTH + text[1:],
            text.replace(" ", "\u00a0"),
            f"\ud83d {text}",  # half of a character
        ]
    )


def labels_file(seed: int, n: int = 400) -> tuple[list[dict[str, Any]], list[int], list[int]]:
    """(rows, gold, predicted): answers in other words, some unreadable (-1)."""
    draw = random.Random(seed)
    gold = [draw.choices(range(4), [6, 3, 2, 0 if seed == 0 else 1])[0] for _ in range(n)]
    pred = [g if draw.random() < 0.6 else draw.choice([-1, 0, 1, 2, 3]) for g in gold]
    rows = []
    for at, (g, p) in enumerate(zip(gold, pred, strict=True)):
        answer = draw.choice(WAYS).format(LABELS[p]) if p >= 0 else draw.choice(["", "42", "buy or sell", "\ufffd"])
        rows.append(
            {"id": f"r{at}", "gold": LABELS[g], "answer": damaged(answer, draw) if draw.random() < 0.3 else answer}
        )
    return rows, gold, pred


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fate", ["shuffled", "truncated", "doubled"])
def test_label_scores_are_those_of_scikit_learn(tmp_path: Path, seed: int, fate: str) -> None:
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, precision_recall_fscore_support

    rows, gold, pred = labels_file(seed)
    draw = random.Random(seed + 100)
    if fate == "truncated":
        rows, gold, pred = rows[:137], gold[:137], pred[:137]
    if fate == "doubled":
        rows = rows + draw.sample(rows, 50)
    draw.shuffle(rows)
    report = score(tmp_path / "a.jsonl", rows, labels=",".join(LABELS))
    assert len(report.case.matching.doubled) == (50 if fate == "doubled" else 0)
    ours = {name: value.score for name, value in report.scored[0].values.items()}
    some = {"labels": range(4), "zero_division": 0}
    assert ours["acc"] == pytest.approx(accuracy_score(gold, pred))
    assert ours["f1_macro"] == pytest.approx(f1_score(gold, pred, average="macro", **some))
    assert ours["f1_weighted"] == pytest.approx(f1_score(gold, pred, average="weighted", **some))
    assert ours["mcc"] == pytest.approx(matthews_corrcoef(gold, pred))
    assert ours["invalid_rate"] == pytest.approx(pred.count(-1) / len(pred))
    assert sum(report.details.reasons.values()) == pred.count(-1)
    for own, *theirs in zip(report.details.classes, *precision_recall_fscore_support(gold, pred, **some), strict=True):
        assert [x or 0.0 for x in (own.precision, own.recall, own.f1)] == pytest.approx(theirs[:3])
        assert own.gold == theirs[3]


def test_missing_rows_count_like_unreadable_answers(tmp_path: Path) -> None:
    from sklearn.metrics import f1_score, matthews_corrcoef

    from phingpt_bench.data import catalogue

    docs = catalogue.load("demo_sentiment")["test"]
    names = ["negative", "neutral", "positive"]
    draw = random.Random(3)
    gold = [names.index(doc["label"]) for doc in docs]
    pred = [draw.choice([g, g, 0, 1, 2]) if draw.random() < 0.7 else None for g in gold]
    rows = [{"id": d["id"], "answer": names[p]} for d, p in zip(docs, pred, strict=True) if p is not None]
    draw.shuffle(rows)
    report = score(tmp_path / "a.jsonl", rows, task="phin_demo_sentiment")
    filled = [-1 if p is None else p for p in pred]
    assert report.value("phin", "f1_macro").score == pytest.approx(
        f1_score(gold, filled, average="macro", labels=[0, 1, 2], zero_division=0)
    )
    assert report.value("phin", "mcc").score == pytest.approx(matthews_corrcoef(gold, filled))
    flips = sum({g, p} == {0, 2} for g, p in zip(gold, filled, strict=True))
    assert report.value("phin", "flip_rate").score == pytest.approx(flips / sum(g != 1 for g in gold))


def tagged(n: int, seed: int) -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
    """(tokens, gold tags, predicted tags) in IOB2; every token stands once in its text."""
    draw = random.Random(seed)

    def tags(length: int) -> list[str]:
        result: list[str] = []
        while len(result) < length:
            type_ = draw.choice([None, None, *TYPES])
            result += ["O"] if type_ is None else [f"B-{type_}", *[f"I-{type_}"] * draw.randrange(3)]
        return result[:length]

    tokens = [[f"Wörd{at}-{place}" for place in range(draw.randrange(1, 12))] for at in range(n)]
    gold = [tags(len(words)) for words in tokens]
    predicted = [g if draw.random() < 0.4 else tags(len(g)) for g in gold]
    return tokens, gold, predicted


@pytest.mark.parametrize("form", list(FORMATS))
@pytest.mark.parametrize("gold_as", ["offsets", "names", "json text"])
def test_entity_scores_are_those_of_seqeval(tmp_path: Path, form: str, gold_as: str) -> None:
    from seqeval.metrics import classification_report, f1_score, precision_score, recall_score
    from seqeval.scheme import IOB2

    tokens, gold, predicted = tagged(60, 7)
    rows = []
    for at, (words, mine, theirs) in enumerate(zip(tokens, gold, predicted, strict=True)):
        doc, other = from_bio(words, mine), from_bio(words, theirs)
        text = doc["text"]
        entities = [
            {"type": e["type"], "text": text[e["start"] : e["end"]]} if gold_as == "names" else e
            for e in doc["entities"]
        ]
        answer = FORMATS[form].write(text, [Span(e["start"], e["end"], e["type"]) for e in other["entities"]], TYPES)
        gold_cell = json.dumps(entities) if gold_as == "json text" else entities
        rows.append({"id": at, "sentence": text, "gold": gold_cell, "response": answer})
    random.Random(1).shuffle(rows)
    report = score(tmp_path / "a.jsonl", rows, entity_types=",".join(TYPES), answer_format=form)
    how = {"mode": "strict", "scheme": IOB2}
    assert report.value("phin", "entity_f1").score == pytest.approx(f1_score(gold, predicted, **how))
    assert report.value("phin", "entity_precision").score == pytest.approx(precision_score(gold, predicted, **how))
    assert report.value("phin", "entity_recall").score == pytest.approx(recall_score(gold, predicted, **how))
    by_type = classification_report(gold, predicted, output_dict=True, **how)
    for one in report.details.classes:
        theirs = by_type[one.name]
        assert [one.precision, one.recall, one.f1] == pytest.approx(
            [theirs[k] for k in ("precision", "recall", "f1-score")]
        )
        assert one.gold == theirs["support"]
        assert one.typed is not None and one.partial is not None and one.f1 is not None
        assert one.f1 <= one.partial + 1e-12 and one.f1 <= one.typed + 1e-12
    strict = report.value("phin", "entity_f1").score
    assert report.value("phin", "entity_f1_partial").score >= strict
    wrong = sum(count for kind, count in report.details.misses.items() if kind in ("boundary", "type", "missed"))
    assert wrong == sum(c.gold for c in report.details.classes) - round(
        sum((c.recall or 0) * c.gold for c in report.details.classes)
    )


def damaged_entities(answer: str, draw: random.Random) -> str:
    """The same entities in characters that a copy through other programs leaves."""
    return draw.choice(
        [
            unicodedata.normalize("NFD", answer),
            answer.replace(" ", "\u00a0"),
            f"\ufeff{answer}",
            answer.replace("ö", "ö\u200b"),
            answer.replace("W", "W\u00ad"),
            f"\r\n{answer}\r\nand a second line",
        ]
    )


@pytest.mark.parametrize("form", list(FORMATS))
@pytest.mark.parametrize("fate", ["truncated", "doubled rows", "doubled entities", "damaged"])
@pytest.mark.parametrize("seed", range(3))
def test_entity_scores_of_damaged_files_are_those_of_seqeval(tmp_path: Path, form: str, fate: str, seed: int) -> None:
    from seqeval.metrics import f1_score, precision_score, recall_score
    from seqeval.scheme import IOB2

    draw = random.Random(seed)
    tokens, gold, predicted = tagged(80, seed)
    rows = []
    for at, (words, mine, theirs) in enumerate(zip(tokens, gold, predicted, strict=True)):
        doc, other = from_bio(words, mine), from_bio(words, theirs)
        spans = [Span(e["start"], e["end"], e["type"]) for e in other["entities"]]
        answer = FORMATS[form].write(doc["text"], spans, TYPES)
        if fate == "damaged":
            answer = damaged_entities(answer, draw)
        if fate == "doubled entities" and spans and form != "tags":  # a copy of the text has no place for that
            answer = f"{answer}; {answer}" if form == "lines" else f"{answer[:-1]}, {answer[1:]}"
        rows.append({"id": f"r{at}", "text": doc["text"], "gold": doc["entities"], "answer": answer})
    if fate == "truncated":
        rows, gold, predicted = rows[:31], gold[:31], predicted[:31]
    if fate == "doubled rows":
        rows += draw.sample(rows, 20)
    draw.shuffle(rows)
    report = score(tmp_path / "a.jsonl", rows, entity_types=",".join(TYPES), answer_format=form)
    assert len(report.case.matching.doubled) == (20 if fate == "doubled rows" else 0)
    assert (report.details.misses["duplicate"] > 0) == (fate == "doubled entities" and form != "tags")
    assert not report.details.reasons
    how = {"mode": "strict", "scheme": IOB2}
    assert report.value("phin", "entity_f1").score == pytest.approx(f1_score(gold, predicted, **how))
    assert report.value("phin", "entity_precision").score == pytest.approx(precision_score(gold, predicted, **how))
    assert report.value("phin", "entity_recall").score == pytest.approx(recall_score(gold, predicted, **how))


def test_unanswered_texts_of_an_entity_task_are_no_gain(tmp_path: Path) -> None:
    from phingpt_bench.data import catalogue

    docs = catalogue.load("demo_ner")["test"]
    rows = []
    for doc in docs[:30]:
        spans = [Span(e["start"], e["end"], e["type"]) for e in doc["entities"]]
        rows.append({"text": doc["text"], "output": FORMATS["lines"].write(doc["text"], spans, TYPES)})
    report = score(tmp_path / "a.jsonl", rows, task="phin_demo_ner", scorers=("all",))
    found, all_gold = (sum(len(doc["entities"]) for doc in part) for part in (docs[:30], docs))
    # each of the 30 others is a wrong prediction of no type, as an empty answer is
    assert report.value("phin", "entity_f1").score == pytest.approx(2 * found / (found + 30 + all_gold))
    assert report.details.reasons == {"no answer in the file": 30}
    assert {scored.scorer for scored in report.scored} == {
        "phin", "fingpt-ner", "flare-ner", "flare-finer-ord", "flame-ner", "finer-ord", "evalscope",
    }  # fmt: skip


def test_log_likelihoods_are_compared_in_the_order_that_the_file_names(tmp_path: Path) -> None:
    from sklearn.metrics import brier_score_loss

    draw = np.random.default_rng(0)
    gold = draw.integers(0, 2, 50)
    p = draw.random(50)
    rows = [
        {"label": ["no", "yes"][g], "log_likelihoods": [np.log(x), np.log(1 - x)], "continuations": [" yes", " no"]}
        for g, x in zip(gold, p, strict=True)
    ]
    rows.append({"label": "yes", "log_likelihoods": [None, -1.0], "continuations": [" yes", " no"]})
    report = score(tmp_path / "a.jsonl", rows, labels="no,yes", scorers=("all",))
    right = int(((p > 0.5) == gold).sum())
    assert report.value("phin", "acc").score == pytest.approx(right / 51)
    assert report.value("phin", "brier").score == pytest.approx((2 * 50 * brier_score_loss(gold, p) + 2) / 51, abs=1e-4)
    assert report.details.reasons == {"a log-likelihood is not finite": 1}
    assert set(report.details.risks) == {"0.5", "0.8", "0.9"} and report.details.aurc is not None
    assert "helm" in report.unfit and [scored.scorer for scored in report.scored] == ["phin"]


def test_numbers_of_a_regression_task(tmp_path: Path, data_mirror: Path) -> None:
    from sklearn.metrics import mean_squared_error, r2_score

    from phingpt_bench.data import catalogue

    docs = catalogue.load("fiqa_official_score")["test"]
    rows = [{"id": doc["id"], "prediction": round(doc["score"] / 2, 3)} for doc in docs]
    report = score(tmp_path / "a.jsonl", rows, task="phin_fiqa_official_score")
    gold, pred = [doc["score"] for doc in docs], [row["prediction"] for row in rows]
    assert report.value("phin", "mse").score == pytest.approx(mean_squared_error(gold, pred))
    assert report.value("phin", "r2").score == pytest.approx(r2_score(gold, pred))


@pytest.mark.slow
def test_what_other_scorers_make_of_missing_rows_is_said(tmp_path: Path) -> None:
    from phingpt_bench.data import catalogue

    rows = [{"id": doc["id"], "answer": doc["label"]} for doc in catalogue.load("demo_sentiment")["test"][:20]]
    noted = {
        scorers: next(
            note for note in score(tmp_path / "a.jsonl", rows, task="phin_demo_sentiment", scorers=scorers).notes
            if "without an answer" in note
        )
        for scorers in (("phin",), ("helm",), ("all",))
    }  # fmt: skip
    assert "Other scorers" not in noted[("phin",)]
    assert "wrong for them too" in noted[("helm",)]
    assert "fingpt takes it for neutral" in noted[("all",)] and "flame-fomc leaves it out" in noted[("all",)]


def test_what_rivals_read_otherwise_is_counted_and_shown(tmp_path: Path) -> None:
    answers = ["Negative. It is not positive.", "negative", "no idea", "Neutral", "neutral."]
    rows = [{"id": i, "gold": "negative", "answer": text} for i, text in enumerate(answers)]
    report = score(tmp_path / "a.jsonl", rows, labels="positive,negative,neutral", scorers=("phin", "fingpt", "flame"))
    by_name = {scored.scorer: scored for scored in report.scored}
    assert (by_name["phin"].differs, by_name["fingpt"].differs, by_name["flame"].differs) == (None, 2, 2)
    first, second = by_name["fingpt"].examples
    assert (first.place, first.ours, first.theirs, first.gold) == (1, "negative", "positive", "negative")
    assert (second.place, second.ours, second.theirs) == (3, "missing", "neutral")
    assert by_name["phin"].values["acc"].score == pytest.approx(2 / 5)
    assert by_name["fingpt"].values["acc"].score == pytest.approx(1 / 5)


@pytest.mark.parametrize("n", [200, 3000])  # row by row, and by kinds of rows
def test_intervals_are_those_of_the_statistics_room(n: int) -> None:
    draw = np.random.default_rng(5)
    gold = draw.integers(0, 3, n)
    pred = np.where(draw.random(n) < 0.7, gold, -1)
    rows = row_confusion(gold, pred, 3)
    found = values(rows, {"acc": accuracy, "f1_weighted": f1_weighted})
    assert found["acc"].interval == interval(rows, "acc", accuracy)
    assert found["f1_weighted"].interval == interval(rows, "f1_weighted", f1_weighted)
    alone = values(rows[:1], {"f1_weighted": f1_weighted})["f1_weighted"]
    assert alone.interval is None and alone.score is not None


@pytest.mark.perf
def test_a_hundred_thousand_rows_with_all_scorers_in_seconds(tmp_path: Path) -> None:
    draw = random.Random(0)
    names = ["negative", "neutral", "positive"]
    rows = [
        {
            "id": at,
            "label": draw.choice(names),
            "answer": f"The sentiment of item {at} is {draw.choice(names)}, as margins rose by {at % 97} percent",
        }
        for at in range(100_000)
    ]
    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    start = time.process_time()  # not wall time: a busy machine makes nothing slower here
    report = rescore(Request(file=file, columns=COLUMNS, labels=",".join(names), scorers=("all",)))
    spent = time.process_time() - start
    assert report.n == 100_000 and len(report.scored) > 5
    print(f"{spent:.1f} s")
    assert spent < 30  # about 6 s here
