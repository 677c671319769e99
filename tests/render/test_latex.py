"""LaTeX: nothing in a text is a command, and what is written compiles where pdflatex is present."""

from __future__ import annotations

import functools
import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.board_factory import example_runs, labels, make_run
from helpers.published import HOSTILE, published
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.board.sections import build
from phingpt_bench.board.standing import Calculation
from phingpt_bench.render.board.board_blocks import page_blocks
from phingpt_bench.render.board.columns import COLUMNS, PRINTED
from phingpt_bench.render.board.formats import board_text
from phingpt_bench.render.board.view import View
from phingpt_bench.text import write_latex
from phingpt_bench.text.blocks import Column, Grid
from phingpt_bench.text.language import speaking
from phingpt_bench.text.latex_text import LATIN, SPECIAL, escape
from phingpt_bench.text.write_latex import Paper

LATEX_NAMES = [
    r"\input{/etc/passwd}",
    "50 % & $x_1^2$ #~{}",
    r"\end{document}",
    "<script>alert(1)</script>",
    "ñandú Łódź ış ð",
]


def latex(board, columns=()) -> str:
    return write_latex.latex(page_blocks(board, columns, printed=True))


COMMANDS = {value.strip("{}").split("{")[0] for value in SPECIAL.values() if "\\" in value}


@given(st.text())
@settings(max_examples=100)
def test_no_text_is_a_command(text):
    escaped = escape(text)
    assert all(c.isascii() or LATIN.match(c) for c in escaped)
    assert not re.search(r"--|,,|''", escaped)
    known = (
        r"\\(?:ensuremath\{\\(?:\$|sim)\}|text[a-z]+\{\}|[~^`]\{\}|[`'^~=.\"urHvc]\{[A-Za-z]\}|[{}$&#%_])",
        r"\{[\[*]\}",
        r"(?<=[-,'])\{\}",
    )
    rest = re.sub("|".join(known), "", escaped)
    assert not set(rest) & set("\\{}$&#%_^~<>|`[*")
    assert "\n" not in escaped


def test_letters_stay_readable_and_nothing_is_lost():
    assert escape("posición ñ") == "posición ñ"
    assert escape("č") == r"\v{c}"
    assert escape("\u05de\u05d5") == "U+05DEU+05D5"
    assert escape("a_b--c") == r"a\_b-{}-c"


@functools.cache
def documents() -> dict[str, str]:
    """Documents to compile: the example, the same in Spanish, hostile names, every letter, the tables by \\input."""
    board = build(example_runs(), published())
    names = [*HOSTILE, *LATEX_NAMES]
    hostile = build(
        [
            make_run(name, base=name, adapter=name, kind="tuned", outcomes=labels(0.5, seed=i))
            for i, name in enumerate(names)
        ]
    )
    found = {"example": latex(board), "hostile": latex(hostile)}
    with speaking("es"):
        found["spanish"] = latex(board)
    letters = "".join(c for c in map(chr, range(32, 0x250)) if c.isprintable())
    found["letters"] = latex(build([make_run(letters, base="x")]))
    tables = board_text(board, "latex-tables")
    assert "documentclass" not in tables
    packages = re.search(r"\\usepackage\{(\S+)\}\n", tables)
    one = build(example_runs(), options=Calculation(tasks=["phin_made_up_sentiment"]))
    found["all columns"] = board_text(one, "latex", view=View(columns=tuple(COLUMNS)))
    for width, kind in itertools.product(("column", "page", None), ("[twocolumn]{article}", "{article}")):
        parts = [paper(board, width), paper(one, width, language="es")]
        parts += [paper(one, width, columns=names) for names in (PRINTED, tuple(COLUMNS), ("model", "kind", "score"))]
        head = f"\\documentclass{kind}\\usepackage[T1]{{fontenc}}\\usepackage{{{packages.group(1)}}}"
        name = f"{width} of {'two' if 'two' in kind else 'one'}"
        found[name] = f"{head}\\begin{{document}}\n{''.join(parts)}\nTable~\\ref{{tab:x}}\n\\end{{document}}\n"
    return found


def paper(board, width, language="en", **how) -> str:
    with speaking(language):
        view = View(paper=Paper(width=width, caption="A \\& B", label="tab:x"), **how)
        return board_text(board, "latex-tables", view=view)


def test_a_table_for_a_paper_has_its_width_caption_and_label_and_no_legend():
    board = build(example_runs(), published())
    text = paper(board, "page", tables=True)
    assert text.count(r"\begin{table*}") == text.count(r"\end{table*}") == 4
    assert r"\caption{A \& B}" in text and r"\label{tab:x}" in text and r"\label{tab:x-2}" in text
    assert "Made-up paper" not in text and "description" not in text and "--format json" not in text
    assert "made_up" not in text.replace(r"made\_up", "")
    assert text.count(r"\begin{tabularx}") == 4 and paper(board, "page").count(r"\begin{tabularx}") == 1
    assert "description" in paper(board, "page", legend=True)
    assert r"\textbf{0.851}" in text


def test_tasks_that_do_not_fit_are_in_a_table_of_their_own():
    runs = [make_run("a", base="a", task=f"phin_task_{i}") for i in range(4)]
    board = build(runs)
    text = paper(board, "column")
    assert text.count(r"\begin{table}") == 2 and "part 2 of 2" in text
    assert r"\shortstack[r]{task\_3 \\ F1 \\ weighted}" in text
    assert paper(board, "page").count(r"\begin{table*}") == 1


def test_numbers_have_the_signs_of_mathematics():
    grid = Grid([Column(head="name"), Column(head="gain", right=True)], [["a-1", "-0.083"], ["b <=1", "<=0.002"]])
    text = write_latex.latex([grid])
    assert r"a-1 & \ensuremath{-}0.083" in text
    assert r"b \textless{}=1 & \ensuremath{\leq}0.002" in text


def test_a_column_has_few_columns_and_spanish_a_decimal_comma():
    one = build(example_runs(), options=Calculation(tasks=["phin_made_up_ner"]))
    assert r"model & score & 95\% CI & vs base \\" in paper(one, "column")
    text = paper(one, "column", language="es")
    assert r"\textbf{0,851} & {[}0,819; 0,882] & +0,697{*} \\" in text
    assert r"\begin{table}" in text and "SmolLM2-1,7B" not in text


def test_the_legend_of_tables_without_a_document_is_on_request():
    board = build(example_runs())
    assert r"\begin{description}" in board_text(board, "latex")
    assert r"\begin{description}" not in board_text(board, "latex-tables")
    assert r"\begin{description}" in board_text(board, "latex-tables", view=View(legend=True))


def test_tables_of_no_given_width_are_those_across_a_page():
    board = build(example_runs(), published())
    with speaking("es"):
        default = board_text(board, "latex-tables")
        assert default == board_text(board, "latex-tables", view=View(paper=Paper(width="page")))
    assert "0,851" in default and "Made-up paper" not in default


def test_columns_that_need_more_than_the_page_make_the_table_smaller_there():
    one = build(example_runs(), options=Calculation(tasks=["phin_made_up_sentiment"]))
    assert "resizebox" not in paper(one, "page")
    text = paper(one, "page", columns=PRINTED)
    assert re.search(r"\\resizebox\{\\linewidth\}\{!\}\{\\dimen0=\\linewidth\\ifdim\\dimen0<(\d+\.\d)em", text)
    assert text.count("{") == text.count("}")


def test_a_kind_stands_apart_from_its_name():
    assert r"majority (floor)" in latex(build(example_runs())).split(r"\end{table}")[0]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (texlive-latex-recommended)")
@pytest.mark.parametrize(
    "name",
    [
        "example", "spanish", "hostile", "letters", "all columns",
        *(f"{width} of {columns}" for width in ("column", "page", None) for columns in ("one", "two")),
    ],
)  # fmt: skip
def test_it_compiles(tmp_path: Path, name):
    (tmp_path / "board.tex").write_text(documents()[name], encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "board.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    told = done.stdout.decode("latin-1")
    assert done.returncode == 0, told[-2000:]
    assert "Undefined control sequence" not in told
    if name not in ("hostile", "letters"):  # nothing prints over the next column
        assert not re.findall(r"Overfull .*", told)
    assert (tmp_path / "board.pdf").stat().st_size > 1000


def test_every_number_and_mark_is_there():
    board = build(example_runs(), published())
    text = latex(board)
    for section in board.sections:
        for row in section.rows:
            assert f"{row.score:.3f}" in text
            assert escape(f"[{row.interval.low:.3f}, {row.interval.high:.3f}]") in text
    for part in (r"\toprule", r"\bottomrule", "0.803!", "+0.380{*}", "1=", " P", "Made-up paper"):
        assert part in text
    assert text.count(r"\begin{tabularx}") == text.count(r"\end{tabularx}") == 6


def test_columns_are_those_asked_for():
    text = latex(build(example_runs()), ["model", "usd"])
    assert r"model & USD/1,000 \\" in text
    assert "vs base &" not in text


def test_nothing_is_bold_where_all_rows_share_the_first_rank():
    one = build([make_run("A", outcomes=labels(0.5)), make_run("B", outcomes=labels(0.5))])
    assert {row.rank for row in one.sections[0].rows} == {1}
    assert "textbf" not in paper(one, "column")
