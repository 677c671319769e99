"""The sides of the training benchmark, and the loss by which both are judged.

Library of `python -m benchmarks.training`.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from benchmarks.measure import Stopwatch, Usage, measured, prepare
from benchmarks.sides import load_stock
from phingpt_bench.core.errors import BenchError
from phingpt_bench.models import adapter
from phingpt_bench.models.base_spec import compute_dtype, device
from phingpt_bench.models.load import load_base
from phingpt_bench.train.dataset import training_data
from phingpt_bench.train.recipe import Recipe
from phingpt_bench.train.rows import Row

Result = TypeVar("Result")

JUDGED = 32  # rows whose loss is compared before and after


@dataclass(frozen=True, slots=True)
class Trained:
    """One training."""

    rows: int
    tokens: int  # without padding
    steps: int
    seconds: float  # of the training steps alone, as the next
    cpu_seconds: float
    usage: Usage  # of the whole process up to its end

    def speed(self, clock: str) -> float:
        """Tokens per second of a clock: "seconds" or "cpu_seconds"."""
        return self.tokens / float(getattr(self, clock))


def alone(work: Callable[..., Result], threads: int, *args: Any) -> Result:
    """work(*args) in a process of its own, so that what one side leaves in memory is not counted as another's.

    Nothing in it is warm: each side pays for its first step, as its users do.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), prepare, (threads,)) as pool:
        return pool.submit(work, *args).result()


def run_side(name: str, recipe: Recipe, limit: int, out: Path, judged: bool) -> tuple[Trained, dict[str, float]]:
    """One training of a side ("ours", "trl" or "trl-kept"), and its `losses` where it is judged."""
    made = ours(recipe, limit, out) if name == "ours" else trl(recipe, limit, out, keep=name == "trl-kept")
    return made, losses(recipe, limit, out) if judged else {}


def rows_of(recipe: Recipe, limit: int | None) -> list[Row]:
    """The recipe's training rows as tokens, the first `limit`."""
    from transformers import AutoTokenizer

    from phingpt_bench.models import embedded

    source = embedded.SMOLLM2.source() if recipe.base.model == embedded.NAME else recipe.base.model
    return training_data(recipe, AutoTokenizer.from_pretrained(source, revision=recipe.base.revision), limit).rows


def ours(recipe: Recipe, limit: int, out: Path) -> Trained:
    """The verb `train`, whole."""
    from phingpt_bench.train.run import train

    with measured() as usage, quiet(), timed() as watch:
        train(recipe, out, limit=limit)
    card = adapter.read_card(out)
    return Trained(card.rows, card.cost.tokens_in or 0, card.steps, watch.seconds, watch.cpu_seconds, usage)


@contextlib.contextmanager
def timed() -> Iterator[Stopwatch]:
    """The time of transformers' Trainer.train within the block: both sides are built on it."""
    from transformers import Trainer

    watch, trainer = Stopwatch(), cast("Any", Trainer)
    train = trainer.train

    def watched(*args: Any, **options: Any) -> Any:
        with watch.running():
            return train(*args, **options)

    trainer.train = watched
    try:
        yield watch
    finally:
        trainer.train = train


def trl(recipe: Recipe, limit: int, out: Path, keep: bool = False) -> Trained:
    """TRL's SFTTrainer on the same tokens, with its defaults except for the learning rate and what it writes.

    So: 8 rows a step as they come, recomputed activations, the model's own attention. keep: keep the activations.
    The dtype is that of the model; under bfloat16 TRL's own mixed precision is on, as by default.
    """
    try:
        from trl import SFTConfig, SFTTrainer
    except ImportError:
        raise BenchError("TRL is not installed", hint="pip install -e '.[bench]'") from None
    from datasets import Dataset
    from peft import LoraConfig

    rows = rows_of(recipe, limit)
    lora = recipe.lora
    with measured() as usage, quiet(), timed() as watch:
        model, tokenizer = load_stock(recipe.base)
        data = Dataset.from_list(
            [{"input_ids": row.ids, "labels": [-100] * row.start + row.ids[row.start :]} for row in rows]
        )
        settings = SFTConfig(
            output_dir=str(out),
            num_train_epochs=1,
            learning_rate=recipe.learning_rate,
            bf16=compute_dtype(recipe.base) == "bfloat16",
            use_cpu=device(recipe.base) == "cpu",
            dataloader_pin_memory=False,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=recipe.seed,
            **({"gradient_checkpointing": False} if keep else {}),
        )
        target = lora.target_modules
        config = LoraConfig(
            r=lora.r,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules="all-linear" if target == ["all-linear"] else target,
            task_type="CAUSAL_LM",
        )
        trainer = SFTTrainer(model, args=settings, train_dataset=data, processing_class=tokenizer, peft_config=config)
        trainer.train()
        trainer.model.save_pretrained(str(out), safe_serialization=True)
        steps = trainer.state.global_step
    return Trained(len(rows), sum(len(row.ids) for row in rows), steps, watch.seconds, watch.cpu_seconds, usage)


def losses(recipe: Recipe, limit: int, out: Path) -> dict[str, float]:
    """Mean cross-entropy over the answer tokens of the first rows, without and with the adapter in `out`."""
    from peft import PeftModel

    rows = rows_of(recipe, limit)[:JUDGED]
    with quiet():
        model = PeftModel.from_pretrained(load_base(recipe.base).model, str(out)).eval()
    after = _loss(model, rows)
    with model.disable_adapter():
        return {"loss_before": _loss(model, rows), "loss_after": after}


def _loss(model: Any, rows: Sequence[Row]) -> float:
    """One row at a time: no padding, no trainer's own arithmetic."""
    import torch

    total, count = 0.0, 0
    with torch.no_grad():
        for row in rows:
            ids = torch.tensor([row.ids], device=model.device)
            answer = ids[0, row.start :]
            logits = model(input_ids=ids).logits[0, row.start - 1 : -1].float()
            total += float(torch.nn.functional.cross_entropy(logits, answer, reduction="sum"))
            count += len(answer)
    return total / count


@contextlib.contextmanager
def quiet() -> Any:
    """Within the block nothing is printed: both trainers log their steps."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
