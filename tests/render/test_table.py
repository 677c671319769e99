"""Our table draws what rich's Table draws, with and without colour, and takes a fraction of its time."""

from __future__ import annotations

import io
import random
import time

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from phingpt_bench.render.board.table import Table

WORDS = ["a", "model", "0.853", "SmolLM2-135M-Instruct", "\u6a21\u578b", "e\u0301", "x" * 50, "", "[bold]no[/bold]"]


def table() -> RichTable:
    return RichTable(box=None, expand=False, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")


def filled(made: RichTable | Table, seed: int, rows: int, folding: int = 1) -> RichTable | Table:
    """Columns and rows of made-up cells: one to three lines each, with styles inside."""
    chance = random.Random(seed)
    for i in range(folding):
        made.add_column(f"model {i}", overflow="fold", ratio=1)
    made.add_column(Text("two\nlines"), justify="right", no_wrap=True)
    made.add_column("score", justify="right", no_wrap=True)
    for _ in range(rows):
        cells: list[Text | str] = []
        for _ in range(folding):
            cell = Text(" ".join(chance.choices(WORDS, k=6)), style=chance.choice(["", "bold"]), overflow="fold")
            cell.append("\n0-shot, nf4+dq", "not bold dim")
            cells.append(cell)
        cells.append(Text(chance.choice(["+0.123*", "no test", ""]), style=chance.choice(["", "green", "red"])))
        cells.append(chance.choice(["N/A", Text("0.85 ", justify="left").append("!"), Text("0.853\n[0.8, 0.9]")]))
        made.add_row(*cells)
    return made


def drawn(made: RichTable | Table, width: int, **options) -> list[str]:
    file = io.StringIO()
    Console(file=file, width=width, legacy_windows=False, **options).print(made)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("width", [40, 76, 80, 160])
def test_the_same_lines_as_a_table_of_rich(seed, width):
    ours = drawn(filled(Table(), seed, 5), width, color_system=None)
    theirs = drawn(filled(table(), seed, 5), width, color_system=None)
    assert [line.rstrip() for line in ours] == [line.rstrip() for line in theirs]
    assert max(map(cell_len, ours)) <= width


@pytest.mark.parametrize("width", [40, 76, 80, 160])
def test_two_columns_that_fold_share_the_width(width):
    """rich rounds the shares otherwise, by a column at most, so its lines may break elsewhere."""
    ours = drawn(filled(Table(), 5, 5, 2), width, color_system=None)
    theirs = drawn(filled(table(), 5, 5, 2), width, color_system=None)
    assert max(map(cell_len, ours)) == max(map(cell_len, theirs)) == width
    assert sorted("".join("".join(ours).split())) == sorted("".join("".join(theirs).split()))


@pytest.mark.parametrize("seed", range(3))
def test_the_same_styles_as_a_table_of_rich(seed):
    def look(lines: list[str]) -> list[list[tuple[str, str]]]:
        """The visible characters of each line, each with what is in force there."""
        seen = []
        for line in lines:
            text = Text.from_ansi(line)
            console = Console(file=io.StringIO())
            styles = [str(text.get_style_at_offset(console, i)) for i in range(len(text.plain))]
            seen.append([(char, style) for char, style in zip(text.plain, styles, strict=True) if char != " "])
        return seen

    options = {"force_terminal": True, "color_system": "standard"}
    assert look(drawn(filled(Table(), seed, 5), 80, **options)) == look(drawn(filled(table(), seed, 5), 80, **options))


def test_a_row_may_have_fewer_cells_than_there_are_columns():
    made = Table(gap=1, heads=False)
    for _ in range(3):
        made.add_column("not drawn")
    made.add_row("a", "b", "c")
    made.add_row("d")
    assert [line.rstrip() for line in drawn(made, 80, color_system=None)] == ["a b c", "d"]


def test_a_column_is_no_wider_than_its_limit():
    made = Table(heads=False)
    made.add_column("", max_width=5)
    made.add_row("four five")
    assert drawn(made, 80, color_system=None) == ["four ", "five "]


def test_an_empty_table_is_its_heads():
    assert drawn(filled(Table(), 0, 0), 80, color_system=None)[-1].split() == ["model", "0", "lines", "score"]
    assert drawn(Table(), 80, color_system=None) == []


@pytest.mark.perf
def test_it_takes_under_half_the_time_of_a_table_of_rich():
    def seconds(kind) -> float:
        made = filled(kind(), 1, 200)
        began = time.process_time()
        drawn(made, 160, color_system=None)
        return time.process_time() - began

    seconds(Table), seconds(table)  # imports and caches of rich
    assert min(seconds(Table) for _ in range(3)) < 0.5 * min(seconds(table) for _ in range(3))
