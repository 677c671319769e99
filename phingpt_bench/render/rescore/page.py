"""A rescoring for people: the same tables and notes for the terminal and in markdown."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from phingpt_bench.core.errors import BenchError
from phingpt_bench.rescore.values import OURS, Report, Scored, Value

MINIMUM = 60
EXAMPLE_ROWS = 3
# the metrics that stand side by side, by kind; the others follow by scorer
SHARED = {
    "labels": ("acc", "f1_weighted", "f1_macro"),
    "spans": ("entity_f1", "entity_f1_macro"),
    "scores": ("r2", "mse", "mae"),
}


class Grid(NamedTuple):
    """A table: title, head, rows of texts. The first column is left aligned, the others right unless `left`."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: bool = False


def fitting(width: int | None) -> int:
    """The width to draw in; BenchError for one that is given and too small."""
    if width is not None and width < MINIMUM:
        raise BenchError(f"--width {width} is too narrow", hint=f"at least {MINIMUM}")
    return width or max(MINIMUM, min(120, shutil.get_terminal_size().columns))


def terminal(report: Report, width: int = 80) -> str:
    """Plain text of at most `width` columns; what is cut ends in "..."."""
    lines = [*_wrapped(_head(report), width), ""]
    for note in _cleaned(report.notes):
        lines += _wrapped(note, width, "  ")
    for grid in _grids(report):
        lines += ["", *_wrapped(grid.title, width), *_drawn(grid, width)]
    return "\n".join([*lines, "", *_wrapped(_foot(report), width)]) + "\n"


def markdown(report: Report) -> str:
    """Markdown with the tables as tables."""
    lines = [f"# {_cell(_head(report))}", "", *(f"- {_cell(note)}" for note in _cleaned(report.notes))]
    for grid in _grids(report):
        rule = ["---" if at == 0 or grid.left else "---:" for at in range(len(grid.head))]
        lines += ["", f"**{_cell(grid.title)}**", ""]
        lines += [f"| {' | '.join(map(_cell, row))} |" for row in (grid.head, rule, *grid.rows)]
    return "\n".join([*lines, "", _foot(report)]) + "\n"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)


def _head(report: Report) -> str:
    from phingpt_bench.render.board.text import clean

    rows = f"{report.n:,} row" + ("" if report.n == 1 else "s")
    return f"{clean(report.table.path)}: {rows} scored as {clean(report.target.title)}"


def _foot(report: Report) -> str:
    return f"Intervals: 95 %, Wilson for accuracy, else bootstrap over rows ({report.resamples:,} resamples)."


def _cleaned(notes: Iterable[str]) -> list[str]:
    from phingpt_bench.render.board.text import clean

    return [clean(note) for note in notes]


def _grids(report: Report) -> Iterable[Grid]:
    from phingpt_bench.render.board.text import metric_name

    metrics = [name for name in SHARED[report.target.kind] if any(name in scored.values for scored in report.scored)]
    rows = [[scored.scorer, *(_value(scored.values.get(name)) for name in metrics)] for scored in report.scored]
    yield Grid("Scores", ["scorer", *map(metric_name, metrics)], rows)
    more = [
        [scored.scorer, name if scored.scorer != OURS else metric_name(name), _value(value)]
        for scored in report.scored
        for name, value in scored.values.items()
        if name not in metrics
    ]
    if more:
        yield Grid("Further scores", ["scorer", "metric", "score"], more, left=True)
    rivals = [scored for scored in report.scored if scored.differs is not None]
    if rivals:
        yield _differing(report, rivals)
        yield from (_examples(scored) for scored in rivals if scored.examples)
    if any(scored.scorer == OURS for scored in report.scored):
        yield from _details(report)
    if report.recorded is not None:
        yield from _recorded(report)


def _differing(report: Report, rivals: Sequence[Scored]) -> Grid:
    answers = sum(row is not None for row in report.case.rows)
    rows = [[s.scorer, f"{s.differs:,}", f"{100 * s.differs / max(answers, 1):.1f} %"] for s in rivals]  # type: ignore[operator]
    return Grid(f"Of {answers:,} answers, read otherwise than by {OURS}", ["scorer", "answers", "share"], rows)


def _examples(scored: Scored) -> Grid:
    from phingpt_bench.render.board.text import clean

    rows = [
        [str(e.place), *(_short(clean(_printable(text)), 40) for text in (e.answer, e.ours, e.theirs, e.gold))]
        for e in scored.examples
    ]
    return Grid(f"{scored.scorer}: {scored.rule}", ["at", "answer", OURS, scored.scorer, "gold"], rows, left=True)


def _details(report: Report) -> Iterable[Grid]:
    details, spans = report.details, report.target.kind == "spans"
    if details.classes:
        head = ["", "precision", "recall", "F1", *(["partial", "type only"] if spans else []), "gold", "predicted"]
        rows = [
            [
                _cleaned([c.name])[0], *map(_number, (c.precision, c.recall, c.f1)),
                *(map(_number, (c.partial, c.typed)) if spans else ()), f"{c.gold:,}", f"{c.predicted:,}",
            ]
            for c in details.classes
        ]  # fmt: skip
        yield Grid(f"By {'type' if spans else 'label'} ({OURS})", head, rows)
    if details.reasons:
        yield _counts("INVALID answers", "reason", details.reasons, report.n)
    if any(details.misses.values()):
        yield _counts("Errors", "kind", {kind: count for kind, count in details.misses.items() if count}, None)
    if details.risks:
        rows = [[f"{float(share):.0%}", _number(risk)] for share, risk in details.risks.items()]
        yield Grid(f"Risk at coverage (area under the curve {_number(details.aurc)})", ["answered", "wrong"], rows)


def _counts(title: str, what: str, counts: dict[str, int], n: int | None) -> Grid:
    if n is None:
        return Grid(title, [what, "number"], [[kind, f"{count:,}"] for kind, count in counts.items()])
    rows = [[kind, f"{count:,}", f"{100 * count / n:.1f} %"] for kind, count in counts.items()]
    return Grid(title, [what, "number", "share"], rows)


def _recorded(report: Report) -> Iterable[Grid]:
    from phingpt_bench.render.board.text import clean, metric_name

    found = report.recorded
    assert found is not None
    rows = [
        [metric_name(c.metric), _number(c.recorded), _number(c.now), _signed(c.difference)]
        for c in found.changes
    ]  # fmt: skip
    title = f"Against the record of {clean(found.record.created)[:10]}: {clean(found.record.model.name)}"
    yield Grid(title, ["metric", "recorded", "now", "difference"], rows)
    if found.otherwise:
        rows = [
            [str(report.table.places[at]), *(_short(clean(_printable(str(x))), 40) for x in (then, now))]
            for at, then, now in found.otherwise[:EXAMPLE_ROWS]
        ]
        yield Grid("Read otherwise than recorded", ["at", "recorded", "now"], rows, left=True)


def _value(value: Value | None) -> str:
    """0.812 [0.790, 0.833]; "-" for a metric that the scorer has not."""
    if value is None:
        return "-"
    from phingpt_bench.render.board.text import interval_text

    return f"{_number(value.score)} {interval_text(value.interval)}".strip()


def _number(score: float | None) -> str:
    from phingpt_bench.render.board.text import score_text

    return score_text(score)


def _signed(difference: float | None) -> str:
    """+0.012; "same" for no difference, more places for one that three would hide."""
    if difference is None:
        return "not recorded"
    if difference == 0:
        return "same"
    return f"{difference:+.3f}" if abs(difference) >= 0.0005 else f"{difference:+.1e}"


def _printable(text: str) -> str:
    """Without lone surrogates, which no file takes."""
    return text.encode("utf-8", "replace").decode("utf-8") or "(empty)"


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _cell(text: str) -> str:
    return re.sub(r"[\\|*`\[\]]", r"\\\g<0>", text).replace("<", "&lt;")


def _drawn(grid: Grid, width: int) -> list[str]:
    """The lines of a table; the widest columns of a table of words give way, one of numbers is never cut."""
    from rich.cells import cell_len

    rows = [list(grid.head), *map(list, grid.rows)]
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(grid.head))]
    while grid.left and sum(widths) + 2 * len(widths) > width and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    if not grid.left and sum(widths) + 2 * len(widths) > width:
        return _stacked(grid)
    lines = []
    for row in rows:
        cells = []
        for at, text in enumerate(row):
            text = _fit(text, widths[at])
            room = widths[at] - cell_len(text)
            cells.append(text + " " * room if at == 0 or grid.left else " " * room + text)
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def _stacked(grid: Grid) -> list[str]:
    """A table that is too wide: a block a row, a line a cell."""
    lines: list[str] = []
    for row in grid.rows:
        lines.append(f"  {row[0]}")
        lines += [f"    {name}: {text}" for name, text in zip(grid.head[1:], row[1:], strict=True)]
    return lines


def _fit(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width - 3) + "..."
