"""Labels are read from freely written answers: whole words, never a negated one, and INVALID with its reason."""

from __future__ import annotations

import functools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.core.errors import BenchError
from phingpt_bench.scoring.answered import written_label
from phingpt_bench.scoring.labels import REASONS, Reading, reader

LABELS = ["negative", "neutral", "positive"]
SEVEN = [
    *("strong negative", "moderately negative", "mildly negative", "neutral"),
    *("mildly positive", "moderately positive", "strong positive"),
]
YES_NO = ["no", "yes"]
SPANISH = ["negativo", "neutral", "positivo"]
TOPICS = ["Technology", "Industry", "Tax & Accounting", "Finance", "Government & Controls", "Business & Management"]


@functools.lru_cache(maxsize=64)
def cached_reader(labels, aliases):
    return reader(labels, dict(aliases))


def read_label(answer, labels, aliases=None):
    return cached_reader(tuple(labels), tuple(sorted((aliases or {}).items())))(answer)


def named(answer, labels=LABELS, aliases=None):
    """The label by name, or the reason why there is none."""
    label, reason = read_label(answer, labels, aliases)
    assert (label == -1) == (reason in REASONS) and (reason is None) == (label in range(len(labels)))
    return reason or labels[label]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # wrappers
        ("positive", "positive"),
        (" Positive.", "positive"),
        ("**Positive**", "positive"),
        ("_positive_", "positive"),
        ("'positive'", "positive"),
        ("`positive`", "positive"),
        ('{"sentiment": "positive"}', "positive"),
        ('```json\n{"sentiment": "positive"}\n```', "positive"),
        ("Sentiment: positive.", "positive"),
        ("<answer>negative</answer>", "negative"),
        ("The answer is \\boxed{negative}.", "negative"),
        ("positive positive", "positive"),
        # whole words
        ("nonpositive", "no label"),
        ("positively", "no label"),
        ("positives", "no label"),
        ("positivé", "no label"),
        ("positive\u0301", "no label"),
        ("positive\u20dd", "no label"),  # a mark that nothing composes with
        ("ultrapositive", "no label"),
        ("neg", "no label"),
        ("B", "no label"),
        ("(A)", "no label"),
        ("I cannot say.", "no label"),
        # negation
        ("not positive", "only negated"),
        ("Not **positive**.", "only negated"),
        ("isn't negative", "only negated"),
        ("isn’t negative", "only negated"),
        ("isnt negative", "only negated"),
        ("non-negative", "only negated"),
        ("non_negative", "only negated"),
        ("neither positive nor negative", "only negated"),
        ("neither positive, negative nor neutral", "only negated"),
        ("I don't think that this is positive", "only negated"),
        ("It cannot be called positive or negative", "only negated"),
        ("not positive/negative", "only negated"),
        ("It is not positive and not negative", "only negated"),
        ("anything but positive", "only negated"),
        ("Positive is not the right word", "only negated"),
        ("Positive? Not at all.", "only asked"),
        ("Is it positive or negative?", "only asked"),
        ("not positive, negative", "negative"),
        ("not positive but negative", "negative"),
        ("negative rather than positive", "negative"),
        ("negative, not positive", "negative"),
        ("more negative than positive", "negative"),
        ("negative instead of positive", "negative"),
        ("Negative. It is not positive.", "negative"),
        ("It isn’t positive; it is negative.", "negative"),
        ("Neither positive nor negative, so neutral.", "neutral"),
        ("It is not positive nor negative it is neutral", "neutral"),
        ("Is it positive? No, it is negative.", "negative"),
        # not a negation
        ("not only positive, very positive", "positive"),
        ("no doubt positive", "positive"),
        ("No growth is negative.", "negative"),
        ("The report does not name any figure or outlook that would move it, neutral", "neutral"),
        ("nothing but positive", "positive"),
        # several
        ("positive or negative", "several labels"),
        ("positive negative", "several labels"),
        ("positive, negative", "several labels"),
        ("Positive. Negative.", "several labels"),
        ("Sentiment: negative, neutral or positive", "several labels"),
        ("Positive: sales rose. Negative: costs rose.", "several labels"),
        ('{"positive": 0.2, "negative": 0.8}', "negative"),
        ("Here you go:\n- positive\n- negative", "several labels"),
        ("mixed: both positive and negative", "several labels"),
        # which statement counts
        ("Positive\n\nNews: sales fell\nSentiment: negative", "positive"),
        ("Positive\nNegative\nNegative", "positive"),
        ("Sentiment: positive\n\nSentiment: negative", "positive"),
        ("It sounds positive.\n\nNews: sales fell.\nSentiment: negative", "positive"),
        ("Negative. The loss outweighs the positive growth.", "negative"),
        ("Negative, because the positive growth is small.", "negative"),
        ("Negative sentiment despite a positive quarter", "negative"),
        ("This is negative, whatever is positive in it.", "negative"),
        ("The growth is positive.\nAnswer: negative", "negative"),
        ("Growth is positive and costs are negative. Overall, the sentiment is negative.", "negative"),
        ("Growth is positive, costs negative.\n\n**Final answer:** **neutral**", "neutral"),
        ("The sentiment of growth: positive.\nThe sentiment of it all: negative.", "negative"),
        ("Growth is positive. The answer is not negative. The answer: neutral", "neutral"),
        ("Here is the label:\n\n**Positive**\n\nIt was negative before.", "positive"),
        ("Sure!\n\n**Positive**\n\nIt was negative before.", "positive"),  # a line of its own
        ("It looks positive.\nThe next year may be negative.", "positive"),  # the first line
        ("Let me see.\nIt looks positive.\nThe next year may be negative.", "several labels"),
        ("<think>positive or negative</think>\nneutral", "neutral"),
        ("<think>it is positive, or", "reasoning cut off"),
        # nothing, and damage
        ("", "empty"),
        ("...\n\n", "empty"),
        (None, "empty"),
        (float("nan"), "empty"),
        ("\ufeffposi\u200btive", "positive"),
        ("p\0o\0sitive\0", "positive"),
        ("ｐｏｓｉｔｉｖｅ", "positive"),
        ("posi\u00adtive\u2060", "positive"),
        ("👍\ufe0fpositive👍\ufe0f", "positive"),
        ("positive\ud83d", "positive"),
        ("\udcffpositive", "positive"),
    ],
)
def test_three_labels(answer, expected):
    assert named(answer) == expected


@pytest.mark.parametrize(
    ("labels", "answer", "expected"),
    [
        (SEVEN, "Moderately Negative", "moderately negative"),
        (SEVEN, "mildly-positive", "mildly positive"),
        (SEVEN, "strong_negative", "strong negative"),
        (SEVEN, "**mildly** positive", "mildly positive"),
        (SEVEN, "negative", "no label"),
        (SEVEN, "strongly negative", "no label"),
        (SEVEN, "not strong negative, mildly negative", "mildly negative"),
        (SEVEN, "mildly negative or moderately negative", "several labels"),
        ([*SEVEN, "negative"], "mildly negative", "mildly negative"),
        (LABELS, "mildly negative", "negative"),
        (SPANISH, "POSITIVO", "positivo"),
        (SPANISH, "El sentimiento es positivo.", "positivo"),
        (SPANISH, "no es positivo", "only negated"),
        (SPANISH, "No es positivo, sino negativo", "negativo"),
        (SPANISH, "no es positivo sino negativo", "negativo"),
        (SPANISH, "no creo que sea positivo", "only negated"),
        (SPANISH, "ni positivo ni negativo", "only negated"),
        (SPANISH, "ni positivo ni negativo: neutral", "neutral"),
        (SPANISH, "tampoco es negativo", "only negated"),
        (SPANISH, "negativo en lugar de positivo", "negativo"),
        (SPANISH, "sin duda positivo", "positivo"),
        (SPANISH, "¿Es positivo? Es negativo.", "negativo"),
        (SPANISH, "positivo o negativo", "several labels"),
        (["no", "yes"], "No.", "no"),
        (["no", "yes"], "Yes, there is no doubt.", "yes"),
        (["no", "yes"], "not yes", "only negated"),
        (["no", "yes"], "No, it did not.", "no"),
        (["no", "yes"], "yes or no", "several labels"),
        (["no", "sí"], "Si\u0301, subió.", "sí"),
        (TOPICS, "business and management", "Business & Management"),
        (TOPICS, "Tax & Accounting", "Tax & Accounting"),
        (TOPICS, "Topic: Finance", "Finance"),
        (TOPICS, "Finance & Technology", "several labels"),
        (["dovish", "hawkish", "neutral"], "The stance is hawkish rather than dovish.", "hawkish"),
        (["not relevant", "relevant"], "not relevant", "not relevant"),
        (["0", "1"], "0.5", "no label"),
        (["0", "1"], "Label: 1.", "1"),
        (["सकारात्मक", "नकारात्मक"], "सकारात्मक।", "सकारात्मक"),
    ],
)
def test_other_label_sets(labels, answer, expected):
    assert named(answer, labels) == expected


@pytest.mark.parametrize(
    ("labels", "answer", "expected"),
    [
        # "no" answers where it opens or closes something, and is a word of the sentence elsewhere
        (YES_NO, "no", "no"),
        (YES_NO, "No, the price fell.", "no"),
        (YES_NO, "No price is named", "no"),
        (YES_NO, "The headline is about gold, so no.", "no"),
        (YES_NO, "I would say no because prices fell", "no"),
        (YES_NO, "The answer is no", "no"),
        (YES_NO, "yes or no", "several labels"),
        (YES_NO, "There is no way to tell.", "no label"),
        (YES_NO, "The answer is that there is no price", "no label"),
        (YES_NO, "No idea.", "no label"),
        (YES_NO, "no sé", "no label"),
        (YES_NO, "No lo sé.", "no label"),
        (YES_NO, "There is no doubt: yes", "yes"),
        (YES_NO, "Sí, no hay duda", "yes"),
        # "si" without its accent, and "if"
        (YES_NO, "Si", "yes"),
        (YES_NO, "Respuesta: si.", "yes"),
        (YES_NO, "Si, porque sube el precio", "yes"),
        (YES_NO, "Si el precio sube, no se dice", "no"),
        (YES_NO, "El titular dice si el precio sube", "no label"),
        # topics
        (TOPICS, "tax", "Tax & Accounting"),
        (TOPICS, "Topic: technology", "Technology"),
        (TOPICS, "The topic is business because it merges", "Business & Management"),
        (TOPICS, "Impuestos y contabilidad", "Tax & Accounting"),
        (TOPICS, "business, technology", "several labels"),
        (TOPICS, "This text is about tax, so Tax & Accounting", "Tax & Accounting"),
        (TOPICS, "The company's business grew", "no label"),
        (TOPICS, "A new government was formed.", "no label"),
        (TOPICS, "El gobierno sube los impuestos", "no label"),
        (TOPICS, "The industry is growing", "no label"),
    ],
)
def test_common_words_are_labels_only_where_they_stand_as_answers(labels, answer, expected):
    read = written_label({"label": labels[0]}, labels, answer)
    assert (read.parsed or read.reason) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("It is less positive than negative", "only negated"),
        ("The tone is less negative", "only negated"),
        ("menos positivo que neutral", "neutral"),
        ("more or less positive", "positive"),
        ("no less positive than before", "positive"),
        ("Less, but positive", "positive"),
        ("A profit higher than last year is positive", "positive"),
    ],
)
def test_comparisons_do_not_name_the_lesser_label(answer, expected):
    read = written_label({"label": "positive"}, LABELS, answer)
    assert (read.parsed or read.reason) == expected


def test_aliases_are_other_ways_to_write_a_label():
    aliases = {"bullish": "positive", "strongly  positive": "positive", "Positive": "positive"}
    assert named("Bullish", aliases=aliases) == "positive"
    assert named("not bullish", aliases=aliases) == "only negated"
    assert named("Bullish", LABELS) == "no label"
    assert named("Bullish or bearish", aliases={**aliases, "bearish": "negative"}) == "several labels"


@pytest.mark.parametrize(
    ("labels", "aliases", "message"),
    [
        (["+", "-"], {}, "no letter or digit"),
        (["1", "1.0"], {}, "is given for both"),
        (["Up", "up"], {}, "told apart"),
        (["a", "a"], {}, "told apart"),
        (LABELS, {"neutral": "positive"}, "told apart"),
        (LABELS, {"good": "postive"}, "did you mean 'positive'"),
    ],
)
def test_labels_that_cannot_be_told_apart_are_refused(labels, aliases, message):
    with pytest.raises(BenchError, match=message):
        reader(labels, aliases)


odd = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from(" \n.,;:?!()/|-—'’_*\"&\0\u200b\ufeff\u0301\ud800\ufe0f"),
    )
)
pieces = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    *LABELS,
                    "Positive",
                    "not",
                    "n't",
                    "isn't",
                    "or",
                    "and",
                    "neither",
                    "nor",
                    "is",
                    "the",
                    "answer",
                    "no",
                ),
                *(
                    "es",
                    "than",
                    "without",
                    "a",
                    "doubt",
                    ":",
                    ".",
                    ",",
                    "?",
                    "-",
                    "\n",
                    "\nNews:",
                    "<think>",
                    "</think>",
                ),
            ]
        ),
        odd,
    ),
    max_size=25,
)


@pytest.mark.slow
@given(pieces, st.sampled_from(["", " "]), st.sampled_from([LABELS, SEVEN, ["no", "yes"]]))
@settings(max_examples=500)
def test_no_answer_is_too_strange(parts, between, labels):
    answer = between.join(parts)
    named(answer, labels)
    assert reader(labels)(answer) == read_label(answer, labels)


@given(pieces, st.sampled_from(["\u200b", "\ufeff", "\u00ad", "\ufe0f", "\0"]), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_invisible_characters_change_nothing(parts, unseen, random):
    answer = " ".join(parts)
    at = random.randint(0, len(answer))
    assert read_label(answer[:at] + unseen + answer[at:], LABELS) == read_label(answer, LABELS)


@given(
    st.sampled_from(
        [(labels, label) for labels in (LABELS, SEVEN, SPANISH, TOPICS, ["no", "yes"]) for label in labels]
    ),
    st.sampled_from(
        ["{}", "**{}**", "Answer: {}.", '{{"label": "{}"}}', "# {}\n", "<b>{}</b>", "«{}»", "-> {}", "The label is {}!"]
    ),
    st.sampled_from([str, str.upper, str.title, str.casefold]),
)
@settings(max_examples=200)
def test_a_label_is_read_in_any_dress(case, frame, dress):
    labels, label = case
    assert named(frame.format(dress(label)), labels) == label


@given(st.sampled_from(LABELS), st.sampled_from("abcxyzéñß9"), st.booleans())
def test_a_label_inside_a_word_is_none(label, letter, before):
    assert named(letter + label if before else label + letter) == "no label"


@given(st.sampled_from(LABELS), st.sampled_from(["not {}", "isn't really {}", "no {} tone", "no es {}", "nunca {}"]))
def test_a_negated_label_is_never_read(label, frame):
    assert named(frame.format(label)) == "only negated"
    other = LABELS[(LABELS.index(label) + 1) % 3]
    assert named(f"{other}. It is {frame.format(label)}.") == other


@pytest.mark.perf
def test_a_hundred_thousand_answers_in_two_seconds():
    frames = [
        "The sentiment of the news about company %d is negative, because sales fell.",
        "Positive\n\nNews: company %d lost money\nIs this negative, neutral or positive?\nSentiment: negative",
        "**Neutral** (%d)",
        '{"sentiment": "positive", "confidence": 0.%d}',
    ]
    answers = [frames[at % 4] % (at % 10_000) for at in range(100_000)]
    start = time.process_time()
    read = reader(LABELS)
    readings = [read(answer) for answer in answers]
    assert time.process_time() - start < 2
    assert readings[:4] == [Reading(0, None), Reading(2, None), Reading(1, None), Reading(2, None)]


@pytest.mark.perf
@pytest.mark.parametrize(
    "unit",
    [
        "positive or negative ",
        "not ",
        "the ",
        "positive negative\nnews: ",
        "?",
        "a",
        "'",
        "1,",
        "\u0301",
        "- ",
        "<think>",
    ],
)
def test_time_grows_with_the_length_of_an_answer_and_no_faster(unit):
    answer = unit * (200_000 // len(unit))
    start = time.process_time()
    read_label(answer + "positive", LABELS)
    assert time.process_time() - start < 5  # quadratic is minutes
