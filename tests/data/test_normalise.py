"""Texts without case, accents and punctuation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phingpt_bench.data.normalise import normalise


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
