"""`phingpt-bench init`: writes a commented template file."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli import init_prompt, init_task
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "init"
HELP = sentence("make a task from your own data, a commented template of a suite, recipe or task, or a prompt file")
EPILOG = sentence("""\
examples:
  phingpt-bench init task titulares.csv --test prueba.csv
  phingpt-bench init task news.conll --name news_entities
  phingpt-bench init suite my-suite.yaml
  phingpt-bench init recipe my-recipe.yaml
  phingpt-bench init task my_tasks/newsroom.yaml
  phingpt-bench init prompt my-prompt.yaml --from train-rows.jsonl

A task is made from a file of annotated texts: CSV, TSV, with semicolons, JSON
lines, CoNLL or BIO tags, entities by offset, exports of Doccano, Label Studio
and Prodigy, a folder of brat (docs/add-a-task.md). From a name that ends in
.yaml it is a template, like the others: it has every key with its meaning, and
loads as it is. Files that exist are not overwritten. A prompt is what is alike
in rows of an adapter's training data (docs/prompts.md).
""")
FILES = {
    "suite": "my-suite.yaml", "recipe": "my-recipe.yaml", "task": "my_tasks/my_task.yaml",
    "prompt": init_prompt.DEFAULT,
}  # fmt: skip
NEXT = {
    "suite": "phingpt-bench run {file} --dry-run",
    "recipe": "phingpt-bench train {file} --dry-run",
    "task": "export PHINGPT_BENCH_TASKS={folder}; phingpt-bench tasks validate {folder}",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("kind", choices=tuple(FILES), metavar=say("KIND"), help="suite, recipe, task or prompt")
    default = say("file to write (default: {files}); of a task, your data", files=", ".join(FILES.values()))
    parser.add_argument("file", nargs="?", type=Path, metavar=say("FILE"), help=default)
    init_task.add_arguments(parser)
    init_prompt.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Write the files, name them, and what to do with them; 0.

    BenchError if one is there already, and for options of another kind of file.
    """
    import shlex

    from phingpt_bench.api import starters

    file = args.file or Path(FILES[args.kind])
    from_data = args.kind == "task" and file.suffix not in (".yaml", ".yml")
    _check(args, from_data=from_data)
    if from_data:
        return init_task.write(args, file)
    if args.kind == "prompt":
        return init_prompt.write(args, file)
    for written in starters.write(args.kind, file):
        print(say("wrote {file}", file=written))
    command = NEXT[args.kind].format(file=shlex.quote(str(file)), folder=shlex.quote(str(file.parent.resolve())))
    print(say("next: {command}", command=command))
    return 0


def _check(args: argparse.Namespace, *, from_data: bool) -> None:
    """BenchError for an option that would change nothing. from_data: whether a task is made from data."""
    if not from_data:
        for name in init_task.OPTIONS:
            if getattr(args, name) is not None:
                raise BenchError(
                    "is for a task from a file of data", where=f"--{name}",
                    hint="phingpt-bench init task DATA.csv ..., without it for a template",
                )  # fmt: skip
    if args.kind != "prompt":
        for name, option in init_prompt.OPTIONS.items():
            if getattr(args, name) is not None:
                raise BenchError("is for a prompt file", where=option, hint="phingpt-bench init prompt --from ROWS")
