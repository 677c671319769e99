"""Each rival's rule for labels, its known defect as a number, and its metrics against scikit-learn."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest
from helpers.rivals import of_kind
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from phingpt_bench.core.errors import BenchError
from phingpt_bench.rivals import SCORERS, flare

FPB = ("positive", "neutral", "negative")  # FLARE's order
SHARES = {"positive": 338, "neutral": 729, "negative": 145}  # about those of PhraseBank
INVENTED = [{"label": label} for label, n in SHARES.items() for _ in range(n)]
ANSWERS = [
    "positive",
    "Positive.",
    "negative",
    "Negative. It is not positive.",
    "neutral",
    "NEUTRAL",
    "",
    "nothing",
    " positive ",
    "not negative",
    "neutral or negative",
    "the positive",
    "negative\nAnswer: positive",
]


def score(name, answers, docs, metric=None, labels=FPB):
    scorer = SCORERS[name]
    return float(scorer.functions[metric or scorer.primary](scorer.rows(answers, docs, labels).sum(0)))


def read(name, answer, labels=FPB, **doc):
    return SCORERS[name].read([answer], [{"label": labels[0], **doc}], labels)[0]


# what each rule makes of an answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("positive", "positive"),
        ("It is Positive and not negative", "positive"),
        ("negative or positive", "positive"),
        ("Negative", "negative"),
        ("POSITIVE", "neutral"),
        ("NEGATIVE", "neutral"),
        ("", "neutral"),
        ("Answer: negative", "neutral"),  # behind a second "Answer: "
        ("negative Answer: positive", "negative"),
    ],
)
def test_fingpt_reads(answer, expected):
    assert read("fingpt", answer) == expected


def test_flare_lets_the_list_decide():
    denial = "Negative. It is not positive."
    assert read("flare", denial, flare.CHOICES["flare-fpb"]) == "positive"
    assert read("flare", denial, flare.CHOICES["flare-fiqasa"]) == "negative"
    assert read("flare", denial, FPB, choices=["negative", "positive", "neutral"]) == "negative"  # the row's own list
    assert read("flare", "I cannot say") == "missing"
    assert read("flare", "It is not clear", ("No", "Yes")) == "No"  # part of "not"


@pytest.mark.parametrize(
    ("answer", "f1", "exact", "quasi", "prefix", "quasi_prefix"),
    [
        ("positive", "positive", 1, 1, 1, 1),
        (" positive\n", "positive", 1, 1, 1, 1),
        ("Positive", "positive", 0, 1, 0, 1),
        ("positive.", "positive", 0, 1, 1, 1),
        ("positive, I think", "missing", 0, 0, 1, 1),
        ("The positive", "missing", 0, 1, 0, 1),  # only the matches disregard articles
        ("pos itive", "missing", 0, 0, 0, 0),
        ("It is positive", "missing", 0, 0, 0, 0),
        ("  ", "missing", 0, 0, 0, 0),
    ],
)
def test_helm_is_strict(answer, f1, exact, quasi, prefix, quasi_prefix):
    assert read("helm", answer) == f1
    matches = [score("helm", [answer], [{"label": "positive"}], f"{name}exact_match")
               for name in ("", "quasi_", "prefix_", "quasi_prefix_")]  # fmt: skip
    assert matches == [exact, quasi, prefix, quasi_prefix]


def test_flame_wants_the_bare_label():
    assert [read("flame", answer) for answer in (" Positive\n", "NEUTRAL", "positive.", "")] == [
        "positive", "neutral", "missing", "missing"]  # fmt: skip


def test_finlora_takes_the_label_named_first():
    assert read("finlora", "Negative. It is not positive.") == "negative"
    assert read("finlora", "Not positive but negative") == "positive"
    assert read("finlora-type", "A job for its operator", ("loc", "per")) == "per"  # inside a word


# known defects


def test_senseless_answers_are_neutral_under_fingpt():
    senseless = ["I cannot say."] * len(INVENTED)
    assert score("fingpt", senseless, INVENTED, "acc") == pytest.approx(729 / 1212)
    for name in ("flare", "helm", "flame", "finlora"):
        assert score(name, senseless, INVENTED, "acc") == 0
    assert score("flare", senseless, INVENTED, "missing") == 1


def test_senseless_answers_score_60_percent_on_phrasebank(data_mirror):
    from phingpt_bench.data import catalogue

    rows = catalogue.load("fpb")["test"]
    assert len(rows) == 1212
    assert score("fingpt", [""] * len(rows), rows, "acc") == pytest.approx(0.601, abs=0.001)


def test_flame_fomc_leaves_unreadable_rows_out():
    answers = ["positive", *["It is neutral"] * (len(INVENTED) - 1)]
    assert score("flame-fomc", answers, INVENTED) == 1
    assert score("flame-fomc", answers, INVENTED, "missing") == pytest.approx(1211 / 1212)
    assert score("flame", answers, INVENTED, "acc") == pytest.approx(1 / 1212)
    assert np.isnan(score("flame-fomc", [""], [{"label": "positive"}]))


def wrong_in(share, write):
    """Answers to INVENTED, `share` of them wrong, evenly over the labels and over both wrong labels."""
    answers, due = [], 0.0
    for i, doc in enumerate(INVENTED):
        due += share
        label = doc["label"]
        if due >= 1:
            due -= 1
            label = [other for other in FPB if other != label][i % 2]
        answers.append(write(label))
    return answers


def test_finlora_f1_is_inflated():
    inflated = wrong_in(1 - 0.8564, lambda label: f"{label.capitalize()}.")
    a = score("finlora", inflated, INVENTED, "acc")
    assert a == pytest.approx(0.8564, abs=0.001)
    assert score("finlora", inflated, INVENTED) == pytest.approx(2 * a / (1 + a), abs=1e-3)
    assert score("finlora", inflated, INVENTED) == pytest.approx(0.922, abs=0.001)
    honest = score("flare", inflated, INVENTED)
    assert honest == pytest.approx(0.86, abs=0.01)
    # bare labels are predictions of their class: no inflation
    bare = wrong_in(1 - 0.8564, str)
    assert score("finlora", bare, INVENTED) == pytest.approx(honest)


def test_flare_headline_takes_all_but_yes_for_no():
    labels = ("yes", "no")
    docs = [{"label": label, "group": group} for group in (0, 1) for label in ("yes", "no", "no")]
    right = [doc["label"] for doc in docs]
    assert score("flare-headline", [answer.capitalize() for answer in right], docs, labels=labels) == 1
    no = score("flare-headline", ["No"] * 6, docs, labels=labels)
    assert no == pytest.approx(f1_score([1, 0, 0], [0, 0, 0], average="weighted"))
    assert score("flare-headline", right, docs, labels=labels) == no
    assert score("flare-headline", ["Yes."] * 6, docs, labels=labels) == no


# agreement with scikit-learn, over whatever is answered

cases = st.lists(st.tuples(st.sampled_from(ANSWERS), st.sampled_from(FPB)), min_size=1, max_size=40)


def sklearn_f1(gold, predicted, average, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that are never predicted
        return f1_score(gold, predicted, average=average, zero_division=0, **options)


@pytest.mark.slow
@given(cases)
@settings(max_examples=150)
def test_scores_are_scikit_learns(case):
    answers, gold = [answer for answer, _ in case], [label for _, label in case]
    docs = [{"label": label} for label in gold]
    got = {
        name: {metric: score(name, answers, docs, metric) for metric in SCORERS[name].functions}
        for name in ("fingpt", "flare", "helm", "flame", "finlora")
    }
    taken = {name: SCORERS[name].read(answers, docs, FPB) for name in got}
    for name in ("fingpt", "flare", "helm", "flame"):
        assert got[name]["acc"] == pytest.approx(accuracy_score(gold, taken[name]))
        assert got[name]["f1_weighted"] == pytest.approx(sklearn_f1(gold, taken[name], "weighted"))
    assert got["fingpt"]["f1_macro"] == pytest.approx(sklearn_f1(gold, taken["fingpt"], "macro"))
    assert got["fingpt"]["f1_micro"] == pytest.approx(sklearn_f1(gold, taken["fingpt"], "micro"))
    assert got["flare"]["f1_macro"] == pytest.approx(
        sklearn_f1(gold, taken["flare"], "macro", labels=sorted(set(gold)))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        precision, recall, _, _ = precision_recall_fscore_support(gold, taken["flame"], average="weighted")
    assert got["flame"]["precision_weighted"] == pytest.approx(precision)
    assert got["flame"]["recall_weighted"] == pytest.approx(recall)
    kept = [(label, other) for label, other in zip(gold, taken["flame"], strict=True) if other != "missing"]
    if kept:
        expected = sklearn_f1(*zip(*kept, strict=True), "weighted")
        assert score("flame-fomc", answers, docs) == pytest.approx(expected)
    # FinLoRA: right answers become the gold label, wrong ones stay raw text
    right = [label == other for label, other in zip(gold, taken["finlora"], strict=True)]
    classes = [label if good else answer for label, good, answer in zip(gold, right, answers, strict=True)]
    assert got["finlora"]["acc"] == pytest.approx(np.mean(right))
    assert got["finlora"]["f1_weighted"] == pytest.approx(sklearn_f1(gold, classes, "weighted"))


def test_finlora_judges_and_counts_apart_where_labels_overlap():
    labels, docs = ("price", "price up"), [{"label": "price up"}, {"label": "price"}]
    answers = ["price up", "price"]  # the first is read as "price", yet its raw text is the gold label
    assert score("finlora", answers, docs, "acc", labels) == 0.5
    assert score("finlora", answers, docs, "f1_weighted", labels) == 1


# the contract


@pytest.mark.parametrize("name", of_kind("labels"))
def test_counts_add_up_by_row(name):
    labels = ("yes", "no") if name == "flare-headline" else FPB
    docs = [{"label": labels[i % 2], "group": i % 3} for i in range(30)]
    answers = [ANSWERS[i % len(ANSWERS)] for i in range(30)]
    scorer = SCORERS[name]
    rows = scorer.rows(answers, docs, labels)
    assert len(rows) == 30 and len(scorer.read(answers, docs, labels)) == 30
    some = rows[:20].sum(0)
    assert scorer.primary in scorer.functions
    for function in scorer.functions.values():
        stacked = function(np.stack([some, rows.sum(0)]))
        assert np.shape(stacked) == (2,)
        np.testing.assert_allclose(stacked[0], function(some))
        assert np.isnan(function(np.zeros_like(some)))
    assert scorer.rows([], [], labels).shape[0] == 0


@pytest.mark.parametrize(
    ("name", "answers", "docs", "labels", "says"),
    [
        (
            "fingpt",
            ["x"],
            [{"label": "dovish"}],
            ("dovish", "hawkish", "neutral"),
            "knows positive, negative and neutral",
        ),
        ("flare", ["x"], [{"label": "up"}], FPB, "row 1 has the gold label 'up'"),
        ("flare", ["x"], [{"label": "neutral", "choices": ["a", "b"]}], FPB, "choices a, b are not the labels"),
        ("helm", ["x", "y"], [{"label": "neutral"}], FPB, "2 answers for 1 rows"),
        ("helm", ["x"], [{"label": "up"}], ("up", "up."), "cannot tell"),
        ("flare-headline", ["x"], [{"label": "yes"}], ("yes", "no"), "needs the index"),
        ("flare-headline", ["x"], [{"label": "up", "group": 0}], ("up", "down"), "knows yes and no"),
    ],
)
def test_what_cannot_be_scored_is_said(name, answers, docs, labels, says):
    with pytest.raises(BenchError, match=says):
        SCORERS[name].rows(answers, docs, labels)


@pytest.mark.perf
@pytest.mark.parametrize("name", [name for name in of_kind("labels") if name != "flare-headline"])
def test_a_hundred_thousand_answers_take_seconds(name):
    answers = [f"Answer {i} is {ANSWERS[i % len(ANSWERS)]}, as revenue rose in the quarter" for i in range(100_000)]
    docs = [{"label": FPB[i % 3]} for i in range(100_000)]
    started = time.process_time()
    SCORERS[name].rows(answers, docs, FPB)
    assert time.process_time() - started < 4  # about 0.1 to 1 s on a quiet machine


@pytest.mark.parametrize("name", of_kind("labels"))
def test_what_becomes_of_an_empty_answer_is_declared(name):
    scorer = SCORERS[name]
    labels = ["no", "yes"] if name == "flare-headline" else ["negative", "neutral", "positive"]
    docs = [{"label": label, "group": 0} for label in labels]
    read = scorer.read([""] * len(docs), docs, labels)
    dropped = scorer.rows([docs[0]["label"]] + [""] * (len(docs) - 1), docs, labels).sum(0)
    if scorer.empty == "leaves it out":
        assert float(scorer.functions[scorer.primary](dropped)) == 1
    elif scorer.empty:
        assert scorer.empty == f"takes it for {read[0]}"
    else:
        assert set(read) == {"missing"} and float(scorer.functions["acc"](dropped)) < 0.5
