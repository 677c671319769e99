"""Numbers, money, times and texts from files as people read them."""

from __future__ import annotations

import pytest
from helpers.published import HEBREW
from rich.cells import cell_len

from phingpt_bench.text.clean import clean, shortened, writable
from phingpt_bench.text.language import say_n, speaking
from phingpt_bench.text.money import SMALLEST, exact_text, range_text, rate_text, usd_text
from phingpt_bench.text.numbers import (
    letters,
    numbered,
    p_text,
    parameters_text,
    percent,
    rounded,
    score_text,
    signed,
    signed_interval,
    unknown_text,
)
from phingpt_bench.text.quantities import (
    clock_text,
    duration_text,
    energy_text,
    flops_text,
    memory_text,
    short_duration,
    tokens_text,
)
from phingpt_bench.text.write_csv import csv_text


def test_what_programs_read_has_no_digits_that_depend_on_the_processor():
    here, there = 6.036984443968312e-08, 6.036984443968314e-08  # one p-value by two processors' kernels
    assert rounded({"p": here, "n": 3, "rows": ({"p": [there, None]},)}) == {
        "p": 6.036984444e-08, "n": 3, "rows": [{"p": [6.036984444e-08, None]}],
    }  # fmt: skip
    assert csv_text(["p"], [{"p": here}]) == csv_text(["p"], [{"p": there}]) == "p\n6.036984444e-08\n"


def test_scores_shares_and_p_values():
    assert [score_text(x) for x in (0.6655, 0.12349, -0.2, None)] == ["0.666", "0.123", "-0.200", "N/A"]
    assert [percent(x) for x in (0, 0.004, 0.2, 1)] == ["0%", "<1%", "20%", "100%"]
    assert [p_text(x) for x in (0.0001, 0.044, 0.0496, 0.04999, 0.05, 0.0504, 1.0, None)] == [
        "p<0.001", "p=0.044", "p=0.0496", "p<0.0500", "p=0.0500", "p=0.0504", "p=1.000", "",
    ]  # fmt: skip
    assert [p_text(x, at_most=True) for x in (0.0001, 0.0015998, 0.002, 0.06)] == [
        "p<0.001", "p<=0.002", "p<=0.002", "p<=0.060",
    ]  # fmt: skip
    assert [signed(x) for x in (0.1234, -0.0001, 0.0, None)] == ["+0.123", "+0.000", "+0.000", "N/A"]
    assert signed(-0.25, "*") == "-0.250*"
    assert signed_interval(-0.0001, 0.5) == "[+0.000, +0.500]" and signed_interval(None, 0.5) == ""


def test_counts_and_names():
    assert [say_n("{n:,} row", "{n:,} rows", n) for n in (0, 1, 2, 1212)] == ["0 rows", "1 row", "2 rows", "1,212 rows"]
    with speaking("es"):
        assert [say_n("{n:,} row", "{n:,} rows", n) for n in (0, 1, 2, 1212)] == [
            "0 filas",
            "1 fila",
            "2 filas",
            "1212 filas",
        ]
    assert [letters(n) for n in (0, 25, 26, 27, 701, 702)] == ["a", "z", "aa", "ab", "zz", "aaa"]
    assert numbered(["b", "a", "b"]) == {"b": 1, "a": 2}
    assert [parameters_text(n) for n in (134_515_008, 999.4e6, 7.24e9, 13e9, 671e9)] == [
        "135M", "999M", "7.2B", "13B", "671B",
    ]  # fmt: skip


def test_unknown_is_said_in_the_language_in_force():
    assert unknown_text() == usd_text(None) == duration_text(None) == score_text(None) == "N/A"
    with speaking("es"):
        assert unknown_text() == usd_text(None) == rate_text(None) == tokens_text(None) == "N/D"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "N/A"), (0.0, "$0.00"), (0.004, "<$0.01"), (0.01, "$0.01"), (1.256, "$1.26"), (1234.5, "$1,234")],
)
def test_usd_text(value: float | None, text: str) -> None:
    assert usd_text(value) == text


@pytest.mark.parametrize(
    ("value", "want"),
    [(None, "N/A"), (0.0, "$0.00"), (12.345, "$12.35"), (0.1, "$0.10"), (0.053, "$0.053"), (0.0000857, "$0.000086")],
)
def test_rates_keep_two_figures(value, want):
    assert rate_text(value) == want


def test_rates_below_the_least_are_shown_as_less_than_it():
    assert [rate_text(x, SMALLEST) for x in (None, 0, 1e-6, 0.00012, 0.0345, 3.4, 1250)] == [
        "N/A", "$0.00", "<$0.0001", "$0.00012", "$0.035", "$3.40", "$1,250",
    ]  # fmt: skip


def test_ranges_and_round_amounts():
    assert [range_text(3.111, 3.114), range_text(13.75, 15.1)] == ["$3.11", "$13.75-15.10"]
    assert range_text(0.0016, 0.0089, rate_text) == "$0.0016-0.0089"
    assert [exact_text(x) for x in (0.001, 0.00015, 20)] == ["$0.001", "$0.00015", "$20"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "N/A"), (0.0, "0 s"), (0.2, "<1 s"), (42.4, "42 s"), (59.7, "1 min"), (1680, "28 min"),
        (3599, "1 h 00 min"), (3900, "1 h 05 min"),
    ],
)  # fmt: skip
def test_duration_text(value: float | None, text: str) -> None:
    assert duration_text(value) == text


def test_short_durations_and_clocks():
    assert [short_duration(x) for x in (None, 0.2, 42, 65 * 60, 1.8 * 3600, 140 * 3600)] == [
        "N/A", "<1 s", "42 s", "65 min", "1.8 h", "140 h",
    ]  # fmt: skip
    assert [clock_text(x) for x in (7, 750, 3909)] == ["0:07", "12:30", "1:05:09"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "N/A"), (0, "0"), (999, "999"), (1000, "1.0k"), (12345, "12.3k"), (999_949, "999.9k"),
        (999_950, "1.0M"), (4_500_000, "4.5M"), (2_100_000_000, "2.1G"),
    ],
)  # fmt: skip
def test_tokens_text(value: int | None, text: str) -> None:
    assert tokens_text(value) == text


def test_energy_flops_and_memory() -> None:
    shown = [energy_text(value) for value in (None, 0.4, 950, 12_340, 4.5e6, 3e9)]
    assert shown == ["N/A", "0 J", "950 J", "12.3 kJ", "4.5 MJ", "3.0 GJ"]
    assert flops_text(None) == "N/A" and flops_text(3.21e15) == "3.2e+15 FLOPs (computed)"
    assert [memory_text(None), memory_text(3 * 2**29)] == ["N/A", "1.5 GB"]


def test_clean_keeps_right_to_left_names_from_moving_numbers():
    assert clean(HEBREW) == HEBREW + "\u200e"
    assert clean("a\u202eb\u2066c\u200f") == "abc"
    assert clean("a\tb\n c\x1b[0m") == "a b c [0m"
    assert cell_len(clean(HEBREW)) == 4


@pytest.mark.parametrize("hostile", ["\ud800", "a\ud83d", "\x00", "\u2028x", "\x9b31m", "\u2066\u202e", "\r\n"])
def test_what_is_clean_can_be_written_and_is_one_printable_line(hostile):
    text = clean(f"a{hostile}b")
    text.encode("utf-8")
    assert len(text.splitlines()) == 1 and text.replace("\u200e", "").isprintable()
    assert clean(text) == text


def test_lone_surrogates_become_question_marks_and_long_texts_end_in_dots():
    assert writable("ok \ud800 ok") == "ok ? ok"
    assert [shortened("abcdef", 6), shortened("abcdefg", 6)] == ["abcdef", "abc..."]
