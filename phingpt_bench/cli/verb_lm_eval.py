"""`phingpt-bench lm-eval`: lm-evaluation-harness's own command line, with our tasks and our model class."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from phingpt_bench.core.sentences import sentence

NAME = "lm-eval"
HELP = sentence("lm-evaluation-harness's own command line, with our tasks and the model 'phin'")
EPILOG = sentence("""\
examples:
  phingpt-bench lm-eval run --tasks phin_fpb \\
      --model hf --model_args pretrained=MODEL
  phingpt-bench lm-eval run --tasks phin --batch_size 16 \\
      --model phin --model_args pretrained=MODEL
  phingpt-bench lm-eval run --tasks mine,phin_fpb --include_path my_tasks ...
  phingpt-bench lm-eval ls tasks
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """Everything goes to lm-eval as it is."""
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="the arguments of lm-eval")


def run(args: argparse.Namespace) -> int:
    """lm-eval's exit code; BenchError for an unknown task and for YAML that cannot be read."""
    rest = list(args.rest)
    before = sys.argv
    sys.argv = ["lm-eval", *rest]
    try:
        return _run(rest)
    finally:
        sys.argv = before


def _run(rest: list[str]) -> int:
    from lm_eval.__main__ import cli_evaluate

    if not {"--help", "-h"}.isdisjoint(rest) or not rest:
        cli_evaluate()
        return 0
    if _asks_for_phin(rest):
        import phingpt_bench.engine.lm  # noqa: F401  registers the model class
    from phingpt_bench.lmeval.backport import our_tasks

    with our_tasks(requested_tasks(rest)):
        cli_evaluate()
    return 0


def requested_tasks(rest: Sequence[str]) -> list[str]:
    """The task names after --tasks or -t, which may be separated by commas or blanks."""
    names: list[str] = []
    taking = False
    for word in rest:
        if word.startswith("-"):
            option, _, value = word.partition("=")
            taking = option in ("--tasks", "-t")
            word = value
        if taking:
            names += [name for name in word.split(",") if name]
    return names


def _asks_for_phin(rest: Sequence[str]) -> bool:
    """Whether the model "phin" may be meant: named, or perhaps in a --config file. The import takes seconds."""
    return any(word in ("phin", "--model=phin", "--config", "-C") or word.startswith("--config=") for word in rest)
