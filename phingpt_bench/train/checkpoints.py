"""The checkpoints of an unfinished training: sealed with the digests of their files, found again, damage named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core import jsonio
from phingpt_bench.core.config import build
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.records import to_dict
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.models.adapter_files import CHECKPOINTS

FOLDER = CHECKPOINTS
KEPT = 2  # the one before the last stays whole while the last one is written
SEAL = "seal.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The last file of a checkpoint: what the training has cost so far, and the digests of the other files."""

    cost: Ledger
    files: dict[str, str]


def seal(checkpoint: Path, cost: Ledger) -> None:
    """Write the seal, after everything else: a checkpoint without one is unfinished, and not used."""
    files = sorted(path for path in checkpoint.iterdir() if path.is_file() and path.name != SEAL)
    made = Seal(cost=cost, files={path.name: file_digest(path) for path in files})
    jsonio.write_json(checkpoint / SEAL, to_dict(made))


def read_seal(checkpoint: Path) -> Seal:
    """The seal; BenchError if it is missing or damaged."""
    file = checkpoint / SEAL
    return build(Seal, jsonio.read_json(file), str(file))


def sealed(out: Path) -> list[Path]:
    """The finished checkpoints of the adapter folder `out`, oldest first, damaged ones among them."""
    found = (out / FOLDER).glob("checkpoint-*")
    return sorted((path for path in found if (path / SEAL).is_file()), key=steps)


def remove(out: Path) -> None:
    """Remove all that an unfinished training needs from the folder of a finished adapter, if a kill left it there."""
    shutil.rmtree(out / FOLDER, ignore_errors=True)


def steps(checkpoint: Path) -> int:
    """The number of steps before a checkpoint."""
    return int(checkpoint.name.rpartition("-")[2])


def damaged(checkpoint: Path) -> str | None:
    """The name of a file that is missing or not as it was written; None for a whole checkpoint.

    Trainer itself resumes silently from a checkpoint that lacks its optimiser, and ends with other weights.
    """
    try:
        files = read_seal(checkpoint).files
    except BenchError:
        return SEAL
    for name, written in files.items():
        try:
            if file_digest(checkpoint / name) != written:
                return name
        except OSError:
            return name
    return None


def newest(out: Path, say: Callable[[Sentence], None]) -> Path | None:
    """The last checkpoint that is whole; None if there is none at all.

    say: called with a message for each damaged one that is left out. BenchError if all of them are damaged.
    """
    found = sealed(out)
    left_out: list[tuple[str, str]] = []
    for checkpoint in reversed(found):
        file = damaged(checkpoint)
        if file is None:
            for name, what in left_out:
                say(
                    sentence(
                        "{name} is damaged ({file}): the training resumes from {earlier} in {folder}",
                        name=name, file=what, earlier=checkpoint.name, folder=out / FOLDER,
                    )
                )  # fmt: skip
            return checkpoint
        left_out.append((checkpoint.name, file))
    if not found:
        return None
    raise BenchError(
        "no checkpoint is whole: {files}",
        where=str(out / FOLDER),
        hint="delete {folder} to train from the start",
        files=", ".join(f"{name} ({file})" for name, file in left_out),
        folder=out / FOLDER,
    )
