"""`phingpt-bench tasks`: what there is to run, one task in full, and checks of task files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

NAME = "tasks"
HELP = "list the tasks, show one with an example, or check task files"
EPILOG = """\
examples:
  phingpt-bench tasks                               all tasks
  phingpt-bench tasks show phin_fpb                 one task, with a prompt and its answer
  phingpt-bench tasks validate                      check our tasks
  phingpt-bench tasks validate my_tasks/            check your own YAML files
  phingpt-bench tasks validate --task phin_fpb --model HuggingFaceTB/SmolLM2-1.7B-Instruct

'validate' exits with 2 when a check fails; a task whose dataset is out of reach is "not checked".
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    actions = parser.add_subparsers(dest="action", metavar="{show,validate}", title="more than the list")
    show = actions.add_parser("show", help="one task or group in full", allow_abbrev=False)
    show.add_argument("task", metavar="TASK")
    validate = actions.add_parser("validate", help="check task files, with what lm-eval leaves out", allow_abbrev=False)
    validate.add_argument("path", nargs="?", type=Path, metavar="PATH", help="a folder or a YAML file (default: ours)")
    validate.add_argument("--task", action="append", default=[], metavar="T", help="only this task; may be repeated")
    validate.add_argument("--model", metavar="M", help="whose tokenizer to check with (default: the embedded model's)")


def run(args: argparse.Namespace) -> int:
    """Prints what was asked for; 0, or 2 when a check failed."""
    if args.action == "show":
        return _show(args.task)
    if args.action == "validate":
        return _validate(args.path, args.task, args.model)
    return _list()


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, markup=False, soft_wrap=False)


def _list() -> int:
    from rich.table import Table

    from phingpt_bench.data import catalogue
    from phingpt_bench.harness.manager import task_manager

    manager = task_manager()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Task", no_wrap=True)
    table.add_column("Dataset, protocol, licence")
    table.add_column("Test rows", justify="right")
    table.add_column("Metrics")
    for name in manager.all_subtasks:
        config = manager.task_index[name].cfg
        entry = catalogue.dataset(config["dataset_kwargs"]["dataset"])
        about = f"{entry.title}\n{entry.protocol}\n{entry.licence}"
        table.add_row(name, about, f"{entry.rows['test']:,}", "\n".join(_metrics(config)))
    console = _console()
    console.print(table)
    groups = [f"  {name}: {', '.join(_members(manager, name))}" for name in manager.all_groups]
    console.print("\n".join(["Groups", *groups]))
    return 0


def _metrics(config: dict[str, Any]) -> list[str]:
    names = [entry["metric"] for entry in config.get("metric_list") or ()]
    return [name for name in names if not name.endswith("_stderr")]


def _members(manager: Any, group: str) -> list[str]:
    from phingpt_bench.harness.manager import expand

    return expand([group], manager)


def _show(name: str) -> int:
    from phingpt_bench.core.errors import unknown
    from phingpt_bench.data import catalogue
    from phingpt_bench.harness.manager import task_manager

    manager, console = task_manager(), _console()
    if name in manager.all_groups:
        console.print(f"{name}: a group of {', '.join(_members(manager, name))}")
        return 0
    if name not in manager.all_subtasks:
        raise unknown("task", name, manager.all_tasks, see="phingpt-bench tasks")
    config = manager.task_index[name].cfg
    entry = catalogue.dataset(config["dataset_kwargs"]["dataset"])
    facts = {
        "task": f"{name}, version {config['metadata']['version']}",
        "dataset": entry.title,
        "protocol": entry.protocol,
        "licence": entry.licence,
        "labels": ", ".join(entry.labels),
        "rows": ", ".join(f"{split} {count:,}" for split, count in entry.rows.items()),
        "split rule": entry.split_rule,
        "metrics": ", ".join(_metrics(config)),
    }
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    for key, value in facts.items():
        table.add_row(key, value)
    console.print(table)
    origin, prompt, answer = _example(manager, name, entry.kind, config)
    console.print(f"\nExample ({origin})\n")
    console.print(prompt + "[" + answer.replace("\n", "\\n") + "]", soft_wrap=True)
    console.print("\nBetween the brackets: what the right answer adds to the prompt.")
    return 0


def _example(manager: Any, name: str, kind: str, config: dict[str, Any]) -> tuple[str, str, str]:
    """(where the document is from, prompt, answer): a training document of the dataset, else of the demo corpus."""
    from phingpt_bench.harness import manager as tasks
    from phingpt_bench.harness.validate import unreachable

    reason = unreachable(config)
    if reason is None:
        task, origin = tasks.load_task(name, manager), "first training document"
    else:
        task = tasks.load_task("phin_demo_sentiment" if kind == "labels" else "phin_demo_ner", manager)
        task.set_config("doc_to_text", config["doc_to_text"])
        origin = f"a document of the demonstration corpus, as {reason}"
    doc = task.training_docs()[0]
    return origin, tasks.render_prompt(task, doc), tasks.answer_text(task, doc)


def _validate(path: Path | None, names: list[str], model: str | None) -> int:
    from phingpt_bench.harness.validate import validate

    console, counts = _console(), {True: 0, False: 0, None: 0}
    tokenizer, reason = _tokenizer(model)
    if tokenizer is None:
        console.print(f"tokens are not checked: {reason}")
    for check in validate(path, names, tokenizer):
        counts[check.ok] += 1
        word = {True: "ok  ", False: "FAIL", None: "--  "}[check.ok]
        console.print(f"{word}  {check.task}  {check.name}: {check.detail}", soft_wrap=True)
    failed = f"{counts[False]} failed" if counts[False] else "none failed"
    console.print(f"{sum(counts.values())} checks: {failed}, {counts[None]} not made")
    return 2 if counts[False] else 0


def _tokenizer(model: str | None) -> tuple[Any, str]:
    """(tokenizer, ""), or (None, why not) where the embedded model is out of reach; BenchError for a named model."""
    from transformers import AutoTokenizer

    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.models import embedded

    if model is None or model == embedded.NAME:
        try:
            return AutoTokenizer.from_pretrained(embedded.embedded_folder()), ""
        except BenchError as err:  # the other checks do not need it
            if model is not None:
                raise
            return None, err.message
    try:
        return AutoTokenizer.from_pretrained(model), ""
    except (OSError, ValueError) as err:
        raise BenchError(
            f"no tokenizer of '{model}' to be had ({str(err).strip().splitlines()[0]})",
            hint=f"give a folder, a Hub id that is cached or in reach, or '{embedded.NAME}' for the embedded model",
        ) from None
