"""Training one recipe: rows, base, LoRA, Trainer, adapter folder with card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phingpt_bench.core.at_work import at_work
from phingpt_bench.core.files import synced
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import environment, this_machine
from phingpt_bench.core.provenance import now_text
from phingpt_bench.core.sentences import sentence_n
from phingpt_bench.core.trackers import events_in
from phingpt_bench.core.workplace import alone
from phingpt_bench.cost import flops
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import load_prices, match
from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.events import Priced, Said, training_stages
from phingpt_bench.models import adapter
from phingpt_bench.models.base_spec import BaseSpec, for_training, use_cpu
from phingpt_bench.models.base_spec import device as device_of
from phingpt_bench.models.load import Loaded, layer_weights, load_base
from phingpt_bench.train import checkpoints
from phingpt_bench.train.dataset import TrainingData, training_data
from phingpt_bench.train.face import write_face
from phingpt_bench.train.folder import check_plan, default_folder, prepared
from phingpt_bench.train.recipe import Recipe
from phingpt_bench.train.rows import batches

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager


def train(
    recipe: Recipe,
    out: Path | None = None,
    *,
    resume: bool = False,
    limit: int | None = None,
    device: str | None = None,
    display: Display = QUIET,
    tasks: TaskManager | None = None,
    report_to: Sequence[str] = (),
) -> Path:
    """Train and save; returns the adapter's folder.

    Args:
        recipe: what to train, and on which data.
        out: the folder; by default `default_folder`.
        resume: continue from the last checkpoint in `out` that is whole; without any, start.
        limit: the number of rows of each task, for a trial.
        device: where to train, instead of the recipe's device; it is no part of the recipe.
        display: gets the progress, in the stages of `live.events.training_stages`.
        tasks: lm-eval's TaskManager; by default a new one.
        report_to: trackers (core/trackers.py) that transformers reports losses and settings to.

    BenchError if `out` holds a finished adapter, or an unfinished one without `resume`.
    """
    out = Path(out) if out is not None else default_folder(recipe, limit)
    place = out.parent / f".{out.name}.lock"  # beside the folder, which must be empty or hold a checkpoint
    with alone(place, lambda text: display.tell(Said(text, urgent=True))) as waited:
        if waited and (out / adapter.CARD).is_file():
            return out  # the other one has trained it
        base = recipe.base if device is None else replace(recipe.base, device=device)
        with at_work():
            return _train(
                recipe, base, out, resume=resume, limit=limit, display=display, tasks=tasks, report_to=report_to
            )


def _train(
    recipe: Recipe,
    base: BaseSpec,
    out: Path,
    *,
    resume: bool,
    limit: int | None,
    display: Display,
    tasks: TaskManager | None,
    report_to: Sequence[str],
) -> Path:
    prices = load_prices()  # an unreadable price card should fail now, not after hours
    base = for_training(base)  # a device or dtype that cannot be trained on should fail now
    target = device_of(base)
    checkpoint = prepared(out, resume, display)
    entry = match(prices, this_machine(target))
    display.tell(Priced(entry.usd_per_hour if entry else None))
    loading, preparing, _ = training_stages(recipe.name)
    meter = Meter(target)
    with display.stage(loading), meter.phase("load"):
        if (cpu := use_cpu(base)) is not None:
            display.tell(Said(cpu))
        loaded = load_base(base)
    with display.stage(preparing), meter.phase("prepare"):
        data = training_data(recipe, loaded.tokenizer, limit, tasks)
        steps = batches([len(row.ids) for row in data.rows], recipe.tokens_per_batch, recipe.epochs, recipe.seed)
        check_plan(out, recipe, data, steps, resume=checkpoint is not None)
        # imports of torch and transformers come after what can fail early
        from phingpt_bench.train.callbacks import ProgressCallback, SealCallback
        from phingpt_bench.train.trainer import AnswerTrainer, with_lora

        job = _Job(recipe, out, limit, loaded, data, steps, with_lora(loaded, recipe))
        progress = ProgressCallback(display.tell, [len(row.ids) for row in data.rows], steps)
        pad, callbacks = loaded.tokenizer.pad_token_id, [progress, SealCallback(meter)]
        with events_in(out.name):
            trainer = AnswerTrainer(
                job.model,
                data.rows,
                steps,
                pad,
                recipe,
                out / checkpoints.FOLDER,
                callbacks,
                report_to=report_to,
            )
    if checkpoint is not None:
        meter.resume(checkpoints.read_seal(checkpoint).cost)
    _run(trainer, job, checkpoint, display, meter)
    meter.count(tokens_in=job.tokens)
    job.model.save_pretrained(str(out), safe_serialization=True)
    cost = replace(meter.ledger(prices), flops=job.flops)
    card = _card(job, progress.loss, cost)
    write_face(out, card, recipe.base.model, data.licences)
    synced(out)  # the checkpoints go: what replaces them has to outlast a power cut
    adapter.write_card(out, card)
    checkpoints.remove(out)
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
        with display.stage(stage, checkpoints.steps(checkpoint) if checkpoint else 0), meter.phase("train"):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except KeyboardInterrupt:
        kept = checkpoints.sealed(job.out)
        steps_kept = checkpoints.steps(kept[-1]) if kept else 0
        said = sentence_n(
            "training stopped: {kept} of {n} step is kept in {folder}",
            "training stopped: {kept} of {n} steps are kept in {folder}",
            len(job.steps),
            kept=steps_kept,
            folder=job.out,
        )
        display.tell(Said(said, urgent=True))
        raise


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
        created=now_text(),
        provenance=adapter.CardProvenance(
            environment=environment(),
            rows_too_long=data.too_long,
            dequantised_once=loaded.dequantised,
            adapted_layers=job.adapted_layers,
            threads=loaded.threads,
        ),
    )
