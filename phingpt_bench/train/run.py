"""Train one recipe: rows, base, LoRA, Trainer, adapter folder with card."""

from __future__ import annotations

import datetime
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phingpt_bench.core import jsonio
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.machine import environment, this_machine
from phingpt_bench.core.records import Ledger
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
ADAPTER = "default"  # PEFT's own name for a fresh adapter; saved without it


def default_folder(recipe: Recipe, limit: int | None = None) -> Path:
    """Where an adapter goes unless told otherwise: adapters/trained/<recipe> under the current folder.

    A trial on the first `limit` rows has a folder of its own: it must not be taken for the recipe's adapter.
    """
    name = recipe.name if limit is None else f"{recipe.name}_first-{limit}"
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

    resume: go on from the last checkpoint in `out`; without one, start. limit: rows a task, for a trial. display: is
    told what is worked on, in the stages of `live.events.training_stages`. tasks: lm-eval's TaskManager, or a new one.
    BenchError when `out` holds a finished adapter, or an unfinished one and `resume` was not asked for.
    """
    out = Path(out) if out is not None else default_folder(recipe, limit)
    prices = load_prices()  # a price card that cannot be read is better found now than after hours
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
        # what imports torch and transformers comes after what can fail early
        from phingpt_bench.train.callbacks import Spending, Telling
        from phingpt_bench.train.trainer import AnswerTrainer, with_lora

        model = with_lora(loaded, recipe)
        telling = Telling(display.tell, [len(row.ids) for row in data.rows], steps)
        trainer = AnswerTrainer(
            model,
            data.rows,
            steps,
            loaded.tokenizer.pad_token_id,
            recipe,
            out / CHECKPOINTS,
            [telling, Spending(meter)],
        )
    already = _steps(checkpoint) if checkpoint is not None else 0
    if checkpoint is not None:
        Spending.add_earlier(meter, checkpoint)
    try:
        with display.stage(training_stages(recipe.name, len(steps))[-1], already), meter.phase("train"):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except KeyboardInterrupt:
        kept = _checkpoints(out)
        steps_kept = _steps(kept[-1]) if kept else 0
        display.tell(Said(f"training stopped: {steps_kept} of {len(steps)} steps are kept in {out}", urgent=True))
        raise
    tokens = sum(len(data.rows[i].ids) for step in steps for i in step)
    meter.count(tokens_in=tokens)
    model.save_pretrained(str(out), safe_serialization=True)
    computed = flops.training(
        layer_weights(loaded), tokens, model.get_nb_trainable_parameters()[0], recomputing=recipe.gradient_checkpointing
    )
    cost = replace(meter.ledger(prices), flops=computed)
    adapter.write_card(out, _card(recipe, loaded, data, model, len(steps), telling.loss, limit, cost))
    shutil.rmtree(out / CHECKPOINTS)
    return out


def _prepare(out: Path, resume: bool) -> Path | None:
    """Make the folder; the checkpoint to go on from, or None."""
    if (out / adapter.CARD).is_file():
        raise BenchError(
            "the adapter is already there and finished", where=str(out), hint="delete the folder, or use --out DIR"
        )
    found = _checkpoints(out)
    if found and not resume:
        raise BenchError(
            "an unfinished training is there", where=str(out), hint="go on with --resume, or delete the folder"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise BenchError(f"cannot make the adapter's folder ({err.strerror})", where=str(out)) from None
    return found[-1] if found else None


def _checkpoints(out: Path) -> list[Path]:
    """The whole checkpoints of an unfinished training, oldest first: those where what is written last is there."""
    found = (out / CHECKPOINTS).glob("checkpoint-*")
    return sorted((p for p in found if (p / "spent.json").is_file()), key=_steps)


def _steps(checkpoint: Path) -> int:
    """How many steps of the training lie behind a checkpoint."""
    return int(checkpoint.name.rpartition("-")[2])


def _check_plan(out: Path, recipe: Recipe, data: TrainingData, steps: list[list[int]], *, resume: bool) -> None:
    """Write what decides the training beside the checkpoints, or compare with what was written: a checkpoint of
    another recipe or other rows is refused."""
    file = out / CHECKPOINTS / "plan.json"
    plan = {"recipe": digest(asdict(recipe)), "data": data.digests, "steps": digest(steps)}
    if resume and jsonio.read_json(file) != plan:
        raise BenchError(
            "the unfinished training there is of another recipe or other rows",
            where=str(out),
            hint="delete the folder, or give another with --out",
        )
    jsonio.write_json(file, plan)


def _card(
    recipe: Recipe, loaded: Loaded, data: TrainingData, model: Any, steps: int, loss: float | None,
    limit: int | None, cost: Ledger,
) -> adapter.AdapterCard:  # fmt: skip
    identity = loaded.identity
    return adapter.AdapterCard(
        name=recipe.name,
        base=identity.base or identity.name,
        base_revision=identity.base_revision,
        quantisation=identity.quantisation,
        compute_dtype=identity.compute_dtype or "",
        vocabulary_digest=adapter.vocabulary_digest(loaded.tokenizer),
        recipe=asdict(recipe),
        templates=data.templates,
        chat_template=recipe.chat_template,
        chat_template_digest=adapter.chat_template_digest(loaded.tokenizer) if recipe.chat_template else None,
        data=data.digests,
        row_ids=data.ids,
        rows=len(data.rows),
        limit=limit,
        steps=steps,
        seed=recipe.seed,
        parameters=model.get_nb_trainable_parameters()[0],
        final_loss=loss,
        cost=cost,
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        provenance=adapter.CardProvenance(
            environment=environment(),
            rows_too_long=data.too_long,
            dequantised_once=loaded.dequantised,
            adapted_layers=sorted(model.peft_config[ADAPTER].target_modules),
        ),
    )
