"""The same blocks in every format: what each writer makes of them, and that nothing in a text is markup."""

from __future__ import annotations

import csv
import io

import pytest
from helpers.published import HOSTILE
from rich.cells import cell_len
from rich.console import Console

from phingpt_bench.core.errors import BenchError
from phingpt_bench.text.blocks import Across, Column, Grid, Item, Legend, Lines, Picture, Title, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.write_csv import csv_text
from phingpt_bench.text.write_latex import MOST, latex
from phingpt_bench.text.write_markdown import escape, markdown
from phingpt_bench.text.write_terminal import check_width, show, terminal

PAGE = [
    Title("task", "F1", "12 rows", level=1),
    Lines(["made up"], "alarm"),
    Grid(folding("model", "score", right=(1,)), [Across("tuned"), ["m & n", "0.5"]]),
    Lines(["not better"], "warning", mark="! "),
    Title("paid back against", level=3),
    Lines(["one: after 3", "two: never"], mark="- "),
    Title("published", "other rows", level=3),
    Grid(folding("model", "score", right=(1,)), [["p", "0.6"]]),
    Title("rows"),
    Item("row-1", [("gold", "a [b]"), ("", "text")]),
    Picture(["| x", "+--"]),
    Legend([("*", "p < 0.05"), ("P", "front")]),
]


def test_a_page_in_a_terminal():
    assert terminal(PAGE, 30).splitlines() == [
        "task: F1", "12 rows", "-" * 30, "made up", "model  score", "tuned", "m & n    0.5", "! not better", "",
        "paid back against:", "- one: after 3", "- two: never", "", "published: other rows", "model  score",
        "p        0.6", "", "rows", "row-1", "  gold: a [b]", "  text", "| x", "+--", "", "*  p < 0.05", "P  front",
    ]  # fmt: skip


def test_a_page_in_markdown():
    assert markdown(PAGE, "Board").split("\n\n") == [
        "# Board", "## task: F1", "12 rows.", "**made up.**",
        "| model | score |\n| --- | ---: |\n| **tuned** |  |\n| m \\& n | 0.5 |", "\\! not better.",
        "**Paid back against:**", "- one: after 3\n- two: never", "**Published:** other rows.",
        "| model | score |\n| --- | ---: |\n| p | 0.6 |", "### rows", "- row-1\n  - gold: a \\[b\\]\n  - text",
        "```\n| x\n+--\n```", "- **\\*** p \\< 0.05\n- **P** front\n",
    ]  # fmt: skip
    assert markdown(PAGE).startswith("# task: F1\n")


def test_a_page_in_latex():
    parts = latex(PAGE, document=False).split("\n\n")
    assert [part.split("\n")[0] for part in parts[1:]] == [
        r"\begin{table}", "row-1", "gold: a {[}b]", "text", r"\begin{verbatim}",
        r"\begin{description}\footnotesize\setlength{\itemsep}{0pt}",
    ]  # fmt: skip
    first = parts[0]
    assert r"\caption{task: F1. 12 rows}" in first and r"\multicolumn{2}{l}{\textit{tuned}}" in first
    assert r"m \& n & 0.5 \\" in first
    notes = [line.rpartition(r"\raggedright ")[2] for line in first.splitlines() if r"\par\smallskip" in line]
    assert notes == ["made up", "! not better", "paid back against", "one: after 3", "two: never"]
    assert r"\caption{task: F1. published: other rows}" in parts[1]
    assert latex(PAGE).startswith(r"\documentclass") and latex(PAGE).endswith("\\end{document}\n")


def test_long_tables_are_several_in_latex():
    grid = Grid((Column(head="n", right=True),), [[str(n)] for n in range(2 * MOST + 1)])
    text = latex([Title("many", level=1), grid, Lines(["a note"])])
    assert text.count(r"\begin{tabularx}") == text.count(r"\caption{many}") == 3
    assert text.count("a note") == 1 and text.index("a note") > text.index(str(2 * MOST))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_stay_texts(name):
    name = clean(name)
    blocks = [Title(name, name, level=1), Lines([name]), Grid((Column(head=name, fold=True),), [[name]]),
              Legend([("x", name)]), Item(name, [(name, name)])]  # fmt: skip
    text = terminal(blocks, 80)
    assert max(map(cell_len, text.splitlines())) <= 80 and "\x1b" not in text
    table = [line for line in markdown(blocks).splitlines() if line.startswith("|")]
    assert len(table) == 3 and table[2] == f"| {escape(name)} |"
    assert r"\input{" not in latex(blocks).replace(r"\textbackslash{}input", "")


def test_colours_are_drawn_where_there_are_any():
    def drawn(**how) -> str:
        file = io.StringIO()
        show(PAGE, Console(file=file, width=30, **how))
        return file.getvalue()

    coloured = drawn(force_terminal=True, color_system="256", no_color=False)
    assert "\x1b[38;5;130m! not better" in coloured.replace("\x1b[0m\x1b[38;5;130m", "")
    assert drawn(force_terminal=False) == terminal(PAGE, 30)


def test_a_width_that_is_too_small_is_an_error():
    check_width(76, 76)
    check_width(None, 76)  # none was asked for
    with pytest.raises(BenchError, match="a width of 75 columns is too small") as told:
        check_width(75, 76)
    assert told.value.hint == "give at least 76"


def test_csv_has_a_header_and_reads_back():
    text = csv_text(("a", "b", "c"), [{"a": 1.5, "b": "=x\n", "d": 3}, {"c": None, "b": True}])
    assert list(csv.DictReader(io.StringIO(text))) == [
        {"a": "1.5", "b": "'=x", "c": ""},
        {"a": "", "b": "true", "c": ""},
    ]
