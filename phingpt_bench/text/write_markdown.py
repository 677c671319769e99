"""Blocks as markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from phingpt_bench.text.blocks import Across, Block, Grid, Item, Legend, Lines, Title, plain
from phingpt_bench.text.clean import clean

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#!&$])")


def markdown(blocks: Iterable[Block], title: str = "") -> str:
    """The blocks as one markdown text, newline at the end. title: of the page, above the titles of its sections."""
    text = f"# {escape(title)}" if title else ""
    before: Block | None = None
    for block in blocks:
        text += "\n" if isinstance(block, Item) and isinstance(before, Item) else "\n\n"
        text += _written(block, 1 if title else 0)
        before = block
    return text.lstrip() + "\n"


def escape(text: str) -> str:
    """A text on one line in which nothing is markup: specials get a backslash."""
    return _SPECIAL.sub(r"\\\1", clean(text))


def _stopped(text: str) -> str:
    """The text with a full stop, where nothing else ends it."""
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def _written(block: Block, above: int) -> str:
    if isinstance(block, Title):
        return _title(block, above)
    if isinstance(block, Lines):
        texts = [plain(line) for line in block.lines]
        if block.mark == "- ":
            return "\n".join(f"- {escape(text)}" for text in texts)
        paragraphs = [escape(_stopped(block.mark + text)) for text in texts]
        return "\n\n".join(f"**{text}**" if block.role == "alarm" else text for text in paragraphs)
    if isinstance(block, Legend):
        return "\n".join(f"- **{escape(mark)}** {escape(text)}" for mark, text in block.entries)
    if isinstance(block, Item):
        texts = [f"  - {escape(': '.join(filter(None, part)))}" for part in block.texts]
        return "\n".join([f"- {escape(block.head)}", *texts])
    if isinstance(block, Grid):
        return _table(block)
    return "\n".join(["```", *block.lines, "```"])


def _title(title: Title, above: int) -> str:
    if title.level == 3:
        start = f"**{escape(title.text[:1].upper() + title.text[1:])}:**"
        return f"{start} {escape(_stopped(title.rest))}" if title.rest else start
    head = f"{'#' * (title.level + above)} {escape(': '.join(filter(None, (title.text, title.rest))))}"
    return f"{head}\n\n{escape(_stopped(title.about))}" if title.about else head


def _table(grid: Grid) -> str:
    """A pipe table; every cell is escaped here."""
    heads = [escape(column.head) for column in grid.columns]
    lines = [heads, ["---:" if column.right else "---" for column in grid.columns]]
    for row in grid.rows:
        if isinstance(row, Across):
            lines.append([f"**{escape(row.text)}**", *[""] * (len(heads) - 1)])
        else:
            lines.append([escape(plain(cell)) for cell in row])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
