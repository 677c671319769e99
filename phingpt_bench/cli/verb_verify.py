"""`phingpt-bench verify`: whether runs agree with themselves, with the data and with the adapters."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.output import line
from phingpt_bench.cli.run_args import add_adapters, add_prompts
from phingpt_bench.cli.suites import positive
from phingpt_bench.core.sentences import joined, sentence
from phingpt_bench.text.language import say, say_n, spoken

if TYPE_CHECKING:
    from phingpt_bench.evaluate.tasks import Tasks
    from phingpt_bench.results.verify import Checked, Finding

NAME = "verify"
HELP = sentence("check runs against themselves, the data and the adapters; ask some of their rows again")
EPILOG = sentence("""\
examples:
  phingpt-bench verify                      results/ and what is local there
  phingpt-bench verify results/local/demo --all
  phingpt-bench verify results/ --rerun 8   ask 8 random rows of each run again

Exit code 1 where a check fails. What cannot be checked here (no data, no
adapter) is counted, and listed with --all. The checks: docs/reliability.md.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar=say("DIR"), help="folder of runs, searched at any depth"
    )
    add_adapters(parser)
    parser.add_argument("--rerun", type=positive, metavar="N", help="ask N random rows of each run again")
    parser.add_argument(
        "--base", metavar=say("MODEL"), help="for --rerun: a folder or Hub id in place of the recorded base"
    )
    add_prompts(parser)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for --rerun: which rows (default 0)")
    parser.add_argument("--all", action="store_true", help="list each check, also those that pass or were not made")


def run(args: argparse.Namespace) -> int:
    """Check, print what is wrong, and a sum; 0, or 1 where something is. BenchError for a folder without runs."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.evaluate.tasks import Tasks
    from phingpt_bench.results.folders import holding
    from phingpt_bench.results.verify import CODE, Finding, verify

    silence_libraries()
    known = Tasks()
    counts: Counter[bool | None] = Counter()
    folders: Counter[Path] = Counter()
    runs = committed = 0
    for found in verify([args.folder] if args.folder else [], args.adapters):
        runs += 1
        folders[holding(found.path)] += 1
        findings = [found] if isinstance(found, Finding) else [*found.findings, *_again(args, found, known)]
        for finding in findings:
            counts[finding.ok] += 1
            committed += finding.check == CODE and finding.ok is True
            if finding.ok is False or args.all:
                word = {True: say("ok"), False: say("FAIL"), None: "--"}[finding.ok]
                detail = f": {spoken(finding.detail)}" if finding.detail else ""
                line(f"{word:<4}  {finding.path.parent}  {say(finding.check)}{detail}")
    total = say_n("{n:,} run", "{n:,} runs", runs)
    line(
        say(
            "{runs}, {checks} checks: {failed} failed, {left} could not be made here",
            runs=total,
            checks=counts.total(),
            failed=counts[False],
            left=counts[None],
        )
    )
    line(say("made by code that a commit holds: {n} of {all}", n=committed, all=runs))
    line(say("read: {folders}", folders=", ".join(f"{folder}/ ({n})" for folder, n in folders.items())))
    return 1 if counts[False] else 0


def _again(args: argparse.Namespace, checked: Checked, known: Tasks) -> list[Finding]:
    """The rows that were asked again, where that was wanted."""
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.results.verify import Finding

    if args.rerun is None:
        return []
    from phingpt_bench.evaluate.rerun import rerun

    path, record = checked.path, checked.record
    try:
        found = rerun(
            path, record, checked.outcomes, args.rerun, known, args.adapters, seed=args.seed, base=args.base,
            prompts=args.prompt,
        )  # fmt: skip
    except BenchError as err:
        return [Finding(path, "rerun", None, err.message)]
    parts = [sentence("{k} of {rows} rows are answered differently", k=len(found.differing), rows=found.rows)]
    if found.largest is not None:
        parts.append(
            sentence(
                "probabilities differ by {largest} at most, {tolerance} are allowed",
                largest=f"{found.largest:.2g}", tolerance=f"{found.tolerance:.2g}",
            )
        )  # fmt: skip
    if found.differing:
        parts.append(sentence("first {row}", row=found.differing[0]))
    return [Finding(path, "rerun", len(found.differing) <= found.allowed, joined(parts))]
