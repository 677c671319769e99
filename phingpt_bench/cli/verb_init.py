"""`phingpt-bench init`: writes a commented template file."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli import init_prompt
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "init"
HELP = sentence("write a commented template of a suite, recipe or task, or the prompt file of an adapter")
EPILOG = sentence("""\
examples:
  phingpt-bench init suite my-suite.yaml
  phingpt-bench init recipe my-recipe.yaml
  phingpt-bench init task my_tasks/newsroom.yaml
  phingpt-bench init prompt my-prompt.yaml --from train-rows.jsonl

The file has every key with its meaning, and loads as it is. A task gets a
passport too, to which you add the rows (docs/add-a-task.md). Files that exist
are not overwritten. A prompt is what is alike in rows of an adapter's training
data (docs/prompts.md).
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
    parser.add_argument("kind", choices=tuple(FILES), metavar=say("KIND"), help=say("suite, recipe, task or prompt"))
    default = say("file to write (default: {files})", files=", ".join(FILES.values()))
    parser.add_argument("file", nargs="?", type=Path, metavar=say("FILE"), help=default)
    init_prompt.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Write the files, name them, and what to do with them; 0. BenchError if one is there already."""
    import shlex

    from phingpt_bench.api import starters

    file = args.file or Path(FILES[args.kind])
    if args.kind == "prompt":
        return init_prompt.write(args, file)
    for written in starters.write(args.kind, file):
        print(say("wrote {file}", file=written))
    command = NEXT[args.kind].format(file=shlex.quote(str(file)), folder=shlex.quote(str(file.parent.resolve())))
    print(say("next: {command}", command=command))
    return 0
