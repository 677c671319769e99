"""Copies of training texts among test texts: found, under the right kind, at any size; forms and strangers are not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.planted import EDITS, planted
from phingpt_bench.data import catalogue
from phingpt_bench.data.copies import index
from phingpt_bench.data.copies.fold import fold, without_numbers
from phingpt_bench.data.copies.index import CHUNK, Index, Target
from phingpt_bench.data.copies.kinds import KINDS, PIECE

LONG = "the board of the mill agreed on tuesday to pay a dividend of ten cents for every share held in march"
TRAIN = ["Profit rose to 3.4 million euros.", "El beneficio subió en José Núñez S.A.", "Sales fell", LONG]
COMPANIES = [
    f"{first}{last}" for first in ("Al", "Bor", "Cen", "Dum", "Ebo", "Fri") for last in ("tex", "ran", "mill", "oil")
]


def kinds(test: list[str], train: list[str], rest: list[str] | None = None) -> list[str | None]:
    """The kind of each test text; rest: further texts of the dataset."""
    found = Index([Target("t", test, [*test, *train, *(rest or [])])]).search(train)
    assert set(found) <= {("t", row) for row in range(len(test))}
    return [KINDS[found["t", row].kind] if ("t", row) in found else None for row in range(len(test))]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TRAIN[0], "exact"),
        ("PROFIT rose to 3.4 million euros", "normalised"),  # case and full stop
        ("Profit rose -- to 3,4 million (euros)!", "normalised"),  # punctuation, also within a number
        ("  Profit\trose to 3.4\nmillion euros. ", "normalised"),  # white space
        ("Profit rose to 34 mill ion euros", "normalised"),  # words cut elsewhere
        ("El beneficio subio en Jose Nunez S.A.", "normalised"),  # accents
        ("El beneficio subio\u0301 en Jose\u0301 Nu\u0301n\u0303ez S.A.", "normalised"),  # accents written apart
        ("sales FELL.", "normalised"),  # too short for anything but equality
        ("Sales fe\u200bll", "normalised"),  # an invisible character
        ("\uff33\uff41\uff4c\uff45\uff53 fell", "normalised"),  # wide letters
        ("RT @bank: Sales fell https://t.co/Xy12", "normalised"),
        ("$ACME Sales fell", "normalised"),
        (LONG + " again", "near"),
        (LONG.replace("agreed", "decided"), "near"),
        (" ".join([*LONG.split()[9:], *LONG.split()[:9]]), "near"),  # its halves the other way round
        (LONG[: len(LONG) // 3], "contained"),  # in training there is more
        (f"{LONG} while {LONG[::-1]}{LONG[::-2]}", "contained"),  # in training there is a part of it
    ],
)
def test_a_planted_copy_has_its_kind(text: str, kind: str) -> None:
    assert kinds([text], TRAIN) == [kind]


@pytest.mark.parametrize(
    "text", ["Sales", "Sales rose", "fell sales", "the board of directors met", "https://t.co/abc", "", " "]
)
def test_what_is_no_copy(text: str) -> None:
    assert kinds([text], [*TRAIN, "https://t.co/xyz", ""]) == ["exact" if text == "" else None]


def test_a_common_form_is_no_copy_and_a_sentence_of_its_own_is() -> None:
    forms = [f"{name} reports Q{at % 4 + 1} results, profit {at} million" for at, name in enumerate(COMPANIES)]
    own = "Altex buys the harbour of Varna from a Danish shipping group for 20 million"
    train = [*forms[:12], own.replace("Danish", "Swedish"), own.replace("20", "34")]
    assert kinds([*forms[12:], own], train) == [None] * 12 + ["near"]


def test_other_numbers_make_no_other_text_but_of_a_common_form() -> None:
    forms = [f"Operating profit rose to EUR {at}.{at % 9} mn from EUR {at + 3}.{at % 7} mn" for at in range(10, 90)]
    own = "The 12 cranes that Kone built for the port of Gdansk in 1998 were sold for 4.25 million"
    assert kinds([forms[0], own], [*forms[40:], own.translate(str.maketrans("123456789", "234567891"))]) == [
        None,
        "near",
    ]


def test_the_closest_kind_counts_and_the_first_training_text_of_it() -> None:
    train = [LONG.replace("mill", "firm"), LONG.upper(), LONG, LONG]
    found = Index([Target("t", [LONG, "a stranger among these texts"], train)]).search(train)
    assert {place: (KINDS[match.kind], match.training) for place, match in found.items()} == {("t", 0): ("exact", 2)}


@pytest.mark.parametrize(("train", "test"), [([], []), ([], ["a b c"]), (["a b c"], []), ([""], [""])])
def test_nothing_to_compare(train: list[str], test: list[str]) -> None:
    assert kinds(test, train) == (["exact"] if train == test == [""] else [None] * len(test))


def test_a_copy_is_found_in_a_stream_of_any_length_and_in_a_long_document() -> None:
    draw = random.Random(2)
    words = [
        word
        for name in ("demo_sentiment", "demo_ner")
        for row in catalogue.load(name)["train"]
        for word in row["text"].split()
    ]

    def filler(count: int) -> str:
        return " ".join(draw.choices(words, k=count))

    tests = [row["text"] for row in catalogue.load("demo_sentiment")["test"]]
    stream = [filler(12) for _ in range(2 * CHUNK + 5)]
    stream[CHUNK - 1 : CHUNK + 1] = [one_changed(tests[0]), one_changed(tests[1])]
    document = f"{filler(5000)} {tests[2]} {filler(5000)}"
    assert len(document) > 10 * PIECE
    stream[-1] = document
    found = Index([Target("t", tests, tests)]).search(text for text in stream)
    assert {row: match.training for (_, row), match in found.items()} == {0: CHUNK - 1, 1: CHUNK, 2: len(stream) - 1}


def one_changed(text: str) -> str:
    words = text.split()
    return " ".join([*words[:3], "Xyzzy", *words[4:]])


def test_what_is_found_in_a_data_set_does_not_depend_on_the_others_of_the_index() -> None:
    splits = {name: catalogue.load(name) for name in ("demo_sentiment", "demo_ner")}
    targets = [
        Target(name, [row["text"] for row in rows["test"]], [row["text"] for part in rows.values() for row in part])
        for name, rows in splits.items()
    ]
    train = [one_changed(text) for target in targets for text in target.texts]
    both = Index(targets).search(train)
    assert len(both) > 100
    for target in targets:
        assert Index([target]).search(train) == {
            place: match for place, match in both.items() if place[0] == target.name
        }


@pytest.mark.parametrize("edit", [name for name, (_, aim) in EDITS.items() if aim])
def test_of_the_demonstration_corpus_as_many_copies_are_found_as_are_aimed_at(edit: str) -> None:
    rows = catalogue.load("demo_sentiment")
    test, train = ([row["text"] for row in rows[split]] for split in ("test", "train"))
    found = Index([Target("t", test, [*test, *train])])
    copies = planted(edit, test, train, seed=5)
    assert len(copies) > 40
    assert sum(("t", row) in found.search([copy]) for row, copy in copies) >= EDITS[edit][1] * len(copies)
    assert found.search(train) == {}  # the corpus itself has none


def test_grams_are_the_same_for_texts_packed_together_and_alone() -> None:
    texts = ["abc", "", "abcdefgh", "xyzäöü12345", "abcdefgh"]
    together = index._sets(texts)
    for at, text in enumerate(texts):
        alone = index._sets([text])
        assert together.values[together.starts[at] : together.starts[at + 1]].tolist() == alone.values.tolist()
        assert len(alone.values) == len({text[i : i + 5] for i in range(len(text) - 4)})


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Straße", "strasse"),
        ("ÉTÉ  2,5 %", "ete25"),
        ("AT&amp;T rose", "attrose"),
        ("!?", ""),
        ("İstanbul", "istanbul"),
        ("RT @Some_one: up 5% https://t.co/abc…", "up5"),
        ("up 5 httpstcoabc", "up5"),
        ("see www.example.com/a?b=1 now", "seenow"),
        ("$BRK.B and $TSLA up", "andup"),
        ("costs $5 or US$ 7", "costs5orus7"),  # money is no cashtag
        ("mail me@firm.com", "mailmefirmcom"),
    ],
)
def test_fold(text: str, want: str) -> None:
    assert fold(text) == want


def test_without_numbers() -> None:
    assert without_numbers("q3up12of345") == "q0up00of000"


@given(st.text())
def test_folding_twice_changes_nothing_but_marks(text: str) -> None:
    once = fold(text)
    assert all(char.isalnum() for char in once)
    assert fold(once) == once or "http" in once or "www" in once


@given(st.lists(st.text(alphabet="ab .", max_size=12), max_size=6), st.lists(st.text(alphabet="ab .", max_size=12)))
def test_every_text_is_an_exact_copy_of_itself_and_order_does_not_count(train: list[str], test: list[str]) -> None:
    assert kinds(test, test) == ["exact"] * len(test)
    assert kinds(test, train) == kinds(test, train[::-1]) == kinds(test[::-1], train)[::-1]
