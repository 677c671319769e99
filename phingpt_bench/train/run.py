"""Training one recipe: rows, base, LoRA, Trainer, adapter folder with card."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phingpt_bench.core import jsonio
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.machine import environment, this_machine
from phingpt_bench.core.overrides import Override, folder_suffix
from phingpt_bench.core.records import Ledger
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.core.workplace import alone
from phingpt_bench.cost import flops
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import load_prices, match
from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.events import Priced, Said, training_stages
from phingpt_bench.models import adapter
from phingpt_bench.models.load import Loaded, layer_weights, load_base
from phingpt_bench.train.dataset import TrainingData, training_data
from phingpt_bench.train.recipe import Recipe
from phingpt_bench.train.rows import batches

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager

CHECKPOINTS = "checkpoints"


def default_folder(recipe: Recipe, limit: int | None = None, overrides: Sequence[Override] = ()) -> Path:
    """The default folder of an adapter: adapters/trained/<recipe> under the current folder.

    A trial on the first `limit` rows, and a recipe that was read with overrides and kept its name, have folders of
    their own, so that they are not mistaken for the recipe's adapter.
    """
    name = recipe.name if limit is None else f"{recipe.name}_first-{limit}"
    if overrides and all(override.key != ("name",) for override in overrides):
        name = f"{name}_{folder_suffix(overrides)}"
    return Path("adapters") / "trained" / name


def train(
    recipe: Recipe,
    out: Path | None = None,
    *,
    resume: bool = False,
    limit: int | None = None,
    display: Display = QUIET,
    tasks: TaskManager | None = None,
) -> Path:
    """Train and save; returns the adapter's folder.

    Args:
        recipe: what to train, and on which data.
        out: the folder; by default `default_folder`.
        resume: continue from the last checkpoint in `out`; without one, start.
        limit: the number of rows of each task, for a trial.
        display: gets the progress, in the stages of `live.events.training_stages`.
        tasks: lm-eval's TaskManager; by default a new one.

    BenchError if `out` holds a finished adapter, or an unfinished one without `resume`.
    """
    out = Path(out) if out is not None else default_folder(recipe, limit)
    place = out.parent / f".{out.name}.lock"  # beside the folder, which must be empty or hold a checkpoint
    with alone(place, lambda text: display.tell(Said(text, urgent=True))) as waited:
        if waited and (out / adapter.CARD).is_file():
            return out  # the other one has trained it
        return _train(recipe, out, resume=resume, limit=limit, display=display, tasks=tasks)


def _train(
    recipe: Recipe, out: Path, *, resume: bool, limit: int | None, display: Display, tasks: TaskManager | None
) -> Path:
    prices = load_prices()  # an unreadable price card should fail now, not after hours
    checkpoint = _prepare(out, resume)
    entry = match(prices, this_machine())
    display.tell(Priced(entry.usd_per_hour if entry else None))
    loading, preparing, _ = training_stages(recipe.name)
    meter = Meter()
    with display.stage(loading), meter.phase("load"):
        loaded = load_base(recipe.base)
    with display.stage(preparing), meter.phase("prepare"):
        data = training_data(recipe, loaded.tokenizer, limit, tasks)
        steps = batches([len(row.ids) for row in data.rows], recipe.tokens_per_batch, recipe.epochs, recipe.seed)
        _check_plan(out, recipe, data, steps, resume=checkpoint is not None)
        # imports of torch and transformers come after what can fail early
        from phingpt_bench.train.callbacks import CostCallback, ProgressCallback
        from phingpt_bench.train.trainer import AnswerTrainer, with_lora

        job = _Job(recipe, out, limit, loaded, data, steps, with_lora(loaded, recipe))
        progress = ProgressCallback(display.tell, [len(row.ids) for row in data.rows], steps)
        pad, callbacks = loaded.tokenizer.pad_token_id, [progress, CostCallback(meter)]
        trainer = AnswerTrainer(job.model, data.rows, steps, pad, recipe, out / CHECKPOINTS, callbacks)
    if checkpoint is not None:
        CostCallback.add_earlier(meter, checkpoint)
    _run(trainer, job, checkpoint, display, meter)
    meter.count(tokens_in=job.tokens)
    job.model.save_pretrained(str(out), safe_serialization=True)
    cost = replace(meter.ledger(prices), flops=job.flops)
    adapter.write_card(out, _card(job, progress.loss, cost))
    shutil.rmtree(out / CHECKPOINTS)
    return out


@dataclass(frozen=True, slots=True)
class _Job:
    """One training: its recipe, its folder, and the model with its new LoRA.

    limit: the number of rows of each task, None for all. steps: the rows of each optimiser step.
    """

    recipe: Recipe
    out: Path
    limit: int | None
    loaded: Loaded
    data: TrainingData
    steps: list[list[int]]
    model: Any

    @property
    def parameters(self) -> int:
        """The number of trainable parameters."""
        return int(self.model.get_nb_trainable_parameters()[0])

    @property
    def adapted_layers(self) -> list[str]:
        """The kinds of layers that hold LoRA, by the last part of their names."""
        return sorted({name.rpartition(".")[2] for name in self.model.base_model.targeted_module_names})

    @property
    def tokens(self) -> int:
        """Tokens of all steps, without padding."""
        return sum(len(self.data.rows[i].ids) for step in self.steps for i in step)

    @property
    def flops(self) -> float | None:
        """Floating-point operations of all steps; None if the base's size is unknown."""
        recomputing = self.recipe.gradient_checkpointing
        return flops.training(layer_weights(self.loaded), self.tokens, self.parameters, recomputing=recomputing)


def _run(trainer: Any, job: _Job, checkpoint: Path | None, display: Display, meter: Meter) -> None:
    """Run all steps, or those after a checkpoint. An interruption reports what is kept."""
    stage = training_stages(job.recipe.name, len(job.steps))[-1]
    try:
        with display.stage(stage, _steps(checkpoint) if checkpoint else 0), meter.phase("train"):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except KeyboardInterrupt:
        kept = _checkpoints(job.out)
        steps_kept = _steps(kept[-1]) if kept else 0
        said = sentence_n(
            "training stopped: {kept} of {n} step is kept in {folder}",
            "training stopped: {kept} of {n} steps are kept in {folder}",
            len(job.steps),
            kept=steps_kept,
            folder=job.out,
        )
        display.tell(Said(said, urgent=True))
        raise


def _prepare(out: Path, resume: bool) -> Path | None:
    """Create the folder; returns the checkpoint to resume from, or None."""
    if (out / adapter.CARD).is_file():
        raise BenchError(
            sentence("the adapter exists already"), where=str(out), hint=sentence("delete the folder, or use --out DIR")
        )
    found = _checkpoints(out)
    if found and not resume:
        raise BenchError(
            sentence("the folder holds an unfinished training"),
            where=str(out),
            hint=sentence("resume with --resume, or delete the folder"),
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise BenchError(
            sentence("cannot make the adapter's folder ({reason})", reason=err.strerror), where=str(out)
        ) from None
    return found[-1] if found else None


def _checkpoints(out: Path) -> list[Path]:
    """The complete checkpoints of an unfinished training, oldest first: those with the file that is written last."""
    found = (out / CHECKPOINTS).glob("checkpoint-*")
    return sorted((p for p in found if (p / "spent.json").is_file()), key=_steps)


def _steps(checkpoint: Path) -> int:
    """The number of steps before a checkpoint."""
    return int(checkpoint.name.rpartition("-")[2])


def _check_plan(out: Path, recipe: Recipe, data: TrainingData, steps: list[list[int]], *, resume: bool) -> None:
    """Write what determines the training next to the checkpoints, or compare it with the existing file.

    BenchError if the checkpoints belong to another recipe or other rows.
    """
    file = out / CHECKPOINTS / "plan.json"
    plan = {"recipe": adapter.trained_by(asdict(recipe)), "data": data.digests, "steps": digest(steps)}
    if resume and jsonio.read_json(file) != plan:
        raise BenchError(
            sentence("the unfinished training in it has another recipe or other rows"),
            where=str(out),
            hint=sentence("delete the folder, or give another with --out"),
        )
    jsonio.write_json(file, plan)


def _card(job: _Job, loss: float | None, cost: Ledger) -> adapter.AdapterCard:
    recipe, loaded, data = job.recipe, job.loaded, job.data
    return adapter.AdapterCard(
        **adapter.base_fields(loaded),
        name=recipe.name,
        recipe=asdict(recipe),
        templates=data.templates,
        chat_template=recipe.chat_template,
        chat_template_digest=adapter.chat_template_digest(loaded.tokenizer) if recipe.chat_template else None,
        data=data.digests,
        row_ids=data.ids,
        rows=len(data.rows),
        limit=job.limit,
        steps=len(job.steps),
        seed=recipe.seed,
        parameters=job.parameters,
        final_loss=loss,
        cost=cost,
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        provenance=adapter.CardProvenance(
            environment=environment(),
            rows_too_long=data.too_long,
            dequantised_once=loaded.dequantised,
            adapted_layers=job.adapted_layers,
        ),
    )
