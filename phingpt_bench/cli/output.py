"""What a verb shows: blocks on a terminal, in colour where it has any, or text in a file or on standard output."""

from __future__ import annotations

import argparse
import codecs
import io
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.core.jsonio import write_text
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.text.blocks import Block


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str] = ()) -> None:
    """The arguments of what is drawn: --format (of `formats`, where there are any), --output and --width."""
    if formats:
        parser.add_argument("--format", default=formats[0], choices=formats)
    parser.add_argument("--output", type=Path, metavar=say("FILE"), help="write here instead of to the terminal")
    parser.add_argument("--width", type=int, metavar="N", help="output width in columns (default: the terminal's)")


def show(
    page: Sequence[Block] | Callable[[int], Sequence[Block]],
    width: int | None = None,
    file: Path | None = None,
    least: int | None = None,
    long: Callable[[int], Sequence[Block]] | None = None,
) -> None:
    """Blocks, in a file or on standard output, coloured where that is a terminal (without NO_COLOR).

    page: the blocks, or a function from a width to blocks.
    width: the user's; None means the terminal's, or 80 if there is no terminal.
    long: what the user's pager shows in place of a page that fills more than the screen; None is for no pager.
    BenchError for a width of fewer than `least` columns (those of a board). A terminal that is narrower gets broken
    lines: after a long run that is better than nothing.
    """
    from phingpt_bench.text.write_terminal import LEAST, check_width, drawn, terminal
    from phingpt_bench.text.write_terminal import show as show_on

    least = least or LEAST
    check_width(width, least)
    if file is not None or not sys.stdout.isatty():
        deliver(terminal(page(width or 80) if callable(page) else page, width or 80), file)
        return
    from rich.console import Console

    from phingpt_bench.cli import pager

    console = Console(width=width)
    if console.width < least:
        if width is None:
            text = say("{width} columns are too few; at least {least} are needed", width=console.width, least=least)
            print(say("hint: {text}", text=text), file=sys.stderr)
        console = Console(width=least)
    blocks = page(console.width) if callable(page) else page
    command = pager.pager() if long is not None else None
    if command is not None and long is not None and sum(1 for _ in drawn(blocks, console.width)) >= console.height:
        with console.capture() as captured:
            show_on(long(console.width), console)
        pager.page(captured.get(), command)
        return
    show_on(blocks, console)


def report(
    args: argparse.Namespace,
    blocks: Callable[[], Sequence[Block]],
    exports: Mapping[str, Callable[[], str]],
    *,
    page: Callable[[], Sequence[Block]] | None = None,
    title: str = "",
    least: int | None = None,
) -> None:
    """What a verb found, in the form and the place that `add_output` asked for. BenchError as `show` and `deliver`.

    blocks: what is drawn. exports: the forms that are not made of blocks, each as a function that gives the text.
    page, title: the blocks and the title where no terminal sets a width; without them those of the terminal, and none.
    """
    from phingpt_bench.text.write_markdown import markdown

    if args.format in exports:
        deliver(exports[args.format](), args.output)
    elif args.format == "terminal":
        show(blocks(), args.width, args.output, least)
    else:
        deliver(markdown((page or blocks)(), title), args.output)


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


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    plain = unicodedata.normalize("NFD", lacking).encode("ascii", "ignore").decode()
    return plain or "?" * len(lacking), error.end


PLAIN = "phingpt-bench-plain"  # how to encode a letter that an encoding lacks: without its accent, or else as "?"
codecs.register_error(PLAIN, _plain)


def accept_all_letters() -> None:
    """From now on no letter is an error on standard output and error: files of Windows have few, and so have pipes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN)


def write_out(text: str) -> None:
    """Text on standard output; a letter that its encoding lacks loses its accent, or else becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, PLAIN).decode(encoding))
