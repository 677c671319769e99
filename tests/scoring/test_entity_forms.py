"""Entities in the forms that models write them in: each gives the spans of the asked form, and says what it was."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.scoring.bio_entities import read_bio
from phingpt_bench.scoring.entities import Parsed, Problem, Span
from phingpt_bench.scoring.formats import BIO, FORMATS, read_answer
from phingpt_bench.scoring.reading import LONGEST, Rules
from phingpt_bench.scoring.spans import format_entities

TYPES = ("PER", "ORG", "LOC")
TEXT = "Anna Lee left Nokia for Ericsson in Espoo."
ALL = [Span(0, 8, "PER"), Span(14, 19, "ORG"), Span(24, 32, "ORG"), Span(36, 41, "LOC")]
ANNA, NOKIA, ERICSSON, ESPOO = ALL


def read(answer, form="lines", text=TEXT, **rules):
    return read_answer(form, answer, text, TYPES, Rules(**rules))


# ---- lists over several lines

LISTS = [
    "PER: Anna Lee\nORG: Nokia\nORG: Ericsson\nLOC: Espoo",
    "\n\nPER: Anna Lee\n\nORG: Nokia\nORG: Ericsson\nLOC: Espoo\n",
    "PER: Anna Lee\nORG: Nokia, Ericsson\nLOC: Espoo",
    "PER: Anna Lee\nORG: Nokia; Ericsson\nLOC: Espoo",
    "PER: Anna Lee\nORG: Nokia and Ericsson\nLOC: Espoo",
    'PER: ["Anna Lee"]\nORG: ["Nokia", "Ericsson"]\nLOC: [Espoo]',
    "PER:\n- Anna Lee\nORG:\n- Nokia\n- Ericsson\nLOC:\n- Espoo",
    "## PER\nAnna Lee\n\n## ORG\nNokia\nEricsson\n\n## LOC\nEspoo",
    "**PER:** Anna Lee\n**ORG:** Nokia, Ericsson\n**LOC:** Espoo",
    "- PER: Anna Lee\n- ORG: Nokia\n- ORG: Ericsson\n- LOC: Espoo",
    "1. PER: Anna Lee\n2. ORG: Nokia\n3. ORG: Ericsson\n4. LOC: Espoo",
    "- Anna Lee (PER)\n- Nokia (ORG)\n- Ericsson (ORG)\n- Espoo (LOC)",
    "* **Anna Lee**: PER\n* **Nokia**: ORG\n* **Ericsson**: ORG\n* **Espoo**: LOC",
    "Anna Lee - PER\nNokia - ORG\nEricsson - ORG\nEspoo - LOC",
    "Anna Lee, PER\nNokia, ORG\nEricsson, ORG\nEspoo, LOC",
    "| Entity | Type |\n|---|---|\n| Anna Lee | PER |\n| Nokia | ORG |\n| Ericsson | ORG |\n| Espoo | LOC |",
    "PER\tAnna Lee\nORG\tNokia\nORG\tEricsson\nLOC\tEspoo",
    "[PER] Anna Lee\n[ORG] Nokia\n[ORG] Ericsson\n[LOC] Espoo",
    "PER: Anna Lee, ORG: Nokia, ORG: Ericsson, LOC: Espoo",
    "Anna Lee (PER), Nokia (ORG), Ericsson (ORG), Espoo (LOC)",
    "Anna Lee is a person, Nokia is an organization, Ericsson is an organization, Espoo is a location.",
    "Here are the named entities:\n\nPER: Anna Lee; ORG: Nokia; ORG: Ericsson; LOC: Espoo",
    "Entities: PER: Anna Lee; ORG: Nokia; ORG: Ericsson; LOC: Espoo",
    "The text names one person.\n\nPER: Anna Lee\nORG: Nokia; ORG: Ericsson\nLOC: Espoo\n\nThat is all: Nokia.",
    f"Text: {TEXT}\nPER: Anna Lee; ORG: Nokia; ORG: Ericsson; LOC: Espoo",
    "Person: Anna Lee; Organization: Nokia; Organisation: Ericsson; Location: Espoo",
    'PER: "Anna Lee"; ORG: `Nokia`; ORG: Ericsson (a company).; LOC: *Espoo*',
    "```\nPER: Anna Lee; ORG: Nokia; ORG: Ericsson; LOC: Espoo\n```",
    "per: Anna Lee\norg: Nokia\norg: Ericsson\nloc: Espoo",
]


@pytest.mark.parametrize("answer", LISTS)
def test_lists_of_entities(answer):
    assert read(answer) == Parsed(ALL)


@pytest.mark.parametrize("answer", LISTS)
def test_a_list_is_read_where_another_form_was_asked_and_that_is_said(answer):
    for form in ("json", "tags") if TEXT not in answer else ("json",):  # a copy of the text is an answer in tags
        found = read(answer, form)
        assert found.spans == ALL and found.form == "lines"


@pytest.mark.parametrize(
    "answer",
    [
        "none",
        "None.",
        "NONE",
        "Entities: none",
        "Answer: none",
        "[]",
        "{}",
        "N/A",
        "-",
        "nothing",
        "ninguna",
        "No entities",
        "There are no named entities in the text.",
        "No hay entidades nombradas en el texto.",
        "PER: none\nORG: none\nLOC: none",
        "PER: none; ORG: N/A; LOC: -",
        "PER:\nORG:\nLOC:",
        "PER: []\nORG: []",
        "**PER:** None\n**ORG:** None",
        '{"PER": [], "ORG": []}',
        '{"entities": []}',
        "```json\n[]\n```",
        "<think>Is Nokia one?</think>\n\nnone",
    ],
)
def test_answers_that_name_nothing(answer):
    assert read(answer) == Parsed()


def test_what_a_model_runs_on_with_is_not_read():
    one = "PER: Anna Lee; ORG: Nokia"
    for more in (
        "News: Bo Ek left.\nEntities: ORG: Ericsson",
        "That is all.\nORG: Ericsson",
        "\nText: x\nORG: Ericsson",
    ):
        assert read(f"{one}\n{more}").spans == [ANNA, NOKIA]
    assert read("I see nothing.\nNews: Ericsson fell.\nEntities: ORG: Ericsson").spans == []


def test_pieces_of_a_list_are_judged_like_those_of_a_line():
    found = read("PER: Anna Lee\nORG: Nokia, Turku\nLOC: Espoo\nLOC: Espoo\nORG: Anna Lee")
    assert found.spans == [ANNA, NOKIA, ESPOO]
    assert [tuple(problem) for problem in found.problems] == [
        ("hallucinated", "Turku", "ORG"),
        ("duplicate", "Espoo", "LOC"),
        ("conflict", "Anna Lee", "ORG"),
    ]


def test_a_name_with_a_comma_is_one_name():
    text = "Nokia, Inc. and Lee, Anna sued Foo Co., Ltd."
    assert read("ORG: Nokia, Inc.; PER: Lee, Anna", text=text).spans == [Span(0, 11, "ORG"), Span(16, 25, "PER")]
    assert read("ORG: Foo, Inc.", text=text).problems == [Problem("hallucinated", "Foo, Inc.", "ORG")]


def test_a_word_of_the_text_is_no_denial():
    assert read("ORG: none", text="The fund None rose, none fell").spans == [Span(20, 24, "ORG")]


def test_a_type_alone_is_a_list_that_was_cut():
    assert read("PER:") == Parsed([], [Problem("format", "", "PER")])


# ---- JSON, Python, tags of tokens, tags in the text

PAIRS = [("Anna Lee", "PER"), ("Nokia", "ORG"), ("Ericsson", "ORG"), ("Espoo", "LOC")]
PIPELINE = [
    {"entity_group": type_, "score": 0.99, "word": name, "start": TEXT.index(name), "end": TEXT.index(name) + len(name)}
    for name, type_ in PAIRS
]
TOKENS = [
    {"entity": "B-PER", "score": 0.9, "index": 1, "word": "An", "start": 0, "end": 2},
    {"entity": "I-PER", "score": 0.9, "index": 2, "word": "##na", "start": 2, "end": 4},
    {"entity": "I-PER", "score": 0.9, "index": 3, "word": "Lee", "start": 5, "end": 8},
    {"entity": "B-ORG", "score": 0.9, "index": 5, "word": "Nokia", "start": 14, "end": 19},
    {"entity": "B-ORG", "score": 0.9, "index": 7, "word": "Eric", "start": 24, "end": 28},
    {"entity": "I-ORG", "score": 0.9, "index": 8, "word": "##sson", "start": 28, "end": 32},
    {"entity": "B-LOC", "score": 0.9, "index": 10, "word": "Espoo", "start": 36, "end": 41},
]
OBJECTS = [{"text": name, "type": type_} for name, type_ in PAIRS]
JSONS = [
    json.dumps(OBJECTS),
    json.dumps(OBJECTS, indent=2),
    f"```json\n{json.dumps(OBJECTS)}\n```",
    f"Here is the list:\n{json.dumps(OBJECTS)}\nI hope that it helps.",
    str(OBJECTS),
    json.dumps(PIPELINE),
    str(PIPELINE),
    json.dumps(TOKENS),
    json.dumps([{**token, "start": None, "end": None} for token in TOKENS]),
    json.dumps([{**token, "word": token["word"].lower()} for token in TOKENS]),  # an uncased tokeniser; offsets count
    str(PAIRS),
    str(PAIRS)[1:-1],
    json.dumps(PAIRS),
    json.dumps([(type_, name) for name, type_ in PAIRS]),
    json.dumps(dict(PAIRS)),
    json.dumps({"PER": ["Anna Lee"], "ORG": ["Nokia", "Ericsson"], "LOC": ["Espoo"]}),
    str({"PER": ["Anna Lee"], "ORG": ["Nokia", "Ericsson"], "LOC": "Espoo", "MISC": None}),
    json.dumps({"entities": [{"entity": name, "label": type_} for name, type_ in PAIRS], "note": "all of them"}),
    json.dumps([list(span) for span in ALL]),
    str([tuple(span) for span in ALL]),
    "\n".join(map(json.dumps, OBJECTS)),
]


@pytest.mark.parametrize("answer", JSONS)
def test_json_and_python_values(answer):
    for form in ("lines", "tags"):
        found = read(answer, form)
        assert found == Parsed(ALL) and found.form == "json"
    found = read(answer, "json")
    assert found == Parsed(ALL) and found.form == ""


def test_offsets_of_a_pipeline_say_which_occurrence_is_meant():
    text = "Nokia rose and Nokia fell"
    found = read('[{"entity_group": "ORG", "word": "Nokia", "score": 1.0, "start": 15, "end": 20}]', text=text)
    assert found.spans == [Span(15, 20, "ORG")]
    wrong = read('[{"entity_group": "ORG", "word": "Nokia", "score": 1.0, "start": 3, "end": 9}]', text=text)
    assert wrong.spans == [Span(0, 5, "ORG"), Span(15, 20, "ORG")]  # offsets of another text: the name counts


def test_an_apostrophe_in_a_python_string():
    text = "McDonald's rose"
    assert read(str([("McDonald's", "ORG")]), text=text).spans == [Span(0, 10, "ORG")]
    assert read("[{'text': 'McDonald's', 'type': 'ORG'}]", text=text).spans == [Span(0, 10, "ORG")]


WORDS = ["Anna", "Lee", "left", "Nokia", "for", "Ericsson", "in", "Espoo", "."]
TAGS = ["B-PER", "I-PER", "O", "B-ORG", "O", "B-ORG", "O", "B-LOC", "O"]
AUTHORS = ["Person_B", "Person_I", "Other", "Organisation_B", "Other", "Organisation_B", "Other", "Location_B", "Other"]
SEQUENCES = [
    " ".join(TAGS),
    " ".join(TAGS[:-1]),  # one for each word between white space
    ", ".join(TAGS),
    json.dumps(TAGS),
    str(TAGS),
    "\n".join(TAGS),
    "I-PER I-PER O I-ORG O I-ORG O I-LOC O",  # an I- without a B- opens an entity
    "B-PER E-PER O S-ORG O S-ORG O S-LOC O",
    "B-PER L-PER O U-ORG O U-ORG O U-LOC O",
    "B-Person I-Person O B-Organization O B-Organization O B-Location O",
    *(
        "\n".join(f"{word}{sign}{tag}" for word, tag in zip(WORDS, TAGS, strict=True))
        for sign in (" ", "\t", ": ", " | ")
    ),
    "\n".join(f"{word}:{tag}" for word, tag in zip(WORDS, AUTHORS, strict=True)),
    "Here is the answer:\n\n" + "\n".join(f"{word}:{tag}" for word, tag in zip(WORDS, AUTHORS, strict=True)),
    " ".join(f"{word}/{tag}" for word, tag in zip(WORDS, TAGS, strict=True)),
    json.dumps(list(zip(WORDS, TAGS, strict=True))),
    json.dumps([{"token": word, "tag": tag} for word, tag in zip(WORDS, TAGS, strict=True)]),
    "\n".join(f"{word} {tag}" for word, tag in zip(WORDS, TAGS, strict=True) if tag != "O" or word == "."),
]


@pytest.mark.parametrize("answer", SEQUENCES)
@pytest.mark.parametrize("form", list(FORMATS))
def test_tags_of_tokens(answer, form):
    found = read(answer, form)
    assert found == Parsed(ALL) and found.form == BIO


def test_tags_that_are_not_one_a_word_are_no_answer():
    found = read("B-PER I-PER O")
    assert not found.spans and found.invalid


def test_two_entities_side_by_side():
    text = "Anna Bo Lee"
    assert read("B-PER B-PER I-PER", text=text).spans == [Span(0, 4, "PER"), Span(5, 11, "PER")]
    assert read("B-PER B-ORG I-PER", text=text).spans == [Span(0, 4, "PER"), Span(5, 7, "ORG"), Span(8, 11, "PER")]


@given(st.lists(st.sampled_from(["O", "B-PER", "I-PER", "B-ORG", "I-ORG"]), min_size=2, max_size=9))
@settings(max_examples=200)
def test_tags_are_cut_into_entities_as_seqeval_does(tags):
    from seqeval.metrics.sequence_labeling import get_entities

    text = " ".join(f"w{at}" for at in range(len(tags)))
    found = read_bio("\n".join(tags), text, TYPES)
    shown = any(tag != "O" for tag in tags) or len(tags) > 1
    assert shown and found is not None
    words = text.split()
    starts = [text.index(word) for word in words]
    mine = {(type_, starts[a], starts[b] + len(words[b])) for type_, a, b in get_entities(tags)}
    assert {(span.type, span.start, span.end) for span in found.spans} == mine


def test_tags_in_the_text_under_another_form():
    answer = "<PER>Anna Lee</PER> left <ORG>Nokia</ORG> for <ORG>Ericsson</ORG> in <LOC>Espoo</LOC>."
    for form in ("lines", "json"):
        found = read(answer, form)
        assert found == Parsed(ALL) and found.form == "tags"
    named = answer.replace("PER>", "person>").replace("ORG>", "organization>").replace("LOC>", "location>")
    assert read(named, "tags") == Parsed(ALL)


# ---- names of types, nested entities, other scripts


def test_types_by_alias():
    aliases = (("Company", "ORG"), ("City", "LOC"), ("human", "PER"))
    for answer in (
        "human: Anna Lee; Company: Nokia; company: Ericsson; City: Espoo",
        json.dumps({"human": "Anna Lee", "COMPANY": ["Nokia", "Ericsson"], "City": "Espoo"}),
        "<human>Anna Lee</human> left <Company>Nokia</Company> for <Company>Ericsson</Company> in <City>Espoo</City>.",
        "B-human I-human O B-Company O B-Company O B-City O",
    ):
        assert read(answer, type_aliases=aliases) == Parsed(ALL)
        assert not read(answer).spans
    # an alias of a name that is a type itself stands for nothing else
    assert read("ORG: Nokia", type_aliases=(("ORG", "LOC"),)).spans == [NOKIA]


def test_nested_entities_are_read_where_they_are_asked_for():
    text = "The Bank of England fell"
    answers = {
        "lines": "ORG: Bank of England; LOC: England",
        "json": '[{"type": "ORG", "text": "Bank of England"}, {"type": "LOC", "text": "England"}]',
        "tags": "The <ORG>Bank of <LOC>England</LOC></ORG> fell",
    }
    for form, answer in answers.items():
        assert read(answer, form, text, nested=True) == Parsed([Span(4, 19, "ORG"), Span(12, 19, "LOC")])
        flat = read(answer, form, text)
        assert flat == Parsed([Span(4, 19, "ORG")], [Problem("conflict", "England", "LOC")])


def test_names_in_texts_without_spaces():
    text = "诺基亚在埃斯波的股价上涨，Nokia公司"
    found = read("ORG: 诺基亚; LOC: 埃斯波; ORG: Nokia", text=text)
    assert [text[a:b] for a, b, _ in found.spans] == ["诺基亚", "埃斯波", "Nokia"] and not found.problems
    assert read(format_entities(text, found.spans), text=text) == found


# ---- any answer, and its cost

SCRAPS = st.sampled_from(
    [
        *[
            "PER",
            "ORG",
            "Person",
            "LOC:",
            ":",
            ";",
            ",",
            "\n",
            "-",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            '"',
            "'",
            "B-PER",
            "I-ORG",
            "O",
            "/",
            "\t",
            "|",
            "<PER>",
            "</PER>",
            "```",
            "none",
            "Nokia",
            "Espoo",
            "1.",
        ],
        "Anna Lee",
        "PER: ",
        " is a person",
        "<think>",
        "</think>",
        "assistantfinal",
        '"type"',
        "'text'",
        "\ud800",
    ]
)


@pytest.mark.slow
@given(st.lists(SCRAPS, max_size=30).map("".join), st.sampled_from([*FORMATS]), st.booleans())
@settings(max_examples=600)
def test_no_answer_breaks_the_reader(answer, form, nested):
    found = read(answer, form, nested=nested)
    assert found.form in ("", BIO, *FORMATS) and found.form != form
    assert {problem.kind for problem in found.problems} <= {"format", "hallucinated", "duplicate", "conflict"}
    assert all(0 <= span.start < span.end <= len(TEXT) and span.type in TYPES for span in found.spans)
    if not nested:
        assert all(one.end <= other.start for one, other in zip(found.spans, found.spans[1:], strict=False))


UNITS = {
    "open tags": "<ORG>",
    "tags": "<ORG>Nokia</ORG>",
    "marks": "ORG: Nokia @1; ",
    "objects": '{"type": "ORG", "text": "x"}, ',
    "lines": "ORG: Nokia\n",
    "lists": "ORG: Nokia, Nokia, x\n",
    "turned": "Nokia (ORG)\n",
    "tables": "| Nokia | ORG |\n",
    "tokens": "Nokia B-ORG\n",
    "tuples": "('Nokia', 'ORG'), ",
    "quotes": "'",
    "heads": "ORG:\n- x\n",
    "reasoning": "<think>",
    "brackets": "[",
    "colons": "ORG:",
    "commas": "x, ",
    "bullets": "- - ",
    "unknown": "<x>a</x>",
}


@pytest.mark.perf
@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS.keys())
@pytest.mark.parametrize("form", list(FORMATS))
def test_the_longest_answers_are_read_in_seconds(unit, form):
    text = " ".join([TEXT] * 20)
    start = time.process_time()
    read((unit * LONGEST)[:LONGEST], form, text)
    assert time.process_time() - start < 4  # some 0.4 s alone; what is quadratic takes minutes


@pytest.mark.perf
@pytest.mark.parametrize(
    "unit", ["\n", " ", "\t", "\r\n", "\u2028", "\\n", "```", "<", "&", ", ", "[ ", "- "], ids=repr
)
@pytest.mark.parametrize("form", list(FORMATS))
def test_floods_between_two_parts_of_an_answer_are_read_in_seconds(unit, form):
    """Where a pattern begins with blanks, each blank of a run could be tried with all behind it."""
    flood = unit * (LONGEST // len(unit) - 20)
    for answer in (f"ORG: Nokia{flood}x", f"{flood}ORG: Nokia", f"[{flood}ORG: Nokia", f"ORG: {flood}x"):
        start = time.process_time()
        read(answer, form, TEXT)
        assert time.process_time() - start < 4, answer[:12]  # under 1 s alone; what is quadratic takes minutes
