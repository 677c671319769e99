"""`phingpt-bench rescore`: scores answers in a file, by our rules and by those of other benchmarks."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli.output import add_output, line, report
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "rescore"
HELP = sentence("score answers made elsewhere, or our stored ones again, under any scorer, with intervals")
EPILOG = sentence("""\
examples:
  phingpt-bench rescore answers.csv --task phin_fpb
  phingpt-bench rescore answers.csv --task phin_fpb --scorer all
  phingpt-bench rescore mine.jsonl --labels no,yes --gold-column truth
  phingpt-bench rescore mine.parquet --entity-types PER,ORG,LOC \\
      --answer-format json
  phingpt-bench rescore answers.csv --labels negative,neutral,positive \\
      --codes 0=negative,1=neutral,2=positive
  phingpt-bench rescore mine.jsonl --entity-types PER,ORG,LOC \\
      --type-aliases Company=ORG,Person=PER
  phingpt-bench rescore LOG.eval --labels negative,neutral,positive
  phingpt-bench rescore MY-RUN/samples.jsonl   a run of this program

FILE is CSV, TSV, JSON lines, JSON or parquet with one answer per row, gzipped
or not; or a log of lm-eval, Inspect, HELM, OpenCompass, or a batch of OpenAI or
Anthropic. Rows are matched with those of the task by id or by text; rows
without a match are reported. Reasoning (<think> and the like) is not part of an
answer. No model is loaded.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument(
        "file",
        type=Path,
        metavar=say("FILE"),
        help="the answers, or the folder of a run of ours with its samples.jsonl",
    )
    parser.add_argument("--task", metavar="ID", help="name of a task or dataset, or a protocol id")
    parser.add_argument("--labels", metavar="A,B,C", help="instead of --task: the labels of a file with its own gold")
    parser.add_argument(
        "--entity-types", metavar="T,U", help="instead of --task: the types of a file with its own gold"
    )
    parser.add_argument(
        "--scorer",
        nargs="+",
        action="extend",
        default=[],
        metavar=say("NAME"),
        help="phin (ours, default), another benchmark's (docs/compatibility.md), or all",
    )
    columns = parser.add_argument_group(
        say("columns"), say("guessed from common names if not given; 'none' for no such column")
    )
    columns.add_argument("--answer-column", metavar="C", help="what the model wrote")
    columns.add_argument("--gold-column", metavar="C", help="the right answer; with --task: instead of the task's gold")
    columns.add_argument("--id-column", metavar="C", help="the row ids of the task")
    columns.add_argument("--text-column", metavar="C", help="the bare text, without a prompt")
    columns.add_argument("--document-column", metavar="C", help="column with the document id (for clustered intervals)")
    reading = parser.add_argument_group(say("how answers are read"))
    reading.add_argument(
        "--answer-format",
        metavar="F",
        help="how entities were asked for: lines, json or tags (default: as in the task); other forms are read too",
    )
    reading.add_argument(
        "--codes", metavar=say("C=LABEL,..."), help="labels that are written as codes: 0=negative,1=neutral,2=positive"
    )
    reading.add_argument(
        "--type-aliases", metavar=say("NAME=TYPE,..."), help="other names of entity types: Company=ORG,Person=PER"
    )
    reading.add_argument(
        "--reasoning-marks",
        nargs=2,
        action="append",
        default=[],
        metavar=(say("START"), say("END")),
        help="marks of reasoning in addition to the known ones; START may be empty",
    )
    reading.add_argument("--nested", action="store_true", help="read entities that overlap, not only the longest")
    reading.add_argument(
        "--repeats", choices=("first", "majority"), help="of several answers to a row, which counts (default: first)"
    )
    parser.add_argument(
        "--answered-only",
        action="store_true",
        help="skip rows of the task without an answer: the score is then of another set of rows",
    )
    parser.add_argument(
        "--duplicates",
        default="error",
        choices=("error", "first", "last"),
        help="if rows answer one question differently: an error (default), or which of them counts",
    )
    parser.add_argument("--encoding", metavar=say("NAME"), help="encoding of the file, such as cp1252 (default: utf-8)")
    add_output(parser, ("terminal", "markdown", "csv", "json"))


def run(args: argparse.Namespace) -> int:
    """Print the scores; 0. BenchError for bad input, before anything is printed."""
    from phingpt_bench.render.rescore_blocks import LEAST, rescore_blocks
    from phingpt_bench.rescore import export
    from phingpt_bench.rescore.columns import OPTIONS
    from phingpt_bench.rescore.options import Reading
    from phingpt_bench.rescore.rescore import Request, rescore
    from phingpt_bench.text.write_terminal import check_width

    check_width(args.width, LEAST)
    scored = rescore(
        Request(
            file=args.file,
            task=args.task,
            labels=args.labels,
            entity_types=args.entity_types,
            scorers=tuple(args.scorer),
            columns={role: getattr(args, f"{role}_column") for role in OPTIONS},
            answer_format=args.answer_format,
            answered_only=args.answered_only,
            duplicates=args.duplicates,
            encoding=args.encoding,
            reading=Reading(
                codes=args.codes,
                type_aliases=args.type_aliases,
                reasoning_marks=args.reasoning_marks,
                nested=args.nested,
                repeats=args.repeats,
            ),
        )
    )
    if args.format == "csv":  # a table has no room for them
        line("\n".join(scored.notes), error=True)
    exports = {"csv": lambda: export.to_csv(scored), "json": lambda: export.to_json(scored)}
    report(args, lambda: rescore_blocks(scored), exports, least=LEAST)
    return 0
