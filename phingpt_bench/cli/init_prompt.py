"""`phingpt-bench init prompt`: a prompt file from a few rows of an adapter's training data."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.data.prompt_file import PromptFile

DEFAULT = "my-prompt.yaml"
OPTIONS = {"source": "--from", "layout": "--layout", "answers": "--kind"}  # by the name of their value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `init prompt`, apart from the file to write."""
    group = parser.add_argument_group(say("prompt"))
    group.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar=say("ROWS"),
        help="rows of the training data (.jsonl, .csv, .parquet): prompt and answer, messages, or one text",
    )
    group.add_argument(
        "--layout",
        metavar=say("TEXT"),
        help="how columns were put together, for rows without a prompt: 'Instruction: {instruction}\\n...'",
    )
    group.add_argument(
        "--kind",
        dest="answers",
        choices=("labels", "spans", "scores"),
        help="of the answers (default: labels where they are few)",
    )


def write(args: argparse.Namespace, file: Path) -> int:
    """Makes the file, and says what it holds; 0. BenchError as `prompt_of`, and where the file is there already."""
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.core.jsonio import write_text
    from phingpt_bench.data.prompt_file import as_yaml, read_prompt
    from phingpt_bench.data.prompt_rows import prompt_of
    from phingpt_bench.data.sources import read_file

    if args.source is None:
        raise BenchError("init prompt needs rows", hint="--from ROWS.jsonl: a few of the training data")
    if file.suffix not in (".yaml", ".yml"):
        raise BenchError("a prompt file ends in .yaml", where=str(file))
    if file.exists():
        raise BenchError("the file exists", where=str(file), hint="give another name, or remove it")
    layout = None if args.layout is None else args.layout.replace("\\n", "\n")
    made = prompt_of(read_file(args.source), str(args.source), layout, args.answers)
    about = sentence(
        "phingpt-bench evaluate --base MODEL --adapter DIR --tasks TASK --prompt {file}\ndocs/prompts.md", file=file
    )
    mapping = _mapping(made.prompt) if made.prompt.labels and not _known(made.prompt.labels) else ""
    write_text(file, as_yaml(made.prompt, about) + mapping)
    read = read_prompt(str(file))
    assert read is not None and read.digest == made.prompt.digest  # what was written is what was found
    print(
        say(
            "wrote {file}: renders {n} rows byte for byte; "
            "digest in records: {digest} (made_from has that of the rows)",
            file=file,
            n=made.rendered,
            digest=read.digest,
        )
    )
    if made.others:
        print(say("{n} rows have another instruction or layout, and were left out", n=made.others))
    if made.prompt.labels:
        print(say("labels: {labels}", labels=", ".join(made.prompt.labels)))
    return 0


def _known(labels: Sequence[str]) -> bool:
    """Whether a dataset that is known here, shipped or of the user, has these labels."""
    from phingpt_bench.data import catalogue

    wanted = {label.casefold() for label in labels}
    return any(wanted == {label.casefold() for label in one.labels} for one in catalogue.readable()[0].values())


def _mapping(prompt: PromptFile) -> str:
    """The comment at the end: what to write where a task has other names for the labels, for the user to fill in."""
    names = [f"LABEL_{number}" for number in range(1, len(prompt.labels) + 1)]
    pairs = dict(zip(names, (prompt.answer(label) for label in prompt.labels), strict=True))
    return (
        "# No known task has these labels. If yours has other names for them, replace the list of labels by these\n"
        "# lines, with the names of yours in place of LABEL_1 ...:\n"
        f"# labels: [{', '.join(names)}]\n"
        f"# answers: {json.dumps(pairs, ensure_ascii=False)}\n"
    )
