"""Copies of training texts among test texts: found, counted under the right kind, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phingpt_bench.data.overlap import NEAR, exposure, normalise

LONG = "the board of the mill agreed on tuesday to pay a dividend of ten cents for every share held in march"
TRAIN = [
    "Profit rose to 3.4 million euros.",
    "El beneficio subió en José Núñez S.A.",
    "Sales fell",
    LONG,
]
NOTHING = {"exact": 0, "normalised": 0, "near": 0}


def counts(test: list[str], train: list[str] = TRAIN) -> dict[str, int]:
    found = exposure(train, test)
    assert found["rows"] == len(test)
    assert sum(found[kind] for kind in NOTHING) == len(found["ids"])
    return {kind: found[kind] for kind in NOTHING}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TRAIN[0], "exact"),
        ("PROFIT rose to 3.4 million euros", "normalised"),  # case and full stop
        ("Profit rose -- to 3,4 million (euros)!", "normalised"),  # punctuation, also within a number
        ("  Profit\trose to 3.4\nmillion euros. ", "normalised"),  # white space
        ("El beneficio subio en Jose Nunez S.A.", "normalised"),  # accents
        ("El beneficio subio\u0301 en Jose\u0301 Nu\u0301n\u0303ez S.A.", "normalised"),  # accents written apart
        ("sales FELL.", "normalised"),  # too short for a word 3-gram
        (LONG + " again", "near"),
        (LONG.replace("agreed", "decided"), None),  # three of nineteen 3-grams are others: 16 shared of 22
        (LONG.replace("the board", "a board"), "near"),
    ],
)
def test_a_planted_copy_has_its_kind(text: str, kind: str | None) -> None:
    assert counts([text]) == {**NOTHING, **({kind: 1} if kind else {})}


@pytest.mark.parametrize(
    "text",
    [
        "Profit fell to 9.1 million euros.",  # the same frame, other facts
        "Profit rose to 3.5 million euros.",  # another number is another text
        "Sales",
        "Sales rose",
        "fell sales",
        "the board of the mill",  # a short piece of a long text
        "",
    ],
)
def test_what_is_no_copy(text: str) -> None:
    assert counts([text]) == NOTHING


def test_near_begins_at_the_bound() -> None:
    words = [f"w{i}" for i in range(22)]  # 20 word 3-grams
    train = [" ".join(words)]
    for changed, shared, union in ((1, 19, 21), (2, 18, 22), (3, 17, 23)):  # words changed at the end
        text = " ".join(words[:-changed] + ["other"] * changed)
        assert counts([text], train)["near"] == (1 if shared / union >= NEAR else 0)
    assert {NEAR <= 19 / 21, NEAR <= 18 / 22, NEAR <= 17 / 23} == {True, False}


def test_the_closest_kind_counts_once_and_every_test_row_does() -> None:
    train = [TRAIN[0], TRAIN[0].upper(), TRAIN[0], LONG]
    test = [LONG + " again", "unrelated words about nothing", TRAIN[0], TRAIN[0], TRAIN[0].lower()]
    found = exposure(train, test)
    assert found == {"rows": 5, "exact": 2, "normalised": 1, "near": 1, "ids": [0, 2, 3, 4]}


@pytest.mark.parametrize(("train", "test"), [([], []), ([], ["a b c"]), (["a b c"], [])])
def test_nothing_to_compare(train: list[str], test: list[str]) -> None:
    assert exposure(train, test) == {"rows": len(test), **NOTHING, "ids": []}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Straße", "strasse"),
        ("ÉTÉ  2,5 %", "ete 2 5"),
        ("!?", ""),
        ("", ""),
        ("İstanbul", "istanbul"),
    ],
)
def test_normalise(text: str, want: str) -> None:
    assert normalise(text) == want


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.lists(st.text(alphabet="ab .", max_size=12), max_size=6), st.lists(st.text(alphabet="ab .", max_size=12)))
def test_every_text_is_an_exact_copy_of_itself_and_order_does_not_count(train: list[str], test: list[str]) -> None:
    assert exposure(test, test)["exact"] == len(test)
    forth, back = exposure(train, test), exposure(train[::-1], test[::-1])
    assert [forth[kind] for kind in NOTHING] == [back[kind] for kind in NOTHING]
    assert sorted(len(test) - 1 - at for at in back["ids"]) == forth["ids"]
