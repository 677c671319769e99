"""A board as a figure for a paper: cost against score for one task, intervals over the tasks for several.

Drawn with matplotlib, which is an extra. Kinds differ in form and in fill, so nothing is lost in print without colours;
the colours are those of Okabe and Ito, which people with any kind of colour blindness can tell apart.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.render.board import row_text
from phingpt_bench.render.board.overview import by_model, short_titles
from phingpt_bench.render.measures import metric_name
from phingpt_bench.text.language import decimal_comma, say, spoken
from phingpt_bench.text.money import exact_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Width = Literal["column", "page"]
INCHES = {"column": 3.35, "page": 6.9}  # of a column and of a page in the usual two-column classes
LOOKS: dict[str, dict[str, Any]] = {
    "tuned": {"marker": "o", "color": "#0072B2", "markerfacecolor": "#0072B2"},
    "base": {"marker": "s", "color": "#D55E00", "markerfacecolor": "white"},
    "floor": {"marker": "^", "color": "#555555", "markerfacecolor": "#bbbbbb"},
    "check": {"marker": "x", "color": "#CC79A7", "markerfacecolor": "white"},
}
LETTERS = 17  # of a name in the key on an inch


def figure(board: Board, form: str, width: Width = "page") -> bytes:
    """The figure as SVG, PDF or PNG. BenchError without matplotlib, and for a board with nothing to draw."""
    try:
        import matplotlib
    except ImportError:
        raise BenchError(
            "a figure needs matplotlib", where="--format", hint="pip install 'phingpt-bench[figures]'"
        ) from None
    from matplotlib.figure import Figure

    sections = [section for section in board.sections if any(row.score is not None for row in section.rows)]
    if not sections:
        limited = sentence("runs with --limit are not ranked: run them again without it") if board.limited else None
        raise BenchError("there is nothing to draw: no ranked row has a score", hint=limited)
    style = {
        "font.size": 8, "axes.titlesize": 8, "legend.fontsize": 7, "svg.fonttype": "none", "pdf.fonttype": 42,
        "svg.hashsalt": "phingpt-bench", "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip
    with matplotlib.rc_context(style):
        drawn = Figure(layout="constrained")
        if len(sections) == 1:
            _cost(drawn, sections[0], INCHES[width])
        else:
            _tasks(drawn, sections, INCHES[width])
        out = io.BytesIO()
        # without the date, so that the same board is the same file
        drawn.savefig(out, format=form, dpi=300, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


def _cost(drawn: Figure, section: Section, inches: float) -> None:
    """Score over USD for 1,000 documents, on a log axis, with 95 % intervals and the Pareto front."""
    placed = [row for row in section.rows if row.score is not None and (row.usd_per_1000 or 0) > 0]
    if not placed:
        raise BenchError("no row of {task} has a known cost", hint="draw several tasks", task=section.task)
    axes = drawn.subplots()
    for number, row in enumerate(placed, 1):
        x, y = row.usd_per_1000, row.score
        assert x is not None and y is not None
        _point(axes, x, y, row)
        left = any(_close(row, other, placed) for other in placed)
        axes.annotate(
            f"{number}{_mark(row)}", (x, y), xytext=(-4 if left else 4, 3), textcoords="offset points", fontsize=7,
            ha="right" if left else "left",
        )  # fmt: skip
    axes.set_xscale("log")
    front = sorted((row.usd_per_1000 or 0.0, row.score or 0.0) for row in placed if row.frontier)
    if front:
        axes.step(*zip(*front, strict=True), where="post", color="black", linewidth=0.8, linestyle=":", zorder=1)
    axes.set_xlabel(say("USD for 1,000 documents"))
    axes.set_ylabel(metric_name(section.metric))
    axes.xaxis.set_major_formatter(lambda value, _at: _with_comma(exact_text(value)))
    _finish(drawn, axes, placed, inches, max(2.4, 0.55 * inches), exposed=any(row.exposed for row in placed))
    _comma(axes.yaxis)


def _mark(row: Row) -> str:
    """The mark of a row that has no rank because its training held test rows; the key explains it."""
    return "x" if row.exposed else ""


def _close(row: Row, other: Row, placed: Sequence[Row]) -> bool:
    """Whether another point lies so near on the right that the number of this one would stand on it."""

    def place(point: Row) -> tuple[float, float]:
        return math.log10(point.usd_per_1000 or 1.0), point.score or 0.0

    (x, y), (there, up) = place(row), place(other)
    every = [place(point) for point in placed]
    across, high = (max(values) - min(values) for values in zip(*every, strict=True))
    after = there > x or (there == x and placed.index(other) > placed.index(row))
    return other is not row and after and there - x <= 0.06 * across and abs(up - y) <= 0.06 * high


def _tasks(drawn: Figure, sections: Sequence[Section], inches: float) -> None:
    """Scores with 95 % intervals, tasks down; a line joins the prompts of one model."""
    axes = drawn.subplots()
    models = by_model(sections)
    step = 0.8 / max(1, len(models))
    for place, cells in enumerate(models):
        for at, row in cells.items():
            if row.score is not None:
                x, y = row.score, -(at + step * place)
                _point(axes, x, y, row, sideways=True)
                axes.annotate(
                    f"{place + 1}{_mark(row)}",
                    (x, y),
                    xytext=(0, 3),
                    textcoords="offset points",
                    fontsize=5,
                    ha="center",
                )
    for at in range(len(sections)):
        of: dict[str, list[tuple[float, float]]] = {}
        for place, cells in enumerate(models):
            if at in cells and (score := cells[at].score) is not None and cells[at].kind in ("tuned", "base"):
                of.setdefault(row_text.display_name(cells[at]), []).append((score, -(at + step * place)))
        for spots in of.values():
            if len(spots) > 1:
                axes.plot(*zip(*spots, strict=True), color="#999999", linewidth=0.7, zorder=1)
        if at:
            axes.axhline(-(at - 0.1 - step / 2), color="#dddddd", linewidth=0.5, zorder=0)
    titles = [f"{title}\n{metric_name(s.metric)}" for title, s in zip(short_titles(sections), sections, strict=True)]
    axes.set_yticks([-(at + 0.4 - step / 2) for at in range(len(sections))], titles)
    axes.set_xlabel(say("score with its 95% interval; lines join the prompts of one model"))
    height = max(2.0, 0.5 + len(sections) * max(0.32, 0.11 * len(models)))
    _finish(
        drawn,
        axes,
        [next(iter(cells.values())) for cells in models],
        inches,
        height,
        exposed=any(row.exposed for cells in models for row in cells.values()),
    )
    _comma(axes.xaxis)


def _point(axes: Axes, x: float, y: float, row: Row, *, sideways: bool = False) -> None:
    look = LOOKS.get(row.kind, LOOKS["check"])
    score = x if sideways else y
    bars = None
    if row.interval is not None:
        bars = [[max(0.0, score - row.interval.low)], [max(0.0, row.interval.high - score)]]
    axes.errorbar(
        x, y, xerr=bars if sideways else None, yerr=None if sideways else bars, markersize=4.5, elinewidth=0.8,
        capsize=1.5, linestyle="none", **look,
    )  # fmt: skip


def _finish(drawn: Figure, axes: Axes, rows: Sequence[Row], inches: float, height: float, *, exposed: bool) -> None:
    """The key of kinds, the numbered names below, and the size with both. exposed: whether a point has that mark."""
    for kind, look in LOOKS.items():
        if any(row.kind == kind for row in rows):
            axes.plot([], [], linestyle="none", label=spoken(kind), markersize=4.5, **look)
    drawn.legend(frameon=False, loc="outside upper right", handletextpad=0.2, ncols=4)
    most = round(LETTERS * inches)
    names = [row_text.full_name(row) for row in rows]
    lines = [f"{at}  {name if len(name) <= most else f'{name[: most - 3]}...'}" for at, name in enumerate(names, 1)]
    if exposed:
        lines.append(f"x  {say('not ranked: its training held test rows')}")
    drawn.supxlabel("\n".join(lines), fontsize=7, ha="left", x=0.02)
    drawn.set_size_inches(inches, height + 0.13 * len(lines))


def _comma(axis: Any) -> None:
    """A decimal comma on an axis of scores where the language writes one."""
    if decimal_comma():
        axis.set_major_formatter(lambda value, _at: _with_comma(f"{value:.1f}"))


def _with_comma(number: str) -> str:
    return number.replace(".", ",") if decimal_comma() else number
