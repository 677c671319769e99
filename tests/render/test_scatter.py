"""The plot of cost against score: where points lie, what overlaps, ASCII, unknown costs, widths."""

from __future__ import annotations

import pytest
from helpers.board_factory import labels, make_run, spans
from helpers.drawing import render
from helpers.published import HOSTILE
from rich.cells import cell_len

from phingpt_bench.board.sections import build
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.render.board.plot import BOXES, HEIGHT, has_plot, plot_blocks, points
from phingpt_bench.text.language import speaking
from phingpt_bench.text.write_terminal import terminal


def paid(usd: float | None) -> Ledger:
    return Ledger(seconds={"evaluate": 10.0}, usd=usd)


def section(**changed):
    costs = {"base": 0.003, "tuned": 0.03, "floor": 0.0003} | changed
    runs = [
        make_run("Model A", "base", labels(0.4, seed=1), evaluation=paid(costs["base"])),
        make_run("Model A", "tuned", labels(0.9, seed=2), adapter="one", evaluation=paid(costs["tuned"])),
        make_run("TF-IDF", "floor", labels(0.6, seed=3), evaluation=paid(costs["floor"])),
    ]
    return build(runs).sections[0]


def drawn(part, width: int = 80, **how) -> list[str]:
    return terminal(plot_blocks(part, width, **how), width).splitlines()


def place(lines: list[str], label: str) -> tuple[int, int]:
    """(line, column) of a point within the plot."""
    found = [(y, line.index(label, 7)) for y, line in enumerate(lines[2 : 2 + HEIGHT]) if label in line[7:]]
    assert len(found) == 1, label
    return found[0]


def test_points_lie_by_cost_and_score_and_are_lettered_by_kind():
    lines = drawn(section())
    (ay, ax), (by, bx), (fy, fx) = place(lines, "A"), place(lines, "a"), place(lines, "1")
    assert fx < bx < ax  # floor, base and tuned cost ten times as much each
    assert (bx - fx) == pytest.approx(ax - bx, abs=1)  # on a log axis
    assert ay < fy < by
    key = "\n".join(lines)
    assert "A  P  Model A + one" in key
    assert "1  P  TF-IDF (floor)" in key
    assert "a     Model A, 0-shot" in key


def test_intervals_are_bars_and_the_front_is_dotted():
    lines = drawn(section())
    y, x = place(lines, "A")
    column = [line.ljust(80)[x] for line in lines[2 : 2 + HEIGHT]]
    assert {BOXES["top"], BOXES["bottom"]} & set(column)
    fy, fx = place(lines, "1")
    assert set(lines[2 + fy][fx + 1 : x]) == {BOXES["front"]}
    assert y < fy


def test_two_rows_of_one_cost_both_show():
    lines = drawn(section(base=0.03))
    assert place(lines, "A")[1] != place(lines, "a")[1]


def test_an_unknown_cost_has_a_lane_of_its_own_and_is_not_zero():
    lines = drawn(section(base=None))
    assert lines[2 + HEIGHT + 1].endswith("N/A")
    assert place(lines, "a")[1] > place(lines, "A")[1]


def test_without_costs_there_is_no_plot():
    assert not has_plot(section(base=None, tuned=None))
    assert not has_plot(section(base=0.0, tuned=None))
    assert has_plot(section(base=None))
    one = build([make_run(evaluation=paid(None)), make_run("B", base="b", evaluation=paid(0.1))])
    assert "log scale" not in render(one, 80, plot=True)


@pytest.mark.parametrize("width", [76, 80, 100, 160])
@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_is_wider_than_the_terminal(width, language):
    runs = [
        make_run(name, base=name, outcomes=spans(0.2 + i / 20, seed=i), evaluation=paid(10.0 ** (i - 8)))
        for i, name in enumerate(HOSTILE)
    ]
    with speaking(language):
        lines = drawn(build(runs).sections[0], width)
    assert max(map(cell_len, lines)) <= width
    assert not any("\x1b" in line for line in lines)


def test_ascii_where_the_encoding_has_no_lines():
    assert "\n".join(drawn(section(), ascii_only=True)).isascii()
    board = build([make_run(evaluation=paid(0.1)), make_run("B", base="b", evaluation=paid(0.2))])
    assert render(board, 80, encoding="ascii").isascii()
    assert BOXES["bar"] in render(board, 80)


def test_many_points_keep_their_letters():
    runs = [
        make_run(
            f"Model {i}", base=f"b{i}", outcomes=labels(0.3 + i / 100, 20, seed=i), evaluation=paid(0.01 + i / 1000)
        )
        for i in range(30)
    ]
    found = points(build(runs).sections[0])
    assert len({point.label for point in found}) == 30
    assert max(map(cell_len, drawn(build(runs).sections[0]))) <= 80


def test_equal_scores_and_equal_costs_are_drawn():
    same = labels(0.5, seed=1)
    runs = [make_run(f"M{i}", base=f"b{i}", outcomes=same, evaluation=paid(0.01)) for i in range(2)]
    lines = drawn(build(runs).sections[0])
    assert place(lines, "a")[0] == place(lines, "b")[0]
