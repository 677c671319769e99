"""`phingpt-bench train`: one recipe to one adapter."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.overrides import add_overrides
from phingpt_bench.cli.suites import add_device
from phingpt_bench.cli.tracking import add_report_to
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.train.recipe import Recipe

NAME = "train"
HELP = sentence("train a QLoRA adapter from a recipe")
EPILOG = sentence("""examples:
  phingpt-bench train demo                     minutes, embedded model and data
  phingpt-bench train sentiment-smollm2-135m   needs data (README, "Data")
  phingpt-bench train my-recipe.yaml --out adapters/trained/mine
  phingpt-bench train demo epochs=1 lora.r=8   other values than the file's
  phingpt-bench train demo epochs=1 --dry-run  the recipe as it would be used
  phingpt-bench train demo --resume            resume after an interruption
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("recipe", metavar=say("RECIPE"), help="a shipped recipe's name or a YAML file")
    add_overrides(parser, "epochs=1, lora.r=8")
    parser.add_argument("--dry-run", action="store_true", help="show the recipe that would be used, and stop")
    parser.add_argument(
        "--out", type=Path, metavar=say("DIR"), help="adapter folder (default: adapters/trained/RECIPE)"
    )
    parser.add_argument("--resume", action="store_true", help="resume from the last checkpoint, if there is one")
    add_device(parser)
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows of each task, for a trial")
    add_report_to(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Train, and print the result and its cost; 0. BenchError for a bad recipe and for missing data."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.cli.output import show
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.core.overrides import parsed
    from phingpt_bench.core.trackers import ready
    from phingpt_bench.live.choose import display
    from phingpt_bench.live.events import Planned, training_stages
    from phingpt_bench.models.adapter import read_card
    from phingpt_bench.render.adapter_blocks import adapter_blocks
    from phingpt_bench.train.folder import default_folder
    from phingpt_bench.train.recipe import load_recipe
    from phingpt_bench.train.run import train

    if args.limit is not None and args.limit < 1:
        raise BenchError("--limit {limit} leaves no rows", hint="give at least 1", limit=args.limit)
    words = [*args.overrides, *([f"base.compute_dtype={args.dtype}"] if args.dtype else [])]
    overrides = parsed(words)
    recipe = load_recipe(args.recipe, overrides)
    out = args.out or default_folder(recipe, args.limit, overrides)
    if args.dry_run:
        _show(recipe, out, words)
        return 0
    silence_libraries()
    trackers = ready(args.report_to)
    with display(quiet=args.quiet) as shown:
        shown.tell(Planned(training_stages(recipe.name)))
        folder = train(
            recipe, out, resume=args.resume, limit=args.limit, device=args.device, display=shown, report_to=trackers
        )
    show(adapter_blocks(folder, read_card(folder)))
    return 0


def _show(recipe: Recipe, out: Path, changed: list[str]) -> None:
    """The recipe as a file that would train the same, and where its adapter would go."""
    from dataclasses import asdict

    import yaml

    from phingpt_bench.models.adapter import CARD

    text = say("recipe {name}", name=recipe.name)
    if changed:
        text = say("recipe {name} with {changes}", name=recipe.name, changes=" ".join(changed))
    print(f"# {text}")
    there = (out / CARD).is_file()
    print(
        "# " + (say("adapter: {folder} (already there)", folder=out) if there else say("adapter: {folder}", folder=out))
    )
    print(yaml.safe_dump(asdict(recipe), sort_keys=False, allow_unicode=True), end="")
