"""`phingpt-bench train`: one recipe to one adapter."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.overrides import add_overrides

if TYPE_CHECKING:
    from phingpt_bench.train.recipe import Recipe

NAME = "train"
HELP = "train a QLoRA adapter from a recipe"
EPILOG = """examples:
  phingpt-bench train demo                    minutes, embedded model and data
  phingpt-bench train sentiment-smollm2-135m  needs data (README, "Data")
  phingpt-bench train my-recipe.yaml --out adapters/trained/mine
  phingpt-bench train demo epochs=1 lora.r=8  other values than the file's
  phingpt-bench train demo epochs=1 --dry-run the recipe as it would be used
  phingpt-bench train demo --resume           resume after an interruption
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("recipe", metavar="RECIPE", help="a shipped recipe's name or a YAML file")
    add_overrides(parser, "epochs=1 or lora.r=8")
    parser.add_argument("--dry-run", action="store_true", help="show the recipe that would be used, and stop")
    parser.add_argument("--out", type=Path, metavar="DIR", help="adapter folder (default: adapters/trained/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="resume from the last checkpoint, if there is one")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows of each task, for a trial")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Train, and print the result and its cost; 0. BenchError for a bad recipe and for missing data."""
    from phingpt_bench.cli.output import line
    from phingpt_bench.cli.silence import silence_libraries
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.core.overrides import parsed
    from phingpt_bench.cost.ledger import total_joules
    from phingpt_bench.live.choose import display
    from phingpt_bench.live.events import Planned, training_stages
    from phingpt_bench.models.adapter import read_card
    from phingpt_bench.text.money import usd_text
    from phingpt_bench.text.quantities import duration_text, energy_text, flops_text
    from phingpt_bench.train.recipe import load_recipe
    from phingpt_bench.train.run import default_folder, train

    if args.limit is not None and args.limit < 1:
        raise BenchError(f"--limit {args.limit} leaves no rows", hint="give at least 1")
    overrides = parsed(args.overrides)
    recipe = load_recipe(args.recipe, overrides)
    out = args.out or default_folder(recipe, args.limit, overrides)
    if args.dry_run:
        _show(recipe, out, args.overrides)
        return 0
    silence_libraries()
    with display(quiet=args.quiet) as shown:
        shown.tell(Planned(training_stages(recipe.name)))
        folder = train(recipe, out, resume=args.resume, limit=args.limit, display=shown)
    card = read_card(folder)
    seconds = card.cost.seconds.get("train")
    line(f"adapter {card.name}: {folder}")
    print(f"{card.rows} rows, {card.steps} steps, {card.parameters:,} trainable parameters")
    energy = energy_text(total_joules(card.cost))
    print(
        f"training {duration_text(seconds)}, {usd_text(card.cost.usd)}, energy {energy}, {flops_text(card.cost.flops)}"
    )
    return 0


def _show(recipe: Recipe, out: Path, changed: list[str]) -> None:
    """The recipe as a file that would train the same, and where its adapter would go."""
    from dataclasses import asdict

    import yaml

    from phingpt_bench.models.adapter import CARD

    print(f"# recipe {recipe.name}" + (f" with {' '.join(changed)}" if changed else ""))
    print(f"# adapter: {out}" + (" (already there)" if (out / CARD).is_file() else ""))
    print(yaml.safe_dump(asdict(recipe), sort_keys=False, allow_unicode=True), end="")
