"""`phingpt-bench export`: run records for a model card, for programs that read lm-eval's files, for spreadsheets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from phingpt_bench.cli.output import deliver
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "export"
HELP = sentence("write results for a model card on the Hub, as lm-eval's result files, or as CSV")
FORMS = ("hf-model-index", "lm-eval", "csv")
EPILOG = sentence("""\
examples:
  phingpt-bench export --to hf-model-index --model sentiment-smollm2-135m
  phingpt-bench export results/my-suite --to lm-eval --output lm-eval-output
  phingpt-bench export results/ --to csv --output results.csv

hf-model-index is YAML metadata and a table for the README.md of an adapter; to
upload it: 'hf upload USER/ADAPTER README.md'. lm-eval writes results_*.json,
and samples where those of the run and its dataset are here.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar=say("DIR"), help="a folder with runs (default: results/)"
    )
    parser.add_argument("--to", required=True, choices=FORMS, help="what to write")
    parser.add_argument("--model", metavar=say("NAME"), help="an adapter or a model, as the board calls it")
    parser.add_argument("--output", type=Path, metavar=say("PATH"), help="the file to write; of lm-eval the folder")
    parser.add_argument(
        "--card", type=Path, metavar=say("DIR"), help="hf-model-index: into the README.md of this adapter's folder"
    )


def run(args: argparse.Namespace) -> int:
    """Writes; 0. BenchError for no runs, a model that is not there, and lm-eval's files without a folder for them."""
    folders = [] if args.folder is None else [args.folder]  # without any what is local is meant, too
    if args.to == "lm-eval":
        return _lm_eval(args, folders)
    from phingpt_bench.board.load import Options, load_board

    board, _ = load_board(folders, Options(published=False))
    if args.to == "csv":
        from phingpt_bench.render.board.board_export import to_csv

        deliver(to_csv(board), args.output)
        return 0
    from phingpt_bench.data import catalogue
    from phingpt_bench.render.model_card import model_card, results_of

    passports = {passport.protocol: passport for passport in map(catalogue.dataset, catalogue.names())}
    scores = model_card(results_of(board, args.model), passports)
    if args.card is not None:
        from phingpt_bench.core.files import read_text
        from phingpt_bench.train.face import README, with_scores

        file = args.card / README
        deliver(with_scores(read_text(file) if file.is_file() else "", scores), file)
        return 0
    deliver(scores, args.output)
    return 0


def _lm_eval(args: argparse.Namespace, folders: Sequence[Path]) -> int:
    from phingpt_bench.core.errors import BenchError, unknown
    from phingpt_bench.exchange.lmeval_export import write
    from phingpt_bench.results.collect import collect_from

    if args.output is None:
        raise BenchError("--to lm-eval writes a folder", hint="--output FOLDER names it")
    runs = collect_from(folders)
    if args.model is not None:
        called = [run.record.model.adapter or run.record.model.name for run in runs]
        runs = [run for run, name in zip(runs, called, strict=True) if name == args.model]
        if not runs:
            raise unknown(sentence("model"), args.model, set(called))
    files = write(runs, args.output)
    samples = sum(file.name.startswith("samples_") for file in files)
    text = say(
        "wrote {n} results and {samples} samples files below {folder}",
        n=len(files) - samples,
        samples=samples,
        folder=args.output,
    )
    print(text, file=sys.stderr)
    return 0
