"""The folder of a training: where it is, whether it can be used, and which training its checkpoints belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.core import jsonio
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.overrides import Override, folder_suffix
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.workplace import swept
from phingpt_bench.live.display import Display
from phingpt_bench.live.events import Said
from phingpt_bench.models import adapter
from phingpt_bench.train import checkpoints
from phingpt_bench.train.dataset import TrainingData
from phingpt_bench.train.recipe import Recipe

if TYPE_CHECKING:
    pass


def default_folder(recipe: Recipe, limit: int | None = None, overrides: Sequence[Override] = ()) -> Path:
    """The default folder of an adapter: adapters/trained/<recipe> under the current folder.

    A trial on the first `limit` rows, and a recipe that was read with overrides and kept its name, have folders of
    their own, so that they are not mistaken for the recipe's adapter.
    """
    name = recipe.name if limit is None else f"{recipe.name}_first-{limit}"
    if overrides and all(override.key != ("name",) for override in overrides):
        name = f"{name}_{folder_suffix(overrides)}"
    return Path("adapters") / "trained" / name


def prepared(out: Path, resume: bool, display: Display) -> Path | None:
    """Create the folder; returns the checkpoint to resume from, or None."""
    if (out / adapter.CARD).is_file():
        raise BenchError("the adapter exists already", where=str(out), hint="delete the folder, or use --out DIR")
    if checkpoints.sealed(out) and not resume:
        raise BenchError(
            "the folder holds an unfinished training", where=str(out), hint="resume with --resume, or delete the folder"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        swept(out)
    except OSError as err:
        raise BenchError("cannot make the adapter's folder ({reason})", where=str(out), reason=err.strerror) from None
    return checkpoints.newest(out, lambda text: display.tell(Said(text, urgent=True)))


def check_plan(out: Path, recipe: Recipe, data: TrainingData, steps: list[list[int]], *, resume: bool) -> None:
    """Write what determines the training next to the checkpoints, or compare it with the existing file.

    BenchError if the checkpoints belong to another recipe or other rows.
    """
    file = out / checkpoints.FOLDER / "plan.json"
    plan = {"recipe": adapter.trained_by(asdict(recipe)), "data": data.digests, "steps": digest(steps)}
    if resume:
        try:
            begun = jsonio.read_json(file)
        except BenchError as err:
            hint = sentence("delete {folder} to train from the start", folder=file.parent)
            raise BenchError(err.message, where=err.where, hint=hint) from None
        if begun != plan:
            raise BenchError(
                "the unfinished training in it has another recipe or other rows",
                where=str(out),
                hint="delete the folder, or give another with --out",
            )
    jsonio.write_json(file, plan)
