"""LaTeX: nothing in a text is a command, and what is written compiles where pdflatex is present."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.board_factory import example_runs, labels, make_run
from helpers.published import HOSTILE, published
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.board.rows import build
from phingpt_bench.render.board.board_blocks import page_blocks
from phingpt_bench.text import write_latex
from phingpt_bench.text.language import speaking
from phingpt_bench.text.write_latex import LATIN, SPECIAL, escape

LATEX_NAMES = [
    r"\input{/etc/passwd}",
    "50 % & $x_1^2$ #~{}",
    r"\end{document}",
    "<script>alert(1)</script>",
    "ñandú Łódź ış ð",
]


def latex(board, columns=(), *, document=True) -> str:
    return write_latex.latex(page_blocks(board, columns, printed=True), document=document)


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
    tables = latex(board, document=False)
    assert "documentclass" not in tables
    packages = re.search(r"\\usepackage\{(\S+)\}\n", tables)
    head = f"\\documentclass{{article}}\\usepackage{{{packages.group(1)}}}\\begin{{document}}"
    found["tables"] = f"{head}\n{tables}\n\\end{{document}}\n"
    return found


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (texlive-latex-recommended)")
@pytest.mark.parametrize("name", ["example", "spanish", "hostile", "letters", "tables"])
def test_it_compiles(tmp_path: Path, name):
    (tmp_path / "board.tex").write_text(documents()[name], encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "board.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    told = done.stdout.decode("latin-1")
    assert done.returncode == 0, told[-2000:]
    assert "Undefined control sequence" not in told
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
