"""`phingpt-bench published`: results from papers and repositories, by protocol, with sources and differences."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from phingpt_bench.cli.output import add_output, report
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "published"
HELP = sentence("show results from papers: as printed, with sources, and how they differ from ours")
EPILOG = sentence("""\
examples:
  phingpt-bench published                           everything, by protocol
  phingpt-bench published --task phin_fpb           results on a task's rows
  phingpt-bench published --protocol fpb-flare-970  one published protocol
  phingpt-bench published --model finma --source finben-english
  phingpt-bench published --format csv --output published.csv

Nothing here was run by us, and nothing is ranked. 'phingpt-bench leaderboard'
shows the same rows below runs of ours. CSV and JSON hold the claims as well
(column 'claim': true); they cannot be checked, so they are not counted as
results.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("--task", action="append", default=[], metavar="T", help="a task, group or dataset of ours")
    parser.add_argument("--source", action="append", default=[], metavar="S", help="a source, such as flame")
    parser.add_argument("--model", metavar=say("TEXT"), help="models with this in their name")
    parser.add_argument("--protocol", action="append", default=[], metavar="P", help="a published protocol id, or ours")
    add_output(parser, ("terminal", "markdown", "csv", "json"))


def run(args: argparse.Namespace) -> int:
    """Print what was asked for; 0, even if nothing was published. BenchError for an unknown name."""
    from phingpt_bench.board.published.choice import beside, choose
    from phingpt_bench.board.published.files import read
    from phingpt_bench.render.published import published_export
    from phingpt_bench.render.published.published_blocks import HEAD, published_blocks

    published = read()
    chosen = choose(
        published,
        ours=our_protocols(args.task) if args.task else None,
        protocols=args.protocol,
        sources=args.source,
        model=args.model,
    )
    others = beside(published, chosen) if args.task else {}
    report(
        args,
        lambda: published_blocks(chosen, others),
        {"csv": lambda: published_export.to_csv(chosen), "json": lambda: published_export.to_json(chosen)},
        page=lambda: published_blocks(chosen, others, narrow=False),
        title=say(HEAD),
    )
    return 0


def our_protocols(names: Sequence[str]) -> list[str]:
    """The protocol ids of tasks, groups, tags and datasets of ours; ids stay. BenchError for an unknown name."""
    from phingpt_bench.core.errors import unknown
    from phingpt_bench.data import catalogue

    ids = {name for name in names if "/" in name}
    if ids:
        known = {passport.protocol for passport in catalogue.readable()[0].values()}
        for name in sorted(ids - known):
            raise unknown(sentence("protocol"), name, known, see="phingpt-bench tasks")
    datasets = [name for name in names if name in catalogue.names()]  # one may be both, and then it is the same rows
    ids |= {catalogue.dataset(name).protocol for name in datasets}
    tasks = [name for name in names if "/" not in name and name not in datasets]
    if tasks:
        from phingpt_bench.lmeval.taskfiles import read_tasks

        files = read_tasks()
        for name in tasks:
            if not (members := files.members(name)):
                raise unknown(sentence("task"), name, [*files.tasks, *files.groups], see="phingpt-bench tasks")
            read = {files.tasks[member].dataset for member in members}
            ids |= {catalogue.dataset(dataset).protocol for dataset in read & set(catalogue.names()) if dataset}
    return sorted(ids)
