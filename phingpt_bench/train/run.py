"""Train one recipe: rows, base, LoRA, Trainer, adapter folder with card."""

from __future__ import annotations

import datetime
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest, environment
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import load_prices
from phingpt_bench.harness import manager
from phingpt_bench.models import adapter
from phingpt_bench.models.load import Loaded, load_base
from phingpt_bench.train.recipe import Recipe
from phingpt_bench.train.rows import Row, batches, task_rows

CHECKPOINTS = "checkpoints"
ADAPTER = "default"  # PEFT's own name for a fresh adapter; saved without it


def default_folder(recipe: Recipe) -> Path:
    """Where an adapter goes unless told otherwise: adapters/trained/<recipe> under the current folder."""
    return Path("adapters") / "trained" / recipe.name


def train(
    recipe: Recipe, out: Path | None = None, *, resume: bool = False, quiet: bool = False, limit: int | None = None
) -> Path:
    """Train and save; returns the adapter's folder.

    resume: go on from the last checkpoint in `out`; without one, start. limit: rows a task, for a trial.
    BenchError when `out` holds a finished adapter, or an unfinished one and `resume` was not asked for.
    """
    out = Path(out) if out is not None else default_folder(recipe)
    checkpoint = _prepare(out, resume)
    meter = Meter()
    with meter.phase("load"):
        loaded = load_base(recipe.base)
    with meter.phase("prepare"):
        data = _data(recipe, loaded, limit)
        steps = batches([len(row.ids) for row in data.rows], recipe.tokens_per_batch, recipe.epochs, recipe.seed)
        _check_checkpoint(out, recipe, data, steps, resume=checkpoint is not None)
        from phingpt_bench.train.progress import Progress
        from phingpt_bench.train.trainer import AnswerTrainer, with_lora

        model = with_lora(loaded, recipe)
        progress = Progress(recipe.name, quiet)
        trainer = AnswerTrainer(
            model, data.rows, steps, loaded.tokenizer.pad_token_id, recipe, out / CHECKPOINTS,
            loaded.model.device.type, [progress],
        )  # fmt: skip
    with meter.phase("train"):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    meter.count(tokens_in=sum(len(data.rows[i].ids) for step in steps for i in step))
    model.save_pretrained(str(out), safe_serialization=True)
    adapter.write_card(out, _card(recipe, loaded, data, trainer, progress.loss, meter))
    shutil.rmtree(out / CHECKPOINTS)
    return out


class _Data:
    """The rows of all tasks of a recipe, and what the card says of them."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.digests: dict[str, str] = {}
        self.ids: dict[str, list[str]] = {}
        self.templates: dict[str, str] = {}
        self.too_long = 0


def _data(recipe: Recipe, loaded: Loaded, limit: int | None) -> _Data:
    data = _Data()
    for name in recipe.tasks:
        rows, docs = task_rows(name, recipe.splits, loaded.tokenizer, chat_template=recipe.chat_template)
        kept = [(row, doc) for row, doc in zip(rows, docs, strict=True) if len(row.ids) <= recipe.max_tokens][:limit]
        data.too_long += sum(len(row.ids) > recipe.max_tokens for row in rows)
        data.rows += [row for row, _ in kept]
        data.digests[f"{name} {'+'.join(recipe.splits)}"] = digest([[row.ids, row.start] for row, _ in kept])
        data.ids[name] = [doc["id"] for _, doc in kept]
        data.templates[name] = manager.template_digest(manager.load_task(name))
    if not data.rows:
        raise BenchError(
            f"recipe '{recipe.name}' has no row of at most {recipe.max_tokens} tokens", hint="raise max_tokens"
        )
    return data


def _prepare(out: Path, resume: bool) -> Path | None:
    """Make the folder; the checkpoint to go on from, or None."""
    if (out / adapter.CARD).is_file():
        raise BenchError(
            "the adapter is already there and finished",
            where=str(out),
            hint="delete the folder or give another with --out",
        )
    found = sorted((out / CHECKPOINTS).glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    # a checkpoint is whole only once its trainer state is written
    found = [path for path in found if (path / "trainer_state.json").is_file()]
    if found and not resume:
        raise BenchError(
            "an unfinished training is there", where=str(out), hint="go on with --resume, or delete the folder"
        )
    out.mkdir(parents=True, exist_ok=True)
    return found[-1] if found else None


def _check_checkpoint(out: Path, recipe: Recipe, data: _Data, steps: list[list[int]], *, resume: bool) -> None:
    """Write what decides the training beside the checkpoints, or compare with what was written: a checkpoint of
    another recipe or other rows is refused."""
    from phingpt_bench.core import jsonio

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
    recipe: Recipe, loaded: Loaded, data: _Data, trainer: Any, loss: float | None, meter: Meter
) -> adapter.AdapterCard:
    model, identity = trainer.model, loaded.identity
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
        data=data.digests,
        row_ids=data.ids,
        rows=len(data.rows),
        steps=trainer.state.global_step,
        seed=recipe.seed,
        parameters=model.get_nb_trainable_parameters()[0],
        final_loss=loss,
        cost=meter.ledger(load_prices()),
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        provenance={
            **environment(),
            "rows left out as too long": data.too_long,
            "dequantised once": loaded.dequantised,
            "adapted layers": sorted(model.peft_config[ADAPTER].target_modules),
        },
    )
