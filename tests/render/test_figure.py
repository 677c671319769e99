"""Figures of boards: they can be read without colours, are the same each time, and need no display."""

from __future__ import annotations

import builtins
import dataclasses
import re
from pathlib import Path

import pytest
from helpers.board_factory import example_runs, labels, make_run, seen, write_run

from phingpt_bench.board.sections import build
from phingpt_bench.board.standing import Calculation
from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.render.board.figure import LOOKS, _close, figure
from phingpt_bench.text.language import speaking


@pytest.fixture(scope="module")
def board():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install -e '.[figures]'")
    return build(example_runs())


def words(svg: bytes) -> str:
    return " ".join(re.findall(r">([^<>]+)</text>", svg.decode()))


@pytest.mark.slow
def test_several_tasks_are_drawn_with_their_names_and_the_same_each_time(board):
    drawn = figure(board, "svg")
    for part in ("made_up_ner", "made_up_sentiment", "tuned", "floor", "adapter-one", "TF-IDF + LR (floor)"):
        assert part in words(drawn)
    assert figure(board, "svg") == drawn


@pytest.mark.slow
def test_one_task_is_cost_against_score_and_spanish_has_a_decimal_comma(board):
    one = build(example_runs(), options=Calculation(tasks=["phin_made_up_sentiment"]))
    assert "USD for 1,000 documents" in words(figure(one, "svg"))
    with speaking("es"):
        spanish = words(figure(one, "svg", "column"))
        assert re.search(r"\b0,\d", spanish) and not re.search(r"\d\.\d", spanish.split("A, ")[0])
    assert figure(one, "pdf", "column").startswith(b"%PDF") and figure(one, "png").startswith(b"\x89PNG")


def test_numbers_of_close_points_stand_on_both_sides():
    pytest.importorskip("matplotlib")
    (section,) = build([make_run(name, outcomes=labels(0.5)) for name in "ABC"]).sections
    costs = {"A": (0.0100, 0.5), "B": (0.0101, 0.5), "C": (0.9, 0.9)}
    priced = (
        dataclasses.replace(row, usd_per_1000=costs[row.name][0], score=costs[row.name][1]) for row in section.rows
    )
    rows = sorted(priced, key=lambda row: row.name)
    assert [_close(row, other, rows) for row in rows[:2] for other in rows[:2]] == [False, True, False, False]
    assert not any(_close(rows[2], other, rows) for other in rows)


def test_kinds_differ_without_colours():
    assert len({look["marker"] for look in LOOKS.values()}) == len(LOOKS)


def test_nothing_to_draw_is_an_error(board):
    with pytest.raises(BenchError, match="nothing to draw") as limited:
        figure(build([make_run(limit=20)]), "svg")
    assert "--limit" in limited.value.hint


@pytest.mark.slow
def test_the_verb_writes_a_file(tmp_path: Path, capsys, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    for i, run in enumerate(example_runs()):
        write_run(tmp_path / "results" / str(i), run)
    call = ["leaderboard", str(tmp_path / "results"), "--format", "svg"]
    assert main([*call, "--output", str(tmp_path / "a.svg"), "--latex-width", "column"]) == 0
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    capsys.readouterr()
    assert main(call) == 2
    assert "add --output board.svg" in capsys.readouterr().err
    assert main([*call, "--output", "a.svg", "--caption", "x"]) == 2
    assert "is for LaTeX" in capsys.readouterr().err


def test_without_matplotlib_the_extra_is_named(board, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BenchError, match="needs matplotlib") as told:
        figure(board, "svg")
    assert told.value.hint == "pip install 'phingpt-bench[figures]'"


@pytest.mark.parametrize("tasks", [1, 2])
def test_rows_without_a_rank_have_the_mark_of_the_tables(tasks):
    pytest.importorskip("matplotlib")
    ids = labels(0.5).ids
    made = [make_run(outcomes=labels(0.5), task=f"phin_{n}", protocol=f"p{n}") for n in range(tasks)]
    tuned = {"kind": "tuned", "adapter": "x", "exposure": seen(ids=ids)}
    made += [make_run(outcomes=labels(0.9), task=f"phin_{n}", protocol=f"p{n}", **tuned) for n in range(tasks)]
    board = build(made)
    if tasks == 1:
        (section,) = board.sections
        rows = tuple(dataclasses.replace(row, usd_per_1000=0.01) for row in section.rows)
        board = dataclasses.replace(board, sections=(dataclasses.replace(section, rows=rows),))
    text = words(figure(board, "svg"))
    assert " 1x " in text and "2x" not in text and "x  not ranked: its training held test rows" in text
    plain = words(figure(build(made[:tasks] * 1), "svg")) if tasks == 2 else ""
    assert "not ranked" not in plain
