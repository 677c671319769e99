"""`phingpt-bench data`: a mirror of the datasets, filled with a network and used without one."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
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
  phingpt-bench data verify titulares           the rows of a task of yours

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
    every = catalogue.readable()[0]
    mirrored = {
        name for name, one in every.items()
        if one.origin.hub is not None or (not one.synthetic and (shipped / f"{name}.yaml").is_file())
    }  # fmt: skip
    if args.action == "list":
        return _list([every[name] for name in sorted(mirrored)], existing(args.folder) if args.folder else mirror())
    given, names = (args.to, args.names) if args.action == "pull" else folder_and_names(args.words, every)
    named = _chosen(names, every, known_folder=given is not None or args.action == "pull") if names else mirrored
    chosen = [every[name] for name in every if name in named]
    known, own = ([one for one in chosen if (one.name in mirrored) == there] for there in (True, False))
    folder = given or mirror()
    if folder is None and (known or not own):
        raise BenchError("which mirror?", hint="give a folder, or set {variable} to one", variable=MIRROR_VARIABLE)
    if args.action == "pull":
        for passport in own:
            line(say("{name}: on no Hub, so there is nothing to fetch", name=passport.name))
        wanted = known if names else [one for one in known if one.origin.hub is not None]
        return _pull(wanted, folder) if folder is not None and wanted else 0
    return _verify(known, own, folder if folder is None else existing(folder), all_here=bool(names))


def _chosen(names: Sequence[str], known: Mapping[str, Passport], *, known_folder: bool) -> set[str]:
    """The datasets that names of datasets, tasks and groups mean.

    known_folder: whether no name can have been meant for the folder.
    """
    from phingpt_bench.core.errors import unknown
    from phingpt_bench.lmeval.taskfiles import read_tasks

    files = read_tasks()
    found = set()
    for name in names:
        members = files.members(name)
        if name in known:
            found.add(name)
        elif members:
            datasets = [dataset for task in members if (dataset := files.tasks[task].dataset) is not None]
            found |= {one for one in datasets if one in known and (known[one].origin.hub or list(members) == [name])}
        else:
            raise unknown(
                sentence("dataset") if known_folder else sentence("dataset or folder"),
                name,
                [*known, *files.tasks, *files.groups],
                see="phingpt-bench data list",
            )
    return found


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


def _verify(passports: Sequence[Passport], own: Sequence[Passport], folder: Path | None, *, all_here: bool) -> int:
    """1 for a fault. own: datasets on no Hub, whose rows are next to their task. all_here: a missing one is a fault."""
    from phingpt_bench.data import manifest, pull

    failed = 0 if folder is None else changed_files(folder, manifest.read(folder))
    here = [one for one in passports if folder is not None and pull.size(one, folder)]
    if all_here and folder is not None:
        for passport in passports:
            if passport not in here:
                failed += 1
                missing(passport.name, "data", folder)
    for passport in [*here, *own]:
        if reason := pull.fault(passport, folder):
            failed += 1
            line(say("FAIL  {file}: {reason}", file=passport.name, reason=spoken(reason)))
    faults = say_n("{n} fault", "{n} faults", failed)
    here_now, every = len(here) + len(own), len(passports) + len(own)
    line(say("{n} of {all} datasets are here, {faults}", n=here_now, all=every, faults=faults))
    return 1 if failed else 0
