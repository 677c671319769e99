"""`phingpt-bench data`: a mirror of the datasets, filled with a network and used without one."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.folders import add_actions, changed_files, existing, folder_and_names, missing
from phingpt_bench.cli.output import line
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, say_n, spoken

if TYPE_CHECKING:
    from phingpt_bench.data.passport import Passport

NAME = "data"
HELP = sentence("fetch datasets into a mirror folder, list and check them, for work without a network")
EPILOG = sentence("""\
examples:
  phingpt-bench data list                       datasets, licences, what is here
  phingpt-bench data pull phin --to mirror/     those of a task or group
  phingpt-bench data pull fpb fin --to mirror/  by name; all without names
  phingpt-bench data verify mirror/             digests of files and rows
  phingpt-bench data verify mirror/ phin        fails where one is missing

What is there already is not fetched again. Then, also without a network:
  export PHINGPT_BENCH_DATA=mirror/             (docs/air-gap.md)
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    actions = parser.add_subparsers(dest="action", metavar=say("{pull,list,verify}"), required=True)
    pull = add_actions(
        actions, to=say("the mirror (default: $PHINGPT_BENCH_DATA)"), folder=say("the mirror"),
        listed=say("datasets with licence and size"), verified=say("check files and rows"),
    )  # fmt: skip
    pull.add_argument("names", nargs="*", metavar=say("NAME"), help="datasets, tasks or groups (default: all)")


def run(args: argparse.Namespace) -> int:
    """Do it; 0, or 1 where a dataset cannot be fetched or is not what it should be. BenchError without a mirror."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.core.paths import share
    from phingpt_bench.data import catalogue
    from phingpt_bench.data.sources import MIRROR_VARIABLE, mirror

    silence_libraries()
    shipped = share("tasks", catalogue.PASSPORTS)
    known = {
        name: one for name, one in catalogue.readable()[0].items()
        if one.origin.hub is not None or (not one.synthetic and (shipped / f"{name}.yaml").is_file())
    }  # fmt: skip
    if args.action == "list":
        return _list(known.values(), existing(args.folder) if args.folder else mirror())
    given, names = (args.to, args.names) if args.action == "pull" else folder_and_names(args.words, known)
    folder = given or mirror()
    if folder is None:
        raise BenchError("which mirror?", hint="give a folder, or set {variable} to one", variable=MIRROR_VARIABLE)
    chosen = [known[name] for name in _chosen(names, known, known_folder=given is not None or args.action == "pull")]
    if args.action == "pull":
        return _pull(chosen if names else [one for one in chosen if one.origin.hub is not None], folder)
    existing(folder)
    return _verify(chosen, folder, all_here=bool(names))


def _chosen(names: Sequence[str], known: dict[str, Passport], *, known_folder: bool) -> list[str]:
    """The datasets that names of datasets, tasks and groups mean, each once; all without names.

    known_folder: whether no name can have been meant for the folder.
    """
    from phingpt_bench.core.errors import unknown
    from phingpt_bench.lmeval.taskfiles import read_tasks

    files, found = read_tasks(), list(known) if not names else []
    for name in names:
        members = files.members(name)
        if name in known:
            found.append(name)
        elif members:
            found += [dataset for task in members if (dataset := files.tasks[task].dataset) in known]
        else:
            raise unknown(
                sentence("dataset") if known_folder else sentence("dataset or folder"),
                name,
                [*known, *files.tasks, *files.groups],
                see="phingpt-bench data list",
            )
    return list(dict.fromkeys(found))


def _list(known: Iterable[Passport], folder: Path | None) -> int:
    from phingpt_bench.cli.output import show
    from phingpt_bench.data import pull
    from phingpt_bench.text.blocks import Column, Grid
    from phingpt_bench.text.clean import clean

    rows = []
    for passport in known:
        size = 0 if folder is None else pull.size(passport, folder)
        here = say("{size} MB", size=f"{size / 1e6:,.1f}") if size else say("not here")
        rows.append([passport.name, clean(passport.licence), here, clean(passport.origin.hub or "-")])
    heads = (say("dataset"), say("licence"), say("mirror"), "Hub")
    show([Grid([Column(head=head, fold=at in (1, 3), least=12) for at, head in enumerate(heads)], rows)])
    return 0


def _pull(passports: Sequence[Passport], folder: Path) -> int:
    from phingpt_bench.data import pull

    failed = 0
    for passport in passports:
        line(say("{name}: licence {licence}", name=passport.name, licence=passport.licence))
        try:
            written = pull.pull(passport, folder)
        except BenchError as err:
            failed += 1
            line(say("{name}: FAIL: {reason}", name=passport.name, reason=spoken(err.message)), error=True)
            continue
        size = f"{pull.size(passport, folder) / 1e6:,.1f}"
        files = say_n("{n} file written", "{n} files written", len(written))
        line(
            say("{name}: {files}, {size} MB, rows as the passport has them", name=passport.name, files=files, size=size)
        )
    line(say("{n} of {all} datasets are in {folder}", n=len(passports) - failed, all=len(passports), folder=folder))
    return 1 if failed else 0


def _verify(passports: Sequence[Passport], folder: Path, *, all_here: bool) -> int:
    """1 for a fault; all_here: one that is missing is one."""
    from phingpt_bench.data import manifest, pull

    failed = changed_files(folder, manifest.read(folder))
    here = [passport for passport in passports if pull.size(passport, folder)]
    for passport in passports if all_here else ():
        if passport not in here:
            failed += 1
            missing(passport.name, "data", folder)
    for passport in here:
        if reason := pull.fault(passport, folder):
            failed += 1
            line(say("FAIL  {file}: {reason}", file=passport.name, reason=spoken(reason)))
    faults = say_n("{n} fault", "{n} faults", failed)
    line(say("{n} of {all} datasets are here, {faults}", n=len(here), all=len(passports), faults=faults))
    return 1 if failed else 0
