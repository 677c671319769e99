"""`phingpt-bench models`: models from the Hub in a folder, filled with a network and used without one."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli.output import line
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "models"
HELP = sentence("fetch models into a cache folder, list and check them, for work without a network")
EPILOG = sentence("""\
examples:
  phingpt-bench models pull HuggingFaceTB/SmolLM2-1.7B-Instruct --to hub/
  phingpt-bench models list hub/
  phingpt-bench models verify hub/

Safetensors, configuration and tokenizer are fetched, no code and no pickles. An
interrupted pull goes on. Then, also without a network (docs/air-gap.md):
  export HF_HUB_CACHE=hub/ HF_HUB_OFFLINE=1
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    actions = parser.add_subparsers(dest="action", metavar=say("{pull,list,verify}"), required=True)
    pull = actions.add_parser("pull", help=say("fetch what is missing"), allow_abbrev=False)
    pull.add_argument("names", nargs="+", metavar=say("MODEL"), help=say("ids on the Hub, or id@revision"))
    pull.add_argument("--to", type=Path, metavar=say("DIR"), help=say("the folder (default: the Hugging Face cache)"))
    for name, about in (("list", say("models with licence and size")), ("verify", say("check digests of files"))):
        action = actions.add_parser(name, help=about, allow_abbrev=False)
        action.add_argument("folder", nargs="?", type=Path, metavar=say("DIR"), help=say("the folder"))


def run(args: argparse.Namespace) -> int:
    """Do it; 0, or 1 where a file is not what was fetched. BenchError for a model that cannot be fetched."""
    from huggingface_hub import constants

    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.data import manifest, model_pull

    silence_libraries()
    folder = (args.to if args.action == "pull" else args.folder) or Path(constants.HF_HUB_CACHE)
    if args.action == "pull":
        for name in args.names:
            model, _, revision = name.partition("@")
            snapshot, files = model_pull.pull(model, folder, revision or None)
            size, licence = sum(path.stat().st_size for path in files), model_pull.licence_of(snapshot)
            line(
                say(
                    "{model}: revision {revision}, licence {licence}, {n} files, {size} MB",
                    model=model, revision=snapshot.name, licence=licence, n=len(files), size=f"{size / 1e6:,.1f}",
                )
            )  # fmt: skip
        return 0
    known = manifest.read(folder)
    items: dict[tuple[str, str | None, str], int] = {}
    for entry in known.files.values():
        key = (entry.item, entry.revision, entry.licence)
        items[key] = items.get(key, 0) + entry.bytes
    if args.action == "list":
        for (item, revision, licence), size in items.items():
            line(f"{item}  {revision}  {licence}  {size / 1e6:,.1f} MB")
    failed = 0
    if args.action == "verify":
        for name, wrong in manifest.faults(folder, known):
            failed += 1
            line(say("FAIL  {file}: {reason}", file=folder / name, reason=wrong))
    line(say("{n} models in {folder}, {failed} faults", n=len(items), folder=folder, failed=failed))
    return 1 if failed else 0
