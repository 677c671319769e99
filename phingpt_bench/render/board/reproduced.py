"""A board as files next to its runs, and whether they are what the runs give, byte for byte."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.board.load import Options, load_board
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.core.jsonio import write_text
from phingpt_bench.render.board.formats import board_text
from phingpt_bench.text.language import say, speaking

FOLDER = "board"
FILES = {"board.md": "markdown", "board.tex": "latex", "board.csv": "csv", "board.json": "json"}


@dataclass(frozen=True, slots=True)
class Reproduced:
    """difference: the first line (from 1) that is another one, with the published and the rebuilt text; None: none."""

    file: Path
    difference: tuple[int, str, str] | None

    @property
    def text(self) -> str:
        """The difference in words; empty where there is none."""
        if self.difference is None:
            return ""
        number, published, rebuilt = self.difference
        return say(
            ": line {number} is '{published}', the records give '{rebuilt}'",
            number=number, published=published, rebuilt=rebuilt,
        )  # fmt: skip


def publish(folder: Path) -> list[Path]:
    """Write the board of the runs below a folder; its files. BenchError as for a board."""
    files = []
    for name, text in _texts(folder).items():
        files.append(folder / FOLDER / name)
        write_text(files[-1], text)
    return files


def compared(folder: Path) -> list[Reproduced]:
    """Each published file against the runs. BenchError as for a board, and where none is published."""
    there = [name for name in FILES if (folder / FOLDER / name).is_file()]
    if not there:
        raise BenchError(
            "no published board is here",
            where=str(folder / FOLDER),
            hint="'phingpt-bench reproduce {folder} --write' publishes the board of these runs",
            folder=folder,
        )
    texts = _texts(folder)
    return [
        Reproduced(folder / FOLDER / name, _difference(read_text(folder / FOLDER / name), texts[name]))
        for name in there
    ]


def _texts(folder: Path) -> dict[str, str]:
    """The board in all formats. Published rows of papers are left out: they are this program's, and may change."""
    with speaking("en"):
        board, _ = load_board(folder, Options(published=False))
        return {name: board_text(board, form) for name, form in FILES.items()}


def _difference(published: str, rebuilt: str) -> tuple[int, str, str] | None:
    if published == rebuilt:
        return None
    pairs = itertools.zip_longest(published.split("\n"), rebuilt.split("\n"), fillvalue="")
    number, (a, b) = next((n, pair) for n, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, at - 30)
    return number, a[start : at + 30], b[start : at + 30]
