"""`phingpt-bench init`: a file to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli import init_prompt
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "init"
HELP = sentence("write the prompt file of an adapter from a few rows of its training data")
EPILOG = sentence("""\
examples:
  phingpt-bench init prompt my-prompt.yaml --from train-rows.jsonl
  phingpt-bench evaluate --base MODEL --adapter DIR --tasks phin_fpb \\
      --prompt my-prompt.yaml

The rows are those that the adapter was trained on, as they were rendered. What
is alike in all of them is the prompt. docs/prompts.md shows what is read.
""")
FILES = {"prompt": init_prompt.DEFAULT}


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("kind", choices=tuple(FILES), metavar="KIND", help=say("prompt"))
    default = say("file to write (default: {files})", files=", ".join(FILES.values()))
    parser.add_argument("file", nargs="?", type=Path, metavar=say("FILE"), help=default)
    init_prompt.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file and name it; 0. BenchError where it is there already, and as `prompt_of`."""
    return init_prompt.write(args, args.file or Path(FILES[args.kind]))
