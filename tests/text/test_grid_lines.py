"""Grids in a terminal: widths, folding, alignment, rows over all columns, and what happens where nothing fits."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.table import Table as RichTable
from rich.text import Text

from phingpt_bench.text.blocks import Across, Column, Grid, Piece, folding, plain
from phingpt_bench.text.fold import folded, lines_of, text_of, wrapped
from phingpt_bench.text.grid_lines import needed
from phingpt_bench.text.write_terminal import terminal

WORDS = ["a", "model", "0.853", "SmolLM2-135M-Instruct", "\u6a21\u578b", "e\u0301", "x" * 50, "", "[bold]no[/bold]"]
COLUMNS = (Column(head="model", fold=True), Column(head="two\nlines", right=True), Column(head="score", right=True))


def cells(seed: int, rows: int) -> list[list[str]]:
    """Rows of made-up texts: a name of several words over a second line, then numbers."""
    chance = random.Random(seed)
    return [
        [
            " ".join(word for word in chance.choices(WORDS, k=6) if word) + "\n0-shot, nf4+dq",
            chance.choice(["+0.123*", "no test", ""]),
            chance.choice(["N/A", "0.853\n[0.8, 0.9]"]),
        ]
        for _ in range(rows)
    ]


def of_rich(rows: list[list[str]], width: int) -> list[str]:
    """The same in rich's table without lines."""
    import io

    from rich.console import Console

    table = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    for column in COLUMNS:
        justify = "right" if column.right else "left"
        table.add_column(Text(column.head), justify=justify, no_wrap=not column.fold, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    file = io.StringIO()
    Console(file=file, width=width, color_system=None, legacy_windows=False).print(table)
    return [line.rstrip() for line in file.getvalue().splitlines()]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("width", [40, 76, 80, 160])
def test_the_same_lines_as_a_table_of_rich(seed, width):
    rows = cells(seed, 5)
    ours = terminal([Grid(COLUMNS, rows)], width).splitlines()
    assert ours == of_rich(rows, width)
    assert max(map(cell_len, ours)) <= width


@pytest.mark.perf
def test_it_takes_under_half_the_time_of_a_table_of_rich():
    rows = cells(1, 200)

    def seconds(draw) -> float:
        began = time.process_time()
        draw()
        return time.process_time() - began

    ours, theirs = lambda: terminal([Grid(COLUMNS, rows)], 160), lambda: of_rich(rows, 160)
    seconds(ours), seconds(theirs)  # imports and caches
    assert min(seconds(ours) for _ in range(3)) < 0.5 * min(seconds(theirs) for _ in range(3))


@pytest.mark.parametrize("width", [40, 60, 80])
def test_two_columns_that_fold_give_way_evenly(width):
    columns = (Column(head="one", fold=True), Column(head="other", fold=True), Column(head="n", right=True))
    text = terminal([Grid(columns, [["word " * 20, "text " * 20, "12"]])], width)
    first, *_ = text.splitlines()[1:]
    assert max(map(cell_len, text.splitlines())) <= width
    assert abs(first.index("text") - (len(first) - len("12") - first.index("text"))) <= 5


def test_a_column_keeps_its_least_width():
    columns = (Column(fold=True, least=12), Column(fold=True))
    text = terminal([Grid(columns, [["a " * 12, "b " * 30]])], 24)
    assert text.splitlines()[0] == "a a a a a a   b b b b b"
    assert needed(Grid(columns, [])) == 14


def test_heads_are_folded_by_words_and_end_at_the_bottom():
    columns = (Column(head="model"), Column(head="95% CI", right=True, tall=True), Column(head="training USD"))
    text = terminal([Grid(columns, [["m", "0.1", "$1"], ["n", "0.22", "$2"]])])
    assert text.splitlines() == [
        "        95%",
        "model    CI  training USD",
        "m       0.1  $1",
        "n      0.22  $2",
    ]


def test_rows_over_all_columns_indents_and_a_limit():
    grid = Grid((Column(), Column(right=True)), [Across("a heading " * 3), ["  name", "1"], ["  n", "22"]], indent=2)
    assert terminal([grid], 20).splitlines() == [
        "  a heading a",
        "    heading a",
        "    heading",
        "    name   1",
        "    n     22",
    ]
    assert terminal([Grid((Column(fold=True, most=5),), [["four five"]])]).splitlines() == ["four", "five"]


def test_a_row_that_cannot_fit_becomes_a_block_of_its_cells():
    columns = folding("label", "precision", "recall", "", right=(1, 2), fold=None)
    grid = Grid(columns, [["positive", "0.123 [0.100, 0.200]", "0.5", "x"], Across("more"), ["neutral", "", "1", ""]])
    assert needed(grid) == 41
    assert terminal([grid], 30).splitlines() == [
        "positive",
        "  precision: 0.123 [0.100,",
        "    0.200]",
        "  recall: 0.5",
        "  x",
        "more",
        "neutral",
        "  recall: 1",
    ]


def test_continued_cells_begin_where_they_began():
    text = terminal([Grid((Column(fold=True), Column()), [["  one two three", "x"]])], 12)
    assert text.splitlines() == ["  one two  x", "  three"]


@given(st.text(alphabet="ab \u6a21e\u0301/\u00a0", max_size=60), st.integers(1, 20), st.integers(0, 5))
@settings(max_examples=300)
def test_folding_loses_no_letter_and_keeps_to_the_width(text, most, hang):
    (line,) = lines_of(text)
    parts = [text_of(part) for part in folded(line, most, hang)]
    assert "".join("".join(parts).split(" ")) == "".join(text.split(" "))
    room = [most, *[max(most - hang, 1)] * len(parts)][: len(parts)]  # blanks alone have no part
    assert all(cell_len(part) <= max(width, 2) for part, width in zip(parts, room, strict=True))
    assert all(not part.startswith(" ") for part in parts[1:])


def test_words_are_broken_only_where_they_have_to_be():
    assert wrapped("results/runs/phin_fpb/run.json here", 16) == ["results/runs/", "phin_fpb/", "run.json here"]
    assert wrapped("a\u00a0b c\u00a0d", 4) == ["a b", "c d"]
    assert wrapped("0123456789 ab", 5, whole=True) == ["0123456789", "ab"]
    assert wrapped("one two", 6, "- ", "  ") == ["- one", "  two"]


def test_roles_follow_their_letters():
    (line,) = lines_of((Piece("bold name ", "strong"), Piece("0-shot setting", "dim")))
    first, second = folded(line, 16)
    assert [piece.role for piece in first.pieces] == ["strong", "dim"]
    assert second.pieces == (Piece("setting", "dim"),)
    assert plain((Piece("a", "dim"), Piece("\nb"))) == "a\nb"
    assert not re.search("bold", terminal([Grid((Column(),), [[(Piece("x", "strong"),)]])]))
