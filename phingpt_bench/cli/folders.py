"""What `data` and `models` share: pull, list and verify a folder that is filled with a network and used without."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.output import line
from phingpt_bench.core.errors import no_folder
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.data.manifest import Manifest


def add_actions(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], *, to: str, folder: str, listed: str, verified: str
) -> argparse.ArgumentParser:
    """Adds the three to a verb's sub-commands; returns `pull`, which still lacks its names. Texts are helps."""
    pull = actions.add_parser("pull", help="fetch what is missing")
    pull.add_argument("--to", type=Path, metavar=say("DIR"), help=to)
    action = actions.add_parser("list", help=listed)
    action.add_argument("folder", nargs="?", type=Path, metavar=say("DIR"), help=folder)
    action = actions.add_parser("verify", help=verified)
    action.add_argument(
        "words", nargs="*", metavar=say("DIR"), help=say("{folder}, and names of what it must hold", folder=folder)
    )
    return pull


def folder_and_names(words: Sequence[str], known: Collection[str] = ()) -> tuple[Path | None, list[str]]:
    """The folder to check, if the first word is one and no known name, and the names of what it must hold."""
    if (
        words
        and words[0] not in known
        and (words[0].endswith("/") or words[0].startswith((".", "/", "~")) or Path(words[0]).is_dir())
    ):
        return Path(words[0]), list(words[1:])
    return None, list(words)


def existing(folder: Path) -> Path:
    """The folder that a user named; BenchError where there is none, which would look like an empty one."""
    if not folder.is_dir():
        raise no_folder(folder, sentence("'verify {name}' checks what has that name", name=folder))
    return folder


def missing(name: str, command: str, folder: Path) -> None:
    """Prints that the folder does not hold what was named. command: the verb that fetches it."""
    fix = f"phingpt-bench {command} pull {name} --to {folder}"
    line(say("FAIL  {name}: not here; {command}", name=name, command=fix))


def changed_files(folder: Path, manifest: Manifest) -> int:
    """How many files are not what was fetched, each with a line."""
    from phingpt_bench.data.manifest import faults

    found = list(faults(folder, manifest))
    for name, wrong in found:
        line(say("FAIL  {file}: {reason}", file=folder / name, reason=wrong))
    return len(found)
