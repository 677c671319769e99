"""`phingpt-bench why`: which words of a text drove an answer, of one run or of two on the same base."""

from __future__ import annotations

import argparse

from phingpt_bench.cli import leaderboard_html
from phingpt_bench.cli.output import add_output, report
from phingpt_bench.cli.run_args import add_asked_again, add_served
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "why"
HELP = sentence("which words drove an answer: each word left out in turn, base and adapter on the same weights")
EPILOG = sentence("""\
A run is named as on a board (an adapter, "base"), or by its folder. With two, A
is the reference. Their base is loaded and asked again; the data are needed.

examples:
  phingpt-bench why base demo --task phin_demo_sentiment --results results/local
  phingpt-bench why base sentiment-smollm2-135m --task phin_fpb --limit 20
  phingpt-bench why sentiment-smollm2-135m --task phin_fpb --rows errors
  phingpt-bench why RUN_FOLDER --rows ROW_ID OTHER_ROW_ID
  phingpt-bench why base demo --task phin_demo_sentiment --limit 0 \\
      --with-text --format html --output why.html
  phingpt-bench why base demo --task phin_demo_sentiment --with-text --serve
  phingpt-bench why base demo --task phin_demo_sentiment --rows all --limit 0 \\
      --faithfulness --format json --output why.json
  phingpt-bench why base --task phin_demo_sentiment --rows all --reasons
  phingpt-bench why base --task phin_fpb_gen --reasons \\
      --model local-chat-completions \\
      --model-args base_url=http://127.0.0.1:8000,model=NAME

What the figures mean: docs/why.md.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("a", metavar="RUN", help="a run, or the reference of two")
    parser.add_argument("b", nargs="?", metavar="B", help="the challenger, on the same base")
    parser.add_argument("--task", metavar="T", help="the task; not needed for a run's folder")
    parser.add_argument(
        "--rows",
        nargs="+",
        default=[],
        metavar=say("ROWS"),
        help="flips, errors, all, random (all rows in random order), or ids of rows"
        " (default: flips of two runs, errors of one)",
    )
    parser.add_argument(
        "--limit", type=int, default=5, metavar="N", help="only the first N of these rows; 0 for all (default 5)"
    )
    parser.add_argument("--faithfulness", action="store_true", help="also compare the first words with random ones")
    parser.add_argument(
        "--reasons",
        action="store_true",
        help="also let the model write the reason of each label, and test it (docs/why.md)",
    )
    add_asked_again(parser)
    add_served(parser)
    parser.add_argument(
        "--with-text",
        action="store_true",
        help="in JSON and HTML: also the texts of the rows, which licences may protect",
    )
    parser.add_argument(
        "--serve",
        nargs="?",
        type=int,
        const=0,
        metavar=say("PORT"),
        help="show the page to a browser of this machine; it can ask the models about other words",
    )
    add_output(parser, ("terminal", "markdown", "json", "html"))


def run(args: argparse.Namespace) -> int:
    """Ask again, draw; 0. BenchError for names of no run, and for runs that cannot be asked again here."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.evaluate.tasks import Tasks
    from phingpt_bench.page.why import html
    from phingpt_bench.render.why_blocks import why_blocks
    from phingpt_bench.results.comparison.asked import runs_of
    from phingpt_bench.served.spec import from_args
    from phingpt_bench.text.write_terminal import check_width
    from phingpt_bench.why.explain import explained
    from phingpt_bench.why.export import to_json

    check_width(args.width)
    if args.serve is not None and args.output is not None:
        raise BenchError("--serve shows the page and writes no file", hint="for a file give --format html")
    if args.serve is None and args.format == "html":
        leaderboard_html.check_file(args, "why.html")
    if args.limit < 0:
        raise BenchError("--limit must be at least 0", hint="0 means all rows")
    silence_libraries()
    server = None
    if args.serve is not None:
        from phingpt_bench.cli.why_server import Server, serve

        server = Server(args.serve)  # a port that is not free is said before a model is loaded
    runs = runs_of(args.a, args.b, args.task, args.results)
    served = None if args.model is None else from_args(args.model, args.model_args)
    made, live = explained(
        runs, Tasks(), args.adapters, rows=args.rows, limit=args.limit, base=args.base, served=served,
        faithfulness=args.faithfulness, reasons=args.reasons, prompts=args.prompt,
    )  # fmt: skip
    if server is not None:
        serve(server, made, live, with_text=args.with_text)
        return 0
    exports = {
        "json": lambda: to_json(made, with_text=args.with_text),
        "html": lambda: html(made, with_text=args.with_text),
    }
    report(args, lambda: why_blocks(made), exports)
    return 0
