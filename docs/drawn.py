"""Draws the boards of README.md, README.es.md and three pages of docs/ again, and checks the scores.

    python docs/drawn.py            rewrite the boards
    python docs/drawn.py --check    change nothing; exit code 1, with what differs

The pages are those of FILES. A board, or a comparison, is the code block below a comment such as
`<!-- drawn: leaderboard results/smollm2-135m -->`; with "| TITLE + TITLE" after the arguments, only the parts that
begin so, and after "TITLE ..." what goes with it. So is a code block that begins with a command line,
`$ phingpt-bench leaderboard ...`. A number of the results' prose with three decimals must be one of the board's JSON,
where published scores are too. A test runs the check (tests/repository/test_drawn.py).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from phingpt_bench.cli.main import main as phingpt_bench

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ("README.md", "README.es.md", "docs/results.md")  # whose prose is about the records, too
FILES = (*RESULTS, "docs/leaderboard.md", "docs/compare.md")
BOARD = re.compile(
    r"(<!-- drawn: (?P<arguments>[^|\n]*?)(?: \| (?P<titles>[^\n]*?))? -->\n```text\n)(?P<text>.*?)(?=\n```)", re.DOTALL
)
COMMAND = re.compile(
    r"(```\n\$ phingpt-bench (?P<arguments>leaderboard(?:[^\n]*\\\n)*[^\n]*)\n)(?P<text>.*?)(?=\n```)", re.DOTALL
)
PROSE = re.compile(r"(?<![\d.,])\d\.\d{3}(?!\d|\.\d)")


def output_of(arguments: str) -> str:
    """What a command line writes, 80 columns wide."""
    before, here = {name: os.environ.get(name) for name in ("COLUMNS", "PHINGPT_BENCH_LANG")}, Path.cwd()
    os.environ.update({"COLUMNS": "80", "PHINGPT_BENCH_LANG": "en"})
    written = io.StringIO()
    try:
        os.chdir(ROOT)
        with contextlib.redirect_stdout(written):
            if phingpt_bench(shlex.split(arguments)):
                raise SystemExit(f"'{arguments}' failed")
    finally:
        os.chdir(here)
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})
    return written.getvalue()


def drawn(text: str) -> str:
    """A page with its boards as they are drawn today."""

    def again(found: re.Match[str]) -> str:
        lines = [line.rstrip() for line in output_of(found["arguments"].replace("\\\n", " ")).rstrip().split("\n")]
        parts = "\n".join(lines).split("\n\n")
        if titles := found.groupdict().get("titles"):
            parts = [part for title in titles.split(" + ") for part in _chosen(parts, title)]
        return found[1] + "\n\n".join(parts)

    return COMMAND.sub(again, BOARD.sub(again, text))


def _chosen(parts: list[str], title: str) -> Iterator[str]:
    """The part that begins with a title; after "TITLE ..." also those that follow it before the next ruled one."""
    start = title.removesuffix(" ...")
    at = next(at for at, part in enumerate(parts) if part.startswith(start))
    yield parts[at]
    if start != title:
        yield from takewhile(lambda part: "\n---" not in part, parts[at + 1 :])


def numbers(value: object) -> Iterator[float]:
    """All numbers in a JSON value."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def strangers(text: str, known: set[str]) -> list[str]:
    """The scores in a page's results, outside of its code blocks, that no record and no published result has."""
    part = text.partition("<!-- results:begin -->")[2].partition("<!-- results:end -->")[0] or text
    prose = re.sub(r"```.*?```", "", part, flags=re.DOTALL)
    return [number for number in PROSE.findall(prose) if number not in known]


def main(argv: list[str] | None = None) -> int:
    """Rewrite the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args(argv).check
    board = json.loads(output_of("leaderboard results/ --format json --published all"))
    known = {f"{abs(number):.3f}" for number in numbers(board)}
    faults = []
    for name in FILES:
        text = (ROOT / name).read_text(encoding="utf-8")
        new = drawn(text)
        if new != text and check:
            faults.append(f"{name}: a board differs from what is drawn today")
        elif new != text:
            (ROOT / name).write_text(new, encoding="utf-8")
        if name in RESULTS:
            faults += [f"{name}: {number} is in no record and no published result" for number in strangers(new, known)]
    print("\n".join(faults) or "all boards and numbers are those of the records")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
