"""The run.json files below folders, and below those that a user gave."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from phingpt_bench.core.errors import BenchError, no_folder
from phingpt_bench.core.paths import LOCAL, results_folder
from phingpt_bench.core.records import RECORD
from phingpt_bench.core.sentences import sentence


def files_below(folders: Sequence[Path], *, local: bool = False) -> list[Path]:
    """The run.json files below several folders, each once; as `run_files` for each folder."""
    return list(dict.fromkeys(path for folder in folders for path in run_files(folder, local=local)))


def files_from(folders: Sequence[Path]) -> list[Path]:
    """The run.json files of `collect_from`."""
    return files_below(folders) if folders else files_below([results_folder()], local=True)


def holding(path: Path) -> Path:
    """The results folder of a run.json: the one that holds its runs/, otherwise two above the run."""
    parts = path.parts[:-1]
    runs = len(parts) - 1 - parts[::-1].index("runs") if "runs" in parts else max(len(parts) - 2, 1)
    return Path(*parts[:runs])


def run_files(folder: Path, *, local: bool = False) -> list[Path]:
    """The run.json files below `folder`, ordered by path. local: those in folders of that name as well.

    BenchError if the folder is missing or holds none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise no_folder(folder, sentence("give the folder that 'phingpt-bench run SUITE' wrote, such as results/"))
    skipped: list[str] = []
    files = sorted(map(Path, _walk(str(folder), None if local else skipped)), key=lambda file: file.parts)
    if files:
        return files
    for place in sorted(skipped):
        if any(_walk(place, [])):
            raise BenchError(
                "no run.json below this folder outside {local}/",
                where=str(folder),
                hint="runs in {local}/ are shown when asked for: phingpt-bench leaderboard {place}",
                local=LOCAL,
                place=place,
            )
    raise BenchError(
        "no run.json below this folder", where=str(folder), hint="'phingpt-bench run SUITE' writes run records"
    )


def _walk(folder: str, local: list[str] | None) -> Iterator[str]:
    """The run.json files in and below a folder; folders named LOCAL go to `local` (None: they are walked as well).

    Links to folders are skipped.
    """
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except OSError:  # an unreadable folder is treated as empty
        return
    if RECORD in {entry.name for entry in found}:
        yield f"{folder}/{RECORD}"
    for entry in found:
        if not entry.is_dir(follow_symlinks=False):
            continue
        if entry.name == LOCAL and local is not None:
            local.append(entry.path)
        else:
            yield from _walk(entry.path, local)
