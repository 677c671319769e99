"""`phingpt-bench train`: one recipe to one adapter."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "train"
HELP = "train a QLoRA adapter from a recipe"
EPILOG = """examples:
  phingpt-bench train demo                    minutes, embedded model and data
  phingpt-bench train sentiment-smollm2-135m  needs data (README, "Data")
  phingpt-bench train my-recipe.yaml --out adapters/trained/mine
  phingpt-bench train demo --resume           go on after an interruption
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("recipe", metavar="RECIPE", help="a shipped recipe's name or a YAML file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="adapter folder (default: adapters/trained/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint, if there is one")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows of each task, for a trial")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Trains, and says what came of it and what it took; 0. BenchError for a bad recipe and for missing data."""
    from phingpt_bench.cli.hush import hush
    from phingpt_bench.cli.output import line
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.cost.ledger import total_joules
    from phingpt_bench.live.choose import display
    from phingpt_bench.live.events import Planned, training_stages
    from phingpt_bench.models.adapter import read_card
    from phingpt_bench.text.money import usd_text
    from phingpt_bench.text.quantities import duration_text, energy_text, flops_text
    from phingpt_bench.train.recipe import load_recipe
    from phingpt_bench.train.run import train

    if args.limit is not None and args.limit < 1:
        raise BenchError(f"--limit {args.limit} leaves no row", hint="give at least 1")
    hush()
    recipe = load_recipe(args.recipe)
    with display(quiet=args.quiet) as shown:
        shown.tell(Planned(training_stages(recipe.name)))
        folder = train(recipe, args.out, resume=args.resume, limit=args.limit, display=shown)
    card = read_card(folder)
    seconds = card.cost.seconds.get("train")
    line(f"adapter {card.name}: {folder}")
    print(f"{card.rows} rows, {card.steps} steps, {card.parameters:,} trainable parameters")
    energy = energy_text(total_joules(card.cost))
    print(
        f"training {duration_text(seconds)}, {usd_text(card.cost.usd)}, energy {energy}, {flops_text(card.cost.flops)}"
    )
    return 0
