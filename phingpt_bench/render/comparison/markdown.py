"""Blocks of a comparison as markdown."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.render.board.markdown import escape, table
from phingpt_bench.render.comparison.blocks import Block, Entry, Lines, Title


def markdown(blocks: Sequence[Block]) -> str:
    """The blocks as one markdown text, newline at the end; entries that follow each other are one list."""
    text = ""
    before: Block | None = None
    for block in blocks:
        text += "\n" if isinstance(block, Entry) and isinstance(before, Entry) else "\n\n"
        text += _written(block)
        before = block
    return text.lstrip() + "\n"


def _written(block: Block) -> str:
    if isinstance(block, Title):
        return f"{'#' * block.level} {escape(': '.join(filter(None, (block.text, block.rest))))}"
    if isinstance(block, Lines):
        return "\n".join(f"- {escape(line)}" for line in block.lines)
    if isinstance(block, Entry):
        texts = [f"  - {escape(': '.join(filter(None, part)))}" for part in block.texts]
        return "\n".join([f"- {escape(block.head)}", *texts])
    return table(block.head, block.rows, block.right)
