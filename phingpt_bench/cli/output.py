"""What a verb shows: blocks on a terminal, in colour where it has any, or text in a file or on standard output."""

from __future__ import annotations

import argparse
import codecs
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.core.jsonio import write_text
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.text.blocks import Block

LEAST = 76  # columns of a terminal; with fewer, numbers of a board would be cut or names folded letter by letter


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str] = ()) -> None:
    """The arguments of what is drawn: --format (of `formats`, where there are any), --output and --width."""
    if formats:
        parser.add_argument("--format", default=formats[0], choices=formats)
    parser.add_argument("--output", type=Path, metavar=say("FILE"), help=say("write here instead of to the terminal"))
    parser.add_argument("--width", type=int, metavar="N", help=say("output width in columns (default: the terminal's)"))


def show(
    page: Sequence[Block] | Callable[[int], Sequence[Block]],
    width: int | None = None,
    file: Path | None = None,
    least: int = LEAST,
) -> None:
    """Blocks, in a file or on standard output, coloured where that is a terminal (without NO_COLOR).

    page: the blocks, or a function from a width to blocks.
    width: the user's; None means the terminal's, or 80 if there is no terminal.
    BenchError for a width of fewer than `least` columns. A terminal that is narrower gets broken lines: after a long
    run that is better than nothing.
    """
    from phingpt_bench.text.write_terminal import check_width, terminal
    from phingpt_bench.text.write_terminal import show as show_on

    if width is not None:
        check_width(width, least)
    if file is not None or not sys.stdout.isatty():
        deliver(terminal(page(width or 80) if callable(page) else page, width or 80), file)
        return
    from rich.console import Console

    console = Console(width=width)
    if console.width < least:
        if width is None:
            text = say("{width} columns are too few; at least {least} are needed", width=console.width, least=least)
            print(say("hint: {text}", text=text), file=sys.stderr)
        console = Console(width=least)
    show_on(page(console.width) if callable(page) else page, console)


def deliver(text: str, file: Path | None) -> None:
    """Text to the file of `--output`, named on standard error, else to standard output. BenchError as `write_text`."""
    if file is None:
        write_out(text)
        return
    write_text(file, text)
    line(say("wrote {file}", file=file), error=True)


def line(text: str, *, error: bool = False) -> None:
    """A line on standard output, or on standard error, at once and without what a terminal would obey."""
    from phingpt_bench.text.clean import screened

    if error:
        print(screened(text), file=sys.stderr)
    else:
        write_out(screened(text) + "\n")
        sys.stdout.flush()


def write_out(text: str) -> None:
    """Text on standard output; a letter that its encoding lacks loses its accent, or else becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"

    def letter(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        lacking = error.object[error.start : error.end]
        plain = unicodedata.normalize("NFD", lacking).encode("ascii", "ignore").decode()
        return plain or "?" * len(lacking), error.end

    codecs.register_error("phingpt-bench-plain", letter)
    sys.stdout.write(text.encode(encoding, "phingpt-bench-plain").decode(encoding))
