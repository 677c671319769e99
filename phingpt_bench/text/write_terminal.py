"""Blocks as lines of a terminal. Names are folded, never cut; colour is never the only carrier of meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from phingpt_bench.core.errors import BenchError
from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Item, Legend, Lines, Picture, Piece, Title
from phingpt_bench.text.clean import screened
from phingpt_bench.text.fold import EMPTY, HOLD, Line, folded, lines_of, moved, text_of, width_of
from phingpt_bench.text.grid_lines import grid_lines

if TYPE_CHECKING:
    from rich.console import Console

LEAST = 40  # columns; in fewer, numbers of a board would be cut or names folded letter by letter
# of the 256 colours, with a contrast of at least 3.8:1 both on black and on white; plain yellow has 1.7:1 on white
WARNING, GOOD, BAD = "color(130)", "color(28)", "color(160)"
STYLES = {
    "strong": "bold", "dim": "dim", "title": "italic", "warning": WARNING, "alarm": f"bold {WARNING}", "good": GOOD,
    "bad": BAD,
}  # fmt: skip


def terminal(blocks: Iterable[Block], width: int = 80) -> str:
    """The blocks as plain text in lines of `width` columns, ending with a newline."""
    return "".join(f"{text_of(line).rstrip()}\n" for line in drawn(blocks, width)).replace(HOLD, " ")


def check_width(width: int | None, least: int = LEAST) -> None:
    """BenchError if the width of a user is less than `least`; None is no width."""
    if width is not None and width < least:
        raise BenchError(
            "a width of {width} columns is too small",
            where="--width",
            hint="give at least {least}",
            width=width,
            least=least,
        )


def show(blocks: Iterable[Block], console: Console) -> None:
    """The blocks on a console, in its width, with its colours where it has any."""
    from rich.text import Text

    for line in drawn(blocks, console.width):
        text = Text(no_wrap=True, overflow="ignore")
        for piece in line.pieces:
            text.append(piece.text.replace(HOLD, " "), STYLES.get(piece.role, ""))
        text.rstrip()
        console.print(text, soft_wrap=True)


def drawn(blocks: Iterable[Block], width: int) -> Iterator[Line]:
    """The lines of the blocks; an empty line before a title, before and after a legend, and between two grids."""
    before: Block | None = None
    for block in blocks:
        if before is not None and _apart(before, block):
            yield EMPTY
        yield from _block(block, width)
        before = block


def _apart(before: Block, block: Block) -> bool:
    if isinstance(block, Title):
        return True
    if isinstance(before, Title):
        return False
    return any(isinstance(one, Legend) for one in (before, block)) or (
        isinstance(before, Grid) and isinstance(block, Grid)
    )


def _block(block: Block, width: int) -> Iterator[Line]:
    if isinstance(block, Title):
        yield from _title(block, width)
    elif isinstance(block, Lines):
        for line in block.lines:
            yield from _line(line, block, width)
    elif isinstance(block, Grid):
        yield from grid_lines(block, width)
    elif isinstance(block, Legend):
        columns = (Column(least=block.least), Column(fold=True, whole=block.whole))
        rows = [((Piece(mark, "strong"),), (Piece(text, block.role),)) for mark, text in block.entries]
        yield from grid_lines(Grid(columns, rows), width)
    elif isinstance(block, Item):
        yield from folded(lines_of(block.head)[0], width)
        texts = [f"{name}: {text}" if name else text for name, text in block.texts]
        yield from _block(Lines(texts, indent=2), width)
    else:
        assert isinstance(block, Picture)
        yield from (Line((Piece(line),), width_of(line)) for text in block.lines for line in screened(text).split("\n"))


def _title(title: Title, width: int) -> Iterator[Line]:
    if title.level == 3:
        text = f"{title.text}: {title.rest}".rstrip()
        yield from folded(lines_of(text, "title")[0], width)
        return
    pieces = (Piece(title.text, "strong"), Piece(f": {title.rest}" if title.rest else ""))
    yield from folded(lines_of(pieces)[0], width)
    if title.about:
        yield from folded(lines_of(title.about)[0], width)
    if title.level == 1:
        yield Line((Piece("-" * width, "dim"),), width)


def _line(cell: Cell, block: Lines, width: int) -> Iterator[Line]:
    hang = block.hang + width_of(block.mark)
    pieces = (Piece(block.mark), *((Piece(cell),) if isinstance(cell, str) else cell))
    for place, part in enumerate(folded(lines_of(pieces, block.role)[0], width - block.indent, hang)):
        yield moved(part, block.indent + (hang if place else 0))
