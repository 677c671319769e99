# python -m benchmarks.startup --out results/benchmarks/startup.json
"""Start-up: what a user waits for before the work begins, each in a fresh Python process."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.command import python
from benchmarks.measure import spread
from phingpt_bench.core.errors import BenchError
from phingpt_bench.models import embedded
from phingpt_bench.models.base_spec import BaseSpec, title

HELP = "from phingpt_bench.cli.main import main; main(['--help'])"
IMPORT = "import phingpt_bench.cli.main"
OUR_TASKS = "from phingpt_bench.lmeval.manager import task_manager as made; made().all_tasks"
ALL_TASKS = "from lm_eval.tasks import TaskManager; TaskManager().all_tasks"
LM_EVAL = "import lm_eval.tasks"
# ends at the first request that reaches the model; what is left undone is only the answer
FIRST_PROMPT = """\
import os, sys
from phingpt_bench.cli.main import main
def first(*_args, **_options):
    os._exit(0)
from phingpt_bench.engine import lm
lm.PhinLM.loglikelihood = first
main(sys.argv[1:])
os._exit(9)
"""


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    made.add_argument("--repeats", type=int, default=5, metavar="N", help="of each (default 5)")
    made.add_argument("--model", default=embedded.NAME, help="base of the first prompt (default: the embedded model)")
    made.add_argument("--task", default="phin_demo_sentiment", help="task of the first prompt (default demo)")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; 2 when one of the processes fails."""
    args = parser().parse_args(argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            evaluate = ["evaluate", "--base", args.model, "--tasks", args.task, "--limit", "2", "--no-floors"]
            measures = {
                "phingpt-bench --help": [HELP],
                "import of the command line": [IMPORT],
                "evaluate, to its first prompt": [FIRST_PROMPT, *evaluate, "--quiet", "--results", folder],
                "lm-eval imported, no task index": [LM_EVAL],
                "index of our tasks": [OUR_TASKS],
                "lm-eval's default task index": [ALL_TASKS],
            }
            results = {name: _measure(command, args.repeats) for name, command in measures.items()}
    except BenchError as err:
        print(f"error: {err}", file=sys.stderr)
        return 2
    facts = report.facts("startup", args, title(BaseSpec(model=args.model)))
    print(table(facts, results))
    report.save(args.out, facts, {"measures": results})
    return 0


def _measure(command: Sequence[str], repeats: int) -> dict[str, Any]:
    """command: a piece of Python and its arguments."""
    runs = [python(*command) for _ in range(repeats)]
    return {"seconds": spread([run.seconds for run in runs]), "cpu_seconds": spread([run.cpu_seconds for run in runs])}


def table(facts: dict[str, Any], results: dict[str, dict[str, Any]]) -> str:
    """A line a measure."""
    lines = [f"{facts['machine']}, load {facts['load_average_before']}"]
    lines.append(f"{'':36}{'seconds':>8} {'least-most':>14} {'processor':>10}")
    for name, both in results.items():
        wall, cpu = both["seconds"], both["cpu_seconds"]["median"]
        lines.append(f"  {name:34}{wall['median']:8.2f} {report.between(wall, 1, 2):>14} {cpu:10.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
