"""The rules of three papers against references of their own: NLTK's words, a decoder by hand, tags cut by hand."""

from __future__ import annotations

import random
import re
import time

import numpy as np
import pytest
from helpers.papers import as_authors_write, as_evalscope_writes
from helpers.rivals import doc
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import accuracy_score as seqeval_accuracy
from seqeval.metrics import f1_score as seqeval_f1
from seqeval.metrics import precision_score, recall_score
from sklearn.metrics import accuracy_score
from sklearn.metrics import f1_score as sklearn_f1

from phingpt_bench.core.errors import BenchError
from phingpt_bench.rivals import SCORERS, evalscope, finer_ord, words

LABELS = ("negative", "neutral", "positive")
TYPES = ("PER", "ORG", "LOC")
FIN = ("PER", "ORG", "LOC", "MISC")


def total(name, answers, docs, labels):
    scorer = SCORERS[name]
    return {
        metric: float(function(scorer.rows(answers, docs, labels).sum(0)))
        for metric, function in scorer.functions.items()
    }


# ---- the first word (arXiv:2305.16633)


def first_token(answer):
    """By NLTK: the first token of the first sentence, a sentence being what ends in a stop and white space."""
    tokenizer = pytest.importorskip("nltk.tokenize.destructive").NLTKWordTokenizer()
    sentence = re.split(r"(?<=[.?!])\s+", answer.strip(), maxsplit=1)[0]
    found = tokenizer.tokenize(sentence)
    return found[0].lower() if found else ""


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("positive", "positive"),
        ("POSITIVE", "positive"),
        (" \n Negative.", "negative"),
        ("Neutral, as nothing changed", "neutral"),
        ("Positive: sales rose.", "positive"),
        ("Negative. The loss was large.", "negative"),
        ("Positive or negative?", "positive"),
        ("positive!", "positive"),
        ("Positive (80 %)", "positive"),
        ("Positive-ish", "missing"),
        ("Positive/negative", "missing"),
        ("positive.The", "missing"),
        ("The sentiment is positive.", "missing"),
        ("**Positive**", "missing"),
        ('"Positive"', "missing"),
        ("Positively", "missing"),
        ("", "missing"),
    ],
)
def test_the_first_word_is_the_label(answer, label):
    assert SCORERS["first-word"].read([answer], [{"label": "neutral"}], LABELS) == [label]
    assert label == "missing" or first_token(answer) == label


AFTER = [
    ".",
    ",",
    ":",
    ";",
    "!",
    "?",
    " ",
    "\n",
    "(",
    ")",
    "'",
    '"',
    "-",
    "--",
    "*",
    "/",
    "s",
    "x",
    "0",
    "'s",
    "...",
    "%",
    "–",
    "»",
]


@pytest.mark.slow
@given(
    st.sampled_from(["", " ", "\n\n", "(", "'", "**", "The "]),
    st.sampled_from(["positive", "Negative", "NEUTRAL", "mixed"]),
    st.lists(st.sampled_from(AFTER), max_size=3).map("".join),
    st.sampled_from(["", " sales rose", "\nBecause", " Positive."]),
)
@settings(max_examples=500)
def test_first_words_are_cut_as_nltk_cuts_them(before, label, after, more):
    answer = before + label + after + more
    token = first_token(answer)
    expected = token if token in LABELS else "missing"
    assert SCORERS["first-word"].read([answer], [{"label": "neutral"}], LABELS) == [expected]


def test_scores_of_first_words_are_scikit_learns_with_missing_as_a_class():
    draw = random.Random(1)
    forms = ["{}", "{}.", "It is {}.", "{}, since sales rose", "**{}**", "{} or neutral"]
    docs = [{"label": draw.choice(LABELS)} for _ in range(500)]
    answers = [
        draw.choice(forms).format(row["label"] if draw.random() < 0.7 else draw.choice(LABELS)).capitalize()
        for row in docs
    ]
    gold = [LABELS.index(row["label"]) for row in docs]
    pred = [LABELS.index(token) if (token := first_token(answer)) in LABELS else -1 for answer in answers]
    scores = total("first-word", answers, docs, LABELS)
    assert scores["f1_weighted"] == pytest.approx(sklearn_f1(gold, pred, average="weighted", zero_division=0))
    assert scores["acc"] == pytest.approx(accuracy_score(gold, pred))
    assert scores["missing"] == pytest.approx(pred.count(-1) / len(pred)) and scores["missing"] > 0


# ---- FiNER-ORD's token:Type_B lines

DOC = doc("[PER Anna Lee] of [ORG Nokia Oyj] met [ORG Nokia] in [LOC Espoo] .")


def decoded(answer, tokens):
    """The authors' alignment, step by step over a list of lines; None where a word is missing."""
    waiting = [line.split(":") for line in answer.split("\n")]
    found = []
    for token in tokens:
        if not waiting or token not in waiting[0][0]:
            found.append(None)
            continue
        line = waiting[0]
        if line[0].endswith(token):
            waiting = waiting[1:]
        label = line[1].lower() if len(line) > 1 else ""
        tag = "O" if "other" in label else None
        for name, type_ in (("person", "PER"), ("location", "LOC"), ("organisation", "ORG")):
            for prefix in "bi":
                if tag is None and f"{name}_{prefix}" in label:
                    tag = f"{prefix.upper()}-{type_}"
        found.append(tag)
    return found


def test_perfect_lines_score_one_and_a_preamble_nothing():
    answer = as_authors_write(DOC)
    assert total("finer-ord", [answer], [DOC], TYPES)["entity_f1"] == 1
    read = SCORERS["finer-ord"].read([answer], [DOC], TYPES)
    assert read == ["PER: Anna Lee; ORG: Nokia Oyj; ORG: Nokia; LOC: Espoo"]
    scores = total("finer-ord", ["Here you go:\n" + answer], [DOC], TYPES)
    assert (scores["entity_f1"], scores["token_missing"]) == (0, 1)


def damaged(answer, draw):
    lines = answer.split("\n")
    for _ in range(draw.randrange(4)):
        at = draw.randrange(len(lines))
        lines[at] = draw.choice(
            [
                lines[at].split(":")[0],
                f"{lines[at]}:x",
                lines[at].replace("Person", "PERSON"),
                "Anna Lee:Person_B",
                "",
                lines[at].replace(":", " : "),
                lines[at].replace("Organisation", "Organization"),
                "the x",
                lines[at] + "\nmore:Other",
            ]
        )
    return "\n".join(lines)


def test_damaged_lines_are_read_and_scored_as_the_authors_do():
    draw = random.Random(2)
    docs = [DOC, doc("[ORG Bank of X] : up"), doc("nothing here"), doc("[LOC Leeds] [PER Bo] left")] * 60
    answers = [damaged(as_authors_write(row), draw) for row in docs]
    tagged = [words.tagged(row) for row in docs]
    read = [decoded(answer, tokens) for answer, (tokens, _) in zip(answers, tagged, strict=True)]
    assert read == [finer_ord._read_lines(answer, tokens) for answer, (tokens, _) in zip(answers, tagged, strict=True)]
    gold = [tags for _, tags in tagged]
    scores = total("finer-ord", answers, docs, TYPES)
    assert scores["entity_f1"] == pytest.approx(seqeval_f1(gold, [[tag or "O" for tag in row] for row in read]))
    missing = [[tag or "B-MISSING" for tag in row] for row in read]
    assert scores["entity_f1_missing"] == pytest.approx(seqeval_f1(gold, missing))
    flat = [tag for row in gold for tag in row], [tag for row in missing for tag in row]
    assert scores["token_f1_weighted"] == pytest.approx(sklearn_f1(*flat, average="weighted", zero_division=0))
    assert 0 < scores["entity_f1_missing"] < scores["entity_f1"] < 1


@pytest.mark.parametrize("form", ["lines", "json"])
def test_our_reader_reads_the_authors_lines_too(form):
    """Under all other scorers such answers were a format problem."""
    from phingpt_bench.scoring.answered import written_spans

    row = written_spans(DOC, TYPES, as_authors_write(DOC), form)
    assert row.counts == [[1, 1, 1], [2, 2, 2], [1, 1, 1], [0, 0, 0]] and row.form == "token tags"


# ---- evalscope's FIN


def cut(answer, tokens):
    """Tags of an exact copy: the words between tags, one after another."""
    inside = re.search("<response>(.*?)</response>", answer, re.DOTALL)
    tags, prefix, open_type = [], "B-", None
    for part in re.findall(r"</?\w+>|[^<]+", inside[1] if inside else answer):
        if part.startswith("</"):
            open_type = None
        elif part.startswith("<"):
            name = part[1:-1].lower()
            open_type, prefix = evalscope._TYPES.get(name, name), "B-"
        else:
            for _ in part.split():
                tags.append("O" if open_type is None else prefix + open_type)
                prefix = "I-"
    assert len(tags) == len(tokens)
    return tags


CONTRACT = doc(
    "[PER Anna Lee] and [ORG Nokia Oyj] of [LOC Espoo] sign the [MISC Loan Act] ; [ORG Nokia Oyj] pays [PER Anna Lee] ."
)


def test_copies_are_scored_as_seqeval_does():
    draw = random.Random(3)
    docs = [CONTRACT, doc("no entity here"), doc("[ORG A] [ORG B] c")] * 40
    tagged = [words.tagged(row) for row in docs]
    others = []
    for row in docs:  # some entities are lost, some are of another type
        kept = [e for e in row["entities"] if draw.random() < 0.8]
        others.append({**row, "entities": [{**e, "type": draw.choice([e["type"], "MISC"])} for e in kept]})
    answers = [as_evalscope_writes(other, wrap=draw.random() < 0.5) for other in others]
    read = [cut(answer, tokens) for answer, (tokens, _) in zip(answers, tagged, strict=True)]
    gold = [tags for _, tags in tagged]
    scores = total("evalscope", answers, docs, FIN)
    assert scores["entity_f1"] == pytest.approx(seqeval_f1(gold, read))
    assert scores["entity_precision"] == pytest.approx(precision_score(gold, read))
    assert scores["entity_recall"] == pytest.approx(recall_score(gold, read))
    assert scores["token_acc"] == pytest.approx(seqeval_accuracy(gold, read))
    assert 0 < scores["entity_f1"] < 1


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (
            "<person>Anna Lee</person> and Nokia Oyj of Espoo sign the Loan Act ; Nokia Oyj pays Anna Lee .",
            "PER: Anna Lee",
        ),
        # the closing tag is mended to the name of the opening one
        (
            "<person>Anna Lee</org> and Nokia Oyj of Espoo sign the Loan Act ; Nokia Oyj pays Anna Lee .",
            "PER: Anna Lee",
        ),
        # an exact copy says which of two is meant
        (
            "Anna Lee and Nokia Oyj of Espoo sign the Loan Act ; "
            "<organization>Nokia Oyj</organization> pays Anna Lee .",
            "ORG: Nokia Oyj",
        ),
        # no copy: looked up by what stands around
        ("<location>Espoo</location> only", "LOC: Espoo"),
        ("<location>Turku</location> only", "nothing"),  # what is not in the text costs nothing
        ("an <organization>Nokia Oyj without an end", "nothing"),
        ("so <location>Espoo", "LOC: Espoo"),  # not closed: up to the next tag
        ("<response>none</response> <location>Espoo</location>", "nothing"),
        ("<LOCATION>Espoo</LOCATION>", "LOC: Espoo"),
        ("<city>Espoo</city>", "city: Espoo"),  # an unknown name is a type of its own
        ("", "nothing"),
    ],
)
def test_answers_that_are_no_copies(answer, read):
    assert SCORERS["evalscope"].read([answer], [CONTRACT], FIN) == [read]


def test_which_of_two_is_tagged_in_an_exact_copy():
    answer = (
        "Anna Lee and Nokia Oyj of Espoo sign the Loan Act ; <organization>Nokia Oyj</organization> pays Anna Lee ."
    )
    tokens, _ = words.tagged(CONTRACT)
    first, second = (at for at, token in enumerate(tokens) if token == "Nokia")
    tags = evalscope._tags(answer, tokens)
    assert tags[first : first + 2] == ["O", "O"] and tags[second : second + 2] == ["B-ORG", "I-ORG"]


@pytest.mark.parametrize("name", ["finer-ord", "evalscope"])
def test_types_that_a_rule_does_not_know_are_refused(name):
    with pytest.raises(BenchError, match="knows PER"):
        SCORERS[name].rows(["x"], [doc("[DATE May] x")], ("DATE",))


@pytest.mark.parametrize("name", ["finer-ord", "evalscope", "first-word"])
def test_an_empty_answer_and_a_strange_one_are_scored(name):
    docs = [{**CONTRACT, "entities": [e for e in CONTRACT["entities"] if e["type"] != "MISC"], "label": "neutral"}] * 3
    labels = LABELS if name == "first-word" else TYPES
    rows = SCORERS[name].rows(["", "\ud800\n:", "<" * 50], docs, labels)
    assert len(rows) == 3 and np.isfinite(rows).all()


@pytest.mark.perf
@pytest.mark.parametrize(
    "unit",
    [
        "<person>",
        "<person>x</person>",
        "</person>",
        "<person>\n",
        "Anna:Person_B\n",
        "<",
        "<>",
        " is a ",
        " ",
        "\n",
        ",",
    ],
    ids=repr,
)
def test_long_answers_are_read_in_seconds(unit):
    docs = [{**CONTRACT, "entities": CONTRACT["entities"][:3]}]
    flood = unit * (200_000 // len(unit))
    names = [name for name, one in SCORERS.items() if one.kind == "spans"]
    assert {"finer-ord", "evalscope", "fingpt-ner"} <= set(names)
    for name in names:
        for answer in (flood, f"{flood}\nx", f"{CONTRACT['text']}{flood}"):
            start = time.process_time()
            SCORERS[name].rows([answer], docs, TYPES)
            assert time.process_time() - start < 5, name  # some 0.5 s alone; what is quadratic takes minutes


def test_tags_inside_of_tags_are_taken_out_of_a_copy_as_one_expression_does():
    """Whatever is cut off where: `_untagged` and `_Lengths` only look at less of the text."""
    draw = random.Random(0)
    for _ in range(3_000):
        source = "".join(draw.choice(["<a>", "</a>", "<", "b", ">", " ", "<>"]) for _ in range(draw.randint(0, 12)))
        lengths = evalscope._Lengths(source)
        for place in [*sorted(draw.choices(range(len(source) + 1), k=3)), draw.randint(0, len(source))]:
            assert lengths(place) == len(re.sub(r"<[^>]+>", "", source[:place]))
