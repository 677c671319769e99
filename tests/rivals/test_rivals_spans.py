"""Each rival's rule for entities, its known defect as a number, and its metrics against seqeval and scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from helpers.rivals import doc, of_kind
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.metrics import f1_score as seqeval_f1
from seqeval.metrics.sequence_labeling import get_entities
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sklearn.metrics import f1_score as sklearn_f1

from phingpt_bench.core.errors import BenchError
from phingpt_bench.rivals import SCORERS, flame_ner, words
from phingpt_bench.rivals.fingpt import gold_answer

TYPES = ("PER", "ORG", "LOC")


DOC = doc("[PER Anna Lee] of [ORG Nokia Oyj] met [ORG Nokia Oyj] in [LOC Espoo] .")
TAGS = ["B-PER", "I-PER", "O", "B-ORG", "I-ORG", "O", "B-ORG", "I-ORG", "O", "B-LOC", "O"]


def total(name, answers, docs, types=TYPES):
    return SCORERS[name].rows(answers, docs, types).sum(0)


def score(name, answers, docs, metric=None, types=TYPES):
    scorer = SCORERS[name]
    return float(scorer.functions[metric or scorer.primary](total(name, answers, docs, types)))


def read(name, answer, of=DOC):
    return SCORERS[name].read([answer], [of], TYPES)[0]


def lines(of, sep=":"):
    return "\n".join(f"{word}{sep}{tag}" for word, tag in zip(*words.tagged(of), strict=True))


def listed(of, sep="\n"):
    return sep.join(f"{of['text'][e['start'] : e['end']]}, {e['type']}" for e in of["entities"])


def numbered(of):
    names = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
    return [names.index(tag) for tag in words.tagged(of)[1]]


# tags


def test_gold_tags():
    assert words.tagged(DOC)[1] == TAGS
    assert words.tagged(doc("At [ORG Nokia], it"))[1] == ["O", "B-ORG", "O"]  # the comma belongs to the word
    assert words.tagged(doc("[ORG A][PER B] c"))[1] == ["B-ORG", "O"]  # two entities in one word: the first


tags = st.lists(st.sampled_from(["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-x", "I-x", "B-O", "B-"]), max_size=9)


@given(tags)
@settings(max_examples=200)
def test_chunks_are_seqevals(sequence):
    assert words.chunks(sequence) == {(type_, start, end + 1) for type_, start, end in get_entities(sequence)}


pairs = st.lists(
    st.integers(1, 8).flatmap(
        lambda n: st.tuples(
            st.lists(st.sampled_from(["O", "O", "B-PER", "I-PER", "B-ORG", "I-ORG"]), min_size=n, max_size=n),
            st.lists(st.sampled_from(["O", "O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-O"]), min_size=n, max_size=n),
        )
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@given(pairs)
@settings(max_examples=150)
def test_entity_scores_are_seqevals(sequences):
    gold, predicted = [mine for mine, _ in sequences], [theirs for _, theirs in sequences]
    counts = sum(words.entity_counts(mine, theirs, ("PER", "ORG")) for mine, theirs in sequences)
    functions = SCORERS["fingpt-ner"].functions
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert functions["entity_f1"](counts) == pytest.approx(seqeval_f1(gold, predicted))
        if counts.any():  # seqeval's report fails without any entity
            report = classification_report(gold, predicted, output_dict=True)
            assert functions["entity_precision"](counts) == pytest.approx(report["micro avg"]["precision"])
            assert functions["entity_recall"](counts) == pytest.approx(report["micro avg"]["recall"])
            assert functions["entity_f1_macro"](counts) == pytest.approx(report["macro avg"]["f1-score"])


# FinGPT


def test_fingpt_ner_reads_sentences():
    assert gold_answer(DOC) == (
        "Anna Lee is a person, Nokia Oyj is an organization, Nokia Oyj is an organization, Espoo is a location."
    )
    assert score("fingpt-ner", [gold_answer(DOC)], [DOC]) == 1
    assert score("fingpt-ner", [gold_answer(DOC).upper()], [DOC]) == 1  # case plays no part
    assert read("fingpt-ner", "Nokia Oyj is an organization.") == "ORG: nokia oyj"
    assert read("fingpt-ner", "Espoo is a town, nobody is a person, ORG: Nokia") == "O: espoo"
    assert read("fingpt-ner", " is a person") == "nothing"
    assert read("fingpt-ner", "Espoo is a location.Answer: Anna Lee is a person") == "LOC: espoo"
    assert read("fingpt-ner", "Espoo is a location. ") == "O: espoo"  # the full stop is not at the end
    assert total("fingpt-ner", ["Espoo is a town."], [DOC]).tolist() == [[0, 0, 1], [0, 0, 2], [0, 0, 1], [0, 1, 0]]


def test_fingpt_ner_gold_is_lossy_too():
    comma = doc("[ORG Smith , Barney] won")  # gold is what stands behind the comma
    assert score("fingpt-ner", ["Barney is an organization."], [comma]) == 1
    assert total("fingpt-ner", [""], [doc("[ORG Smith,] won")]).sum() == 0  # or nothing
    again = doc("May 5 : [PER May] spoke")  # gold moves to the first "may"
    assert total("fingpt-ner", ["May is a person."], [again])[0].tolist() == [1, 1, 1]
    assert words.chunks(words.tagged(again)[1]) == {("PER", 3, 4)}
    with pytest.raises(BenchError, match="not MISC"):
        SCORERS["fingpt-ner"].rows([""], [DOC], ("PER", "MISC"))


# FLARE


def test_flare_ner_reads_lines():
    assert score("flare-ner", [listed(DOC)], [DOC]) == 1
    assert read("flare-ner", "Nokia Oyj, ORG") == "ORG: Nokia Oyj; ORG: Nokia Oyj"  # every place
    assert read("flare-ner", "none") == read("flare-ner", "nokia oyj, ORG") == "nothing"


@pytest.mark.parametrize(
    ("answer", "of", "expected"),
    [
        ("Anna Lee, PER; Espoo, LOC", DOC, "nothing"),  # one line, as in the prompt's example
        ("Espoo, LOC", doc("It is [LOC Espoo]"), "nothing"),  # the last word
        ("kia, ORG", DOC, "ORG: Oyj; ORG: Oyj"),  # inside a word: the next one
        ("Espoo, LOC.", DOC, "LOC.: Espoo"),  # a type of its own
    ],
)
def test_flare_ner_defects(answer, of, expected):
    assert read("flare-ner", answer, of) == expected


def test_flare_lines_are_aligned_by_number():
    name = "flare-finer-ord"
    assert score(name, [lines(DOC)], [DOC]) == 1
    assert score(name, [lines(DOC)], [DOC], "token_f1_weighted") == 1
    for answer in ("Here are the tags:\n" + lines(DOC), "\n" + lines(DOC), lines(DOC, ": ")):
        assert read(name, answer) == "nothing"
        assert score(name, [answer], [DOC]) == 0
        assert score(name, [answer], [DOC], "token_f1_weighted") == 0
    assert read(name, "of:O\nAnna:B-PER\n") == "nothing"
    colon = doc("[ORG S:t] x")
    assert score(name, [lines(colon)], [colon]) == 0


lines_read = st.lists(st.booleans(), min_size=11, max_size=11)
lines_tags = st.lists(st.sampled_from(["O", "B-ORG", "I-PER"]), min_size=11, max_size=11)


@given(lines_read, lines_tags)
@settings(max_examples=60)
def test_flare_token_f1_is_scikit_learns(readable, predicted):
    tokens, gold = words.tagged(DOC)
    answer = "\n".join(
        f"{word}:{tag}" if good else tag for word, tag, good in zip(tokens, predicted, readable, strict=True)
    )
    expected = [tag if good else "-1" for tag, good in zip(predicted, readable, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f1 = sklearn_f1(gold, expected, average="weighted")
        entity = seqeval_f1([gold], [[tag if tag != "-1" else "O" for tag in expected]])
    assert score("flare-finer-ord", [answer], [DOC], "token_f1_weighted") == pytest.approx(f1)
    assert score("flare-finer-ord", [answer], [DOC]) == pytest.approx(entity)


# FLaME


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("[0, 1, 2]", [0, 1, 2]),
        ("labels: 0,1,2 .", [0, 1, 2]),
        ("12", [1, 2]),
        ("123", [1, 23]),  # digits are parted two by two
        ("0,,1", []),
        ("0,1,", []),
        ("none", []),
    ],
)
def test_flame_numbers(answer, expected):
    assert flame_ner.numbers(answer) == expected


def test_flame_leaves_rows_of_another_length_out():
    other = doc("[ORG Nokia] fell")
    answers = [str(numbered(DOC)), "[5]"]
    assert score("flame-ner", answers, [DOC, other]) == 1
    assert score("flame-ner", answers, [DOC, other], "kept") == 0.5
    assert SCORERS["flame-ner"].read(answers, [DOC, other], TYPES) == [
        "PER: Anna Lee; ORG: Nokia Oyj; ORG: Nokia Oyj; LOC: Espoo", "left out (1 numbers for 2 words)"]  # fmt: skip
    assert np.isnan(score("flame-ner", ["", "5,0,0"], [DOC, other]))  # too few, too many
    assert score("flame-ner", ["0,0"], [doc("It fell")]) == 1  # no entity, all zeros


@pytest.mark.slow
@given(st.lists(st.lists(st.integers(0, 9), min_size=11, max_size=11), min_size=1, max_size=5))
@settings(max_examples=60)
def test_flame_scores_are_means_of_scikit_learns(predicted):
    gold = numbered(DOC)
    expected = np.zeros(4)
    for row in predicted:
        p, r, f, _ = precision_recall_fscore_support(gold, row, average="macro", zero_division=0)
        expected += np.array([p, r, f, accuracy_score(gold, row)]) / len(predicted)
    answers, docs = [*map(str, predicted), "left out"], [DOC] * (len(predicted) + 1)
    metrics = ("token_precision_macro", "token_recall_macro", "token_f1_macro", "token_acc")
    np.testing.assert_allclose([score("flame-ner", answers, docs, metric) for metric in metrics], expected)


def test_other_types_are_numbered_in_their_order():
    of = {"text": "It rose", "entities": [{"start": 0, "end": 2, "type": "b"}]}
    assert score("flame-ner", ["3,0"], [of], types=("a", "b")) == 1
    with pytest.raises(BenchError, match="unknown type b"):
        SCORERS["flame-ner"].rows(["3,0"], [of], ("a", "c"))
    with pytest.raises(BenchError, match="unknown type b"):
        SCORERS["flare-finer-ord"].rows(["3,0"], [of], ("a", "c"))


# the contract


@pytest.mark.parametrize("name", of_kind("spans"))
def test_counts_add_up_by_row(name):
    answers = [gold_answer(DOC), listed(DOC), lines(DOC), str(numbered(DOC)), "", "\n\n"]
    docs = [DOC] * len(answers)
    scorer = SCORERS[name]
    rows = scorer.rows(answers, docs, TYPES)
    assert len(rows) == len(scorer.read(answers, docs, TYPES)) == len(answers)
    np.testing.assert_array_equal(rows[2:4], scorer.rows(answers[2:4], docs[2:4], TYPES))
    stacked = scorer.functions[scorer.primary](np.stack([rows.sum(0), rows[1:].sum(0)]))
    assert stacked.shape == (2,)
    assert stacked[0] == pytest.approx(float(scorer.functions[scorer.primary](rows.sum(0))))
    assert scorer.rows([], [], TYPES).shape == (0, *rows.shape[1:])
    with pytest.raises(BenchError, match="1 answers for 2 rows"):
        scorer.read([""], [DOC, DOC], TYPES)
