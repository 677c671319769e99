"""`phingpt-bench tasks`: the list of tasks, one protocol in full, numbers for a new one, and checks of files."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli.output import line, show
from phingpt_bench.cli.trust import add_trust
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, spoken

NAME = "tasks"
HELP = sentence("list the tasks and their protocols, show one with an example, or check task files")
EPILOG = sentence("""\
examples:
  phingpt-bench tasks                              all tasks, by dataset
  phingpt-bench tasks --kind spans --all           entities, one line per format
  phingpt-bench tasks show phin_fpb                its passport, with a prompt
  phingpt-bench tasks show fpb/helm-30-seed121/v1  a protocol and its tasks
  phingpt-bench tasks path                         for lm_eval's --include_path
  phingpt-bench tasks stamp my/passports/own.yaml  numbers for a new passport
  phingpt-bench tasks validate                     check our tasks and passports
  phingpt-bench tasks validate my_tasks/           check your own YAML files
  phingpt-bench tasks validate --task phin_fpb \\
      --model HuggingFaceTB/SmolLM2-1.7B-Instruct

'validate' exits with 2 when a check fails; a task whose dataset is missing is
"not checked". Tasks and passports of your own are found in the folder that
$PHINGPT_BENCH_TASKS names (docs/add-a-task.md).

A folder of tasks is code: its YAML may name Python functions. 'show' and
'validate' import none but ours, unless --trust-task-code is given.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("--kind", choices=("labels", "spans", "scores"), help="list only tasks with such answers")
    parser.add_argument("--language", metavar="L", help="list only tasks over rows in this language (en, es)")
    parser.add_argument("--all", action="store_true", help="list each answer format on its own line")
    actions = parser.add_subparsers(dest="action", metavar="{show,path,stamp,validate}", title=say("other actions"))
    in_full = actions.add_parser("show", help="a task, protocol, dataset or group in full")
    in_full.add_argument("task", metavar=say("NAME"), help="name of a task, dataset, group or tag, or a protocol id")
    actions.add_parser("path", help="print the folder of the task files")
    stamp = actions.add_parser("stamp", help="the counted part of a passport, or the lock of the prompts")
    stamp.add_argument(
        "file", nargs="?", type=Path, metavar=say("FILE"), help="a passport whose counts are missing or old"
    )
    stamp.add_argument("--templates", action="store_true", help="write templates.lock (of FILE's folder, or ours)")
    validate = actions.add_parser("validate", help="check task files, including what lm-eval skips")
    validate.add_argument(
        "path", nargs="?", type=Path, metavar=say("PATH"), help="a folder or a YAML file (default: ours)"
    )
    validate.add_argument("--task", action="append", default=[], metavar="T", help="only this task; may be repeated")
    for parsed in (in_full, validate):
        add_trust(parsed)
    validate.add_argument("--model", metavar="M", help="whose tokenizer to check with (default: the embedded model's)")


def run(args: argparse.Namespace) -> int:
    """Print what was asked for; 0, or 2 if a check failed."""
    if args.action == "path":
        from phingpt_bench.core.paths import share

        print(share("tasks"))
        return 0
    if args.action == "show":
        return _show(args.task, trusted=args.trust_task_code)
    from phingpt_bench.cli import tasks_check

    if args.action == "stamp":
        return tasks_check.stamp(args.file, templates=args.templates)
    if args.action == "validate":
        return tasks_check.validate(args.path, args.task, args.model, trusted=args.trust_task_code)
    return _list(args)


def _list(args: argparse.Namespace) -> int:
    """The list; 0, or 2 if a passport cannot be read, which is reported at the end on standard error."""
    from phingpt_bench.data import catalogue
    from phingpt_bench.lmeval.taskfiles import read_tasks
    from phingpt_bench.render.tasks.task_list import list_blocks

    passports, errors = catalogue.readable()
    blocks = list_blocks(read_tasks(), passports, errors, kind=args.kind, language=args.language, every=args.all)
    show(blocks)
    for name, err in errors.items():
        reason = spoken(err.message)
        line(
            say("error: the passport of dataset '{name}' cannot be read: {reason}", name=name, reason=reason),
            error=True,
        )
        if err.hint:
            line(say("hint: {text}", text=spoken(err.hint)), error=True)
    return 2 if errors else 0


def _show(name: str, *, trusted: bool) -> int:
    """The facts of a task and an example, which takes longer; BenchError for an unknown name."""
    from phingpt_bench.lmeval.taskfiles import read_tasks
    from phingpt_bench.lmeval.trust import looked_at
    from phingpt_bench.render.tasks.task_facts import example_blocks, facts_blocks, shown_task

    files = read_tasks()
    with looked_at(trusted=trusted):
        blocks = facts_blocks(name, files)
        if task := shown_task(name, files):
            from phingpt_bench.lmeval.manager import task_manager
            from phingpt_bench.lmeval.sample import example

            blocks += example_blocks(task, example(task, task_manager()))
    show(blocks)
    return 0
