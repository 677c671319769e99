"""`phingpt-bench init task FILE`: a task from a user's own annotated data."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.text.language import say, spoken

if TYPE_CHECKING:
    from phingpt_bench.api.own_task import Made

FOLDER = Path("my_tasks")
OPTIONS = (
    "test", "validation", "name", "into", "text", "label", "score", "document", "codes", "encoding", "language",
    "licence", "contradictions",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `init task` with data, apart from the file itself."""
    group = parser.add_argument_group(say("task, from your own data"))
    for name, about in (
        ("--test", say("the test rows, where they are in a file of their own (else a fifth is cut)")),
        ("--validation", say("the validation rows, where they are in a file of their own (else a tenth is cut)")),
    ):
        group.add_argument(name, type=Path, metavar=say("FILE"), help=about)
    group.add_argument("--name", metavar=say("NAME"), help="of the task (default: that of the file)")
    group.add_argument("--into", type=Path, metavar=say("DIR"), help="folder of your tasks (default: my_tasks)")
    for name, about in (
        ("--text", say("column of the texts, if it is not recognised by its name")),
        ("--label", say("column of the labels")),
        ("--score", say("column of numbers from -1 to 1, in place of labels")),
        ("--document", say("column of the document that a text is a part of")),
    ):
        group.add_argument(name, metavar=say("COLUMN"), help=about)
    group.add_argument("--codes", metavar="0=A,1=B", help="the labels of numbers: 0=negative,1=neutral,2=positive")
    group.add_argument("--encoding", metavar="E", help="of the text (default: UTF-8, else cp1252)")
    group.add_argument("--language", choices=("en", "es"), help="of the texts (default: recognised by their words)")
    group.add_argument("--licence", metavar=say("TEXT"), help="of the data, for boards")
    group.add_argument(
        "--contradictions",
        choices=("refuse", "drop", "keep"),
        help="texts with several answers: an error (default), all of their rows left out, or kept",
    )


def write(args: argparse.Namespace, file: Path) -> int:
    """Make the task, say what was found and left out, and what to do next; 0. BenchError as `make_task`."""
    from phingpt_bench.api.own_task import Wanted, make_task
    from phingpt_bench.data.own.table import Columns

    folder = args.into or FOLDER
    files = {"train": file, "validation": args.validation, "test": args.test}
    name = args.name or re.sub(r"\W+", "_", file.resolve().stem).strip("_").lower()
    wanted = Wanted(
        files={part: path for part, path in files.items() if path is not None}, name=name, folder=folder,
        columns=Columns(
            text=args.text, label=args.label, score=args.score, document=args.document, codes=_codes(args.codes)
        ),
        encoding=args.encoding, language=args.language, licence=args.licence or "unknown",
        contradictions=args.contradictions or "refuse",
    )  # fmt: skip
    _tell(make_task(wanted, ask), folder)
    return 0


def ask(question: str, names: Sequence[str]) -> str | None:
    """The answer of a person at a terminal; None where there is none, or no answer that fits."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    print(f"{spoken(question)} ({', '.join(names)})", file=sys.stderr)
    try:
        answer = input("> ").strip()
    except EOFError:
        return None
    return answer if answer in names else None


def _codes(text: str | None) -> dict[str, str] | None:
    from phingpt_bench.core.errors import BenchError

    if text is None:
        return None
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(mark and value.strip() and name.strip() for value, mark, name in pairs):
        raise BenchError("not VALUE=LABEL,VALUE=LABEL: {text}", where="--codes", text=text)
    return {value.strip(): name.strip() for value, _, name in pairs}


def _tell(made: Made, folder: Path) -> None:
    from phingpt_bench.cli.output import line
    from phingpt_bench.text.language import count

    passport = made.passport
    for part, form in made.forms.items():
        line(f"{part}: {spoken(form)}" if len(made.forms) > 1 else spoken(form))
    for note in made.notes:
        line(f"- {spoken(note)}")
    for part, rows in passport.rows.items():
        counts = passport.counts.get(part, {})
        held = ", ".join(f"{name} {count(n)}" for name, n in counts.items())
        line(say("{part}: {n} rows", part=part, n=count(rows)) + (f" ({held})" if held else ""))
    for file in made.files:
        line(say("wrote {file}", file=file))
    here = shlex.quote(str(folder.resolve()))
    line(say("next: {command}", command=f"export PHINGPT_BENCH_TASKS={here}"))
    line(
        say(
            "      {command}", command=f"phingpt-bench tasks validate {shlex.quote(str(folder))} --task {passport.name}"
        )
    )
    line(say("      {command}", command=f"phingpt-bench evaluate --base MODEL --tasks {passport.name}"))
