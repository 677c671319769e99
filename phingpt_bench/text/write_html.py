"""Blocks as HTML for a notebook: what `write_markdown` gives, rendered; no style, script or raw markup is in it."""

from __future__ import annotations

from collections.abc import Iterable

from phingpt_bench.text.blocks import Block
from phingpt_bench.text.write_markdown import markdown


def html(blocks: Iterable[Block]) -> str:
    """The blocks as one <div>."""
    from markdown_it import MarkdownIt

    render = MarkdownIt("commonmark", {"html": False}).enable("table").render
    return f'<div class="phingpt-bench">\n{render(markdown(blocks))}</div>\n'
