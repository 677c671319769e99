"""Answers that speak of every label, codes in place of labels, and labels beside words of other scripts."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phingpt_bench.core.errors import BenchError
from phingpt_bench.scoring.answered import written_label
from phingpt_bench.scoring.codes import codes_of
from phingpt_bench.scoring.labels import reader
from phingpt_bench.scoring.reading import Rules

LABELS = ["negative", "neutral", "positive"]
SEVEN = ["strong negative", "mildly negative", "neutral", "mildly positive", "strong positive"]


def named(answer, labels=LABELS, **more):
    label, reason = reader(labels, **more)(answer)
    return reason or labels[label]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # scores of a classifier, in the order of ids or of size
        ('[{"label": "positive", "score": 0.03}, {"label": "negative", "score": 0.95}]', "negative"),
        ("[{'label': 'Positive', 'score': 9.7e-01}, {'label': 'Negative', 'score': 1.0e-02}]", "positive"),
        ('[[{"label": "neutral", "score": 0.98}, {"label": "positive", "score": 0.01}]]', "neutral"),
        ('{"positive": 0.2, "negative": 0.8}', "negative"),
        ('{"positive": 0.2, "negative": 0.75, "neutral": 0.05}\n', "negative"),
        ("{'positive': -0.1, 'negative': -3.2}", "positive"),  # logits
        # lines and sentences
        ("Negative: 5%\nNeutral: 15%\nPositive: 80%", "positive"),
        ("- **Negative**: 0.7\n- **Neutral**: 0.2\n- **Positive**: 0.1\n\nBecause sales fell by 5 %.", "negative"),
        ("Positive (80 %), negative (15 %), neutral (5 %)", "positive"),
        ("positive = 0,2; negative = 0,8", "negative"),
        ("positive\t0.2\nnegative\t0.8", "negative"),
        ("| Positive | 10% |\n| Negative | 90% |", "negative"),
        ("80% positive, 15% negative and 5% neutral", "positive"),
        ("The probabilities are: positive 0.1, negative 0.9", "negative"),
        ("positive: no, negative: yes, neutral: no", "negative"),
        ('{"positive": false, "negative": false, "neutral": true}', "neutral"),
        ("positive 0.5 negative 0.5", "several labels"),
        # boxes
        ("[x] positive\n[ ] negative\n[ ] neutral", "positive"),
        ("- [ ] Positive\n- [X] Negative\n- [ ] Neutral", "negative"),
        ("☐ positive ☑ negative ☐ neutral", "negative"),
        ("positive [ ] negative [x] neutral [ ]", "negative"),
        ("✅ positive\n❌ negative", "positive"),
        ("( ) positive (x) neutral", "neutral"),
        ("- [ ] positive\n- [ ] negative", "no label"),
        ("- [x] positive\n- [x] negative", "several labels"),
        # none of these
        ("Positive: sales rose 5%. Negative: costs rose 3%.", "several labels"),
        ("Positive: 5 reasons. Negative: 3 reasons.", "several labels"),
        ("positive: 80%", "positive"),
        ('{"sentiment": "positive", "confidence": 0.9, "instead_of": ["negative"]}', "positive"),
        ("Positive: 80%\nNegative: 20%\nAnswer: negative", "negative"),  # the answer is given in words
        ("[1] positive or negative [2]", "several labels"),
    ],
)
def test_scores_and_boxes(answer, expected):
    assert named(answer) == expected


@given(st.permutations(LABELS), st.lists(st.integers(0, 1000), min_size=3, max_size=3, unique=True), st.data())
def test_the_highest_score_wins_in_every_way_to_write_it(order, thousandths, data):
    values = {label: value / 1000 for label, value in zip(order, thousandths, strict=True)}
    best = max(values, key=values.get)
    write = data.draw(
        st.sampled_from(
            [
                json.dumps,
                str,
                lambda v: json.dumps([{"label": k, "score": x} for k, x in v.items()]),
                lambda v: "\n".join(f"{k.title()}: {x:.1%}" for k, x in v.items()),
                lambda v: ", ".join(f"{k} ({x})" for k, x in v.items()),
                lambda v: ", ".join(f"{x:.1%} {k}" for k, x in v.items()),
                lambda v: "; ".join(f"P({k}) = {x}" for k, x in v.items()),
            ]
        )
    )
    assert named(write(values)) == best


def test_scores_of_labels_of_several_words():
    answer = json.dumps([{"label": label, "score": 0.6 if label == "mildly positive" else 0.1} for label in SEVEN])
    assert named(answer, SEVEN) == "mildly positive"
    assert named("mildly-negative: 0.2, strong_negative: 0.3", SEVEN) == "strong negative"


def test_a_long_answer_of_scores_is_bounded():
    assert named("positive 0.1 negative 0.2 " * 5_000) == "several labels"
    assert named("[x] positive [ ] negative " * 5_000) == "several labels"


CODES = [("0", "negative"), ("1", "neutral"), ("2", "positive")]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("2", "positive"),
        ("2.0", "positive"),
        (" 0\n", "negative"),
        ("LABEL_2", "positive"),
        ("label 0", "negative"),
        ("Label: 1", "neutral"),
        ("The answer is 1.", "neutral"),
        ("**2**", "positive"),
        ('{"label": 2}', "positive"),
        ("not LABEL_2", "only negated"),
        ('[{"label": "LABEL_0", "score": 0.1}, {"label": "LABEL_2", "score": 0.9}]', "positive"),
        ("positive", "positive"),
        ("3", "no label"),
        ("-1", "no label"),
        ("0 or 1", "no label"),
        ("<think>0 or 1?</think>2", "positive"),
    ],
)
def test_codes_that_a_user_names(answer, expected):
    assert named(answer, codes=CODES) == expected
    assert named(answer, codes=[*CODES, ("9", "neutral")]) == expected


@pytest.mark.parametrize("labels", [["-1", "0", "1"], ["-1.0", "0.0", "1.0"]])
@pytest.mark.parametrize(
    ("answer", "at"),
    [("-1", 0), ("1", 2), ("+1", 2), ("−1", 0), ("-1.0", 0), ("0", 1), ("Sentiment: -1", 0), ("0.5", None)],
)
def test_labels_that_are_numbers_with_signs(labels, answer, at):
    assert named(answer, labels) == ("no label" if at is None else labels[at])


@pytest.mark.parametrize(("answer", "expected"), [("1.0", "1"), ("0", "0"), ("-1", "no label"), ("Label: 1.", "1")])
def test_labels_that_are_numbers_without_signs(answer, expected):
    assert named(answer, ["0", "1"]) == expected


LETTERS = [("A", "positive"), ("B", "negative"), ("pos", "positive"), ("积极", "positive")]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("A", "positive"),
        ("(B)", "negative"),
        ("A. It is good news.", "positive"),
        ("The answer is A", "positive"),
        ("Answer: B", "negative"),
        ("a good quarter", "no label"),  # the article
        ("pos", "positive"),
        ("积极", "positive"),
    ],
)
def test_codes_that_are_words_stand_as_answers_only(answer, expected):
    assert named(answer, codes=LETTERS) == expected


def test_codes_that_do_not_fit_are_refused():
    with pytest.raises(BenchError, match="did you mean 'positive'"):
        codes_of(LABELS, [("2", "postive")])
    with pytest.raises(BenchError, match="is given for both 'negative' and 'positive'"):
        codes_of(LABELS, [("1", "negative"), ("1.0", "positive")])
    with pytest.raises(BenchError, match="is given for both"):
        codes_of(LABELS, [("A", "negative"), ("A", "positive")])


def test_a_code_may_be_a_word_of_one_meaning():
    doc = {"label": "negative"}
    rules = Rules(codes=(("bullish", "negative"),))  # a user who says so
    assert written_label(doc, LABELS, "bullish", rules).parsed == "negative"
    assert written_label(doc, LABELS, "bullish").parsed == "positive"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("情感分类结果为positive。", "positive"),
        ("答案是negative", "negative"),
        ("这条新闻的情感是neutral，因为没有影响", "neutral"),
        ("答案：positive", "positive"),
        ("センチメントはpositiveです。", "positive"),
        ("감정은 negative입니다.", "negative"),
        ("该新闻为Positive情感", "positive"),
        ("ข่าวนี้positive", "positive"),
        ("非常positive", "positive"),
        ("不仅positive", "positive"),
        # denied
        ("不是positive", "only negated"),
        ("并非negative", "only negated"),
        ("没有positive", "only negated"),
        ("positiveではない", "only negated"),
        ("positiveではありません。", "only negated"),
        ("positive가 아닙니다", "only negated"),
        ("positive이 아니라 negative", "negative"),
        ("不是positive，而是negative", "negative"),
        ("positiveではなく、negativeです", "negative"),
        ("是positive还是negative？", "only asked"),
        # other letters beside a label still make another word
        ("ultrapositive", "no label"),
        ("позитивpositive", "no label"),
    ],
)
def test_labels_beside_chinese_japanese_and_korean_words(answer, expected):
    assert named(answer) == expected


@given(st.sampled_from(LABELS), st.text(st.sampled_from("的是为情感新闻です입니다을ข่าว"), max_size=6), st.booleans())
def test_a_label_is_found_beside_any_such_word(label, word, before):
    assert named(word + label if before else label + word) == label


def test_readers_remember_short_answers_only():
    draw = random.Random(0)
    read = reader(LABELS)
    for _ in range(50):
        label = draw.choice(LABELS)
        assert read("x " * 2_000 + label).label == LABELS.index(label)
