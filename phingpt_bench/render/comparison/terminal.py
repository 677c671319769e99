"""Blocks of a comparison drawn for a terminal. Meaning never rests on colour."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from phingpt_bench.render.comparison.blocks import Block, Entry, Grid, Lines, Title

STYLES = {"plain": "", "warning": "yellow", "note": "dim"}


def render(blocks: Sequence[Block], width: int = 80) -> str:
    """The blocks as plain text, `width` columns wide, without colour."""
    file = io.StringIO()
    draw(blocks, Console(file=file, width=width, color_system=None, legacy_windows=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def draw(blocks: Sequence[Block], console: Console) -> None:
    """The blocks on `console`, a blank line before each part but the first."""
    for at, block in enumerate(blocks):
        if at and isinstance(block, Title):
            console.print()
        console.print(_drawn(block))


def _drawn(block: Block) -> RenderableType:
    if isinstance(block, Title):
        line = Text(block.text, style="bold").append(f": {block.rest}" if block.rest else "", style="not bold")
        return Group(line, Rule(style="dim", characters="-")) if block.level == 1 else line
    if isinstance(block, Lines):
        return Group(*(Text(line, style=STYLES[block.style]) for line in block.lines))
    if isinstance(block, Entry):
        texts = [Padding(Text(f"{name}: {text}" if name else text), (0, 0, 0, 2)) for name, text in block.texts]
        return Group(Text(block.head), *texts)
    return _table(block)


def _table(grid: Grid) -> Table:
    table = Table(box=None, expand=False, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    for at, title in enumerate(grid.head):
        folds = at == grid.fold
        table.add_column(
            Text(title), justify="right" if at in grid.right else "left", no_wrap=not folds,
            overflow="fold" if folds else "ellipsis",
        )  # fmt: skip
    for row in grid.rows:
        table.add_row(*map(Text, row))
    return table
