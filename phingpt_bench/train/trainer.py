"""transformers' Trainer with a loss on answer tokens only and batches planned in advance.

Why Trainer and not TRL's SFTTrainer: docs/decisions/0003-trainer.md.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
import torch.utils.checkpoint
from peft import LoraConfig, get_peft_model
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.modeling_layers import GradientCheckpointingLayer

from phingpt_bench.compat import model_parts, torch_parts
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.trackers import PROJECT
from phingpt_bench.engine.head import head_only_at
from phingpt_bench.models import cpu_plan
from phingpt_bench.models.load import Loaded
from phingpt_bench.models.lora import fuse_training
from phingpt_bench.models.memory import free
from phingpt_bench.train import checkpoints
from phingpt_bench.train.recipe import Recipe
from phingpt_bench.train.rows import Row, collate, pieces

RECOMPUTE = functools.partial(torch.utils.checkpoint.checkpoint, use_reentrant=False)

# layers that some architectures fuse into one (Phi-3)
FUSED = {"q_proj": "qkv_proj", "k_proj": "qkv_proj", "v_proj": "qkv_proj", "gate_proj": "gate_up_proj"}
FUSED["up_proj"] = "gate_up_proj"


def target_modules(model: Any, names: Sequence[str] | str) -> list[str] | str:
    """The layers to adapt: "all-linear" for ["all-linear"], otherwise the names, with fused layers for their parts.

    A text is taken as it is: a regular expression, which PEFT matches against whole names. BenchError if the model
    has neither a layer nor its fused form, and for an invalid expression, or one that matches no linear layer.
    """
    if names == "all-linear" or list(names) == ["all-linear"]:
        return "all-linear"
    linear = [name for name, module in model.named_modules() if _is_linear(module)]
    if isinstance(names, str):
        return _matching(names, linear)
    present = {name.rpartition(".")[2] for name in linear}
    found = []
    for name in names:
        if name not in present and FUSED.get(name) not in present:
            raise unknown(sentence("layer in target_modules"), name, present)
        found.append(name if name in present else FUSED[name])
    return sorted(set(found))


def _matching(pattern: str, linear: Sequence[str]) -> str:
    try:
        found = [name for name in linear if re.fullmatch(pattern, name)]
    except re.error as err:
        raise BenchError(
            "target_modules: '{pattern}' is not a regular expression ({reason})", pattern=pattern, reason=err
        ) from None
    if not found:
        raise BenchError(
            "target_modules: the regular expression '{pattern}' matches the whole name of no linear layer",
            hint="names are like {name}; a list of names is written in brackets",
            pattern=pattern,
            name=linear[0],
        )
    return pattern


def _is_linear(module: Any) -> bool:
    return isinstance(module, torch.nn.Linear)  # bitsandbytes' Linear4bit is a subclass


def with_lora(loaded: Loaded, recipe: Recipe) -> Any:
    """The loaded base wrapped with a new LoRA, seeded, in training mode. LoRA weights are float32."""
    torch.manual_seed(recipe.seed)
    lora = recipe.lora
    config = LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        use_rslora=lora.use_rslora,
        use_dora=lora.use_dora,
        target_modules=target_modules(loaded.model, lora.target_modules),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(loaded.model, config).train()


def answer_loss(model: Any, inputs: dict[str, torch.Tensor], answer_tokens: int | None = None) -> torch.Tensor:
    """Mean cross-entropy over the answer tokens of a batch from `collate`.

    answer_tokens: the number in the whole batch if `inputs` are a piece of it; the result is then its share of the
    mean. The output head only runs at positions with a label (1 in 50 for sentiment), and the loss is in float32. In
    bfloat16 the LoRA products run in bfloat16 too (autocast), with float32 master weights.
    """
    causal_lm = model.get_base_model()
    dtype = causal_lm.get_output_embeddings().weight.dtype
    ids, labels = inputs["input_ids"], inputs["labels"]
    counted = labels != -100
    with (
        torch.autocast(ids.device.type, dtype=dtype, enabled=dtype.is_floating_point and dtype != torch.float32),
        head_only_at(causal_lm, counted.nonzero().T, ids.shape[1], float32=False),
    ):
        logits = causal_lm(input_ids=ids, use_cache=False).logits
    answers = labels[counted]
    return torch.nn.functional.cross_entropy(logits.float(), answers, reduction="sum") / (answer_tokens or len(answers))


def backward(
    model: Any, batch: dict[str, torch.Tensor], tokens: int | None, *, recompute: bool = False
) -> torch.Tensor:
    """Add the gradients of the batch's mean loss to the model, piece by piece; returns that loss.

    tokens: padded tokens of a piece, so that only one piece's activations are kept at a time; None is the whole batch.
    The gradients are those of the whole batch, up to the order of sums. recompute: keep only the inputs of the layers
    and recompute the other activations in the backward pass; this is always done for a row longer than a piece.
    """
    counted = int((batch["labels"] != -100).sum())
    loss = torch.zeros((), device=batch["labels"].device)
    for piece in [batch] if tokens is None else pieces(batch, tokens):
        set_recompute(model, recompute or (tokens is not None and piece["labels"].numel() > tokens))
        share = answer_loss(model, piece, counted)
        share.backward()
        loss += share.detach()
    return loss


def set_recompute(model: Any, wanted: bool) -> None:
    """Switch activation checkpointing of every decoder layer on or off (Chen et al. 2016)."""
    for layer in model.modules():
        if isinstance(layer, GradientCheckpointingLayer):
            model_parts.set_checkpointing(layer, RECOMPUTE, wanted)


class AnswerTrainer(Trainer):
    """Trainer over `rows` in the order of `steps` (row indices of each optimiser step, see rows.batches)."""

    def __init__(
        self,
        model: Any,
        rows: Sequence[Row],
        steps: Sequence[list[int]],
        pad: int,
        recipe: Recipe,
        out: Path,
        callbacks: Sequence[TrainerCallback],
        *,
        report_to: Sequence[str] = (),
    ):
        """model: a PEFT model from `with_lora`. pad: the token id for padding. out: the folder for checkpoints.

        BenchError if the recipe asks for gradient checkpointing and the model's layers do not support it.
        """
        fuse_training(model)
        self._steps = steps
        self._tokens = cpu_plan.PIECE * torch.get_num_threads() if model.device.type == "cpu" else None
        self.splits = 0  # how often memory ran out, and a step was done again in smaller pieces
        self._recompute = recipe.gradient_checkpointing
        if self._recompute and not any(isinstance(layer, GradientCheckpointingLayer) for layer in model.modules()):
            raise BenchError(
                "{type} does not support gradient checkpointing",
                hint="remove gradient_checkpointing from the recipe",
                type=model.get_base_model().__class__.__name__,
            )
        self._pad, self._rows, self._peft = pad, list(rows), model
        with model_parts.training_device(str(model.device)) as place:
            arguments = TrainingArguments(
                output_dir=str(out),
                max_steps=len(steps),
                learning_rate=recipe.learning_rate,
                lr_scheduler_type="cosine",
                warmup_steps=int(recipe.warmup * len(steps)),
                weight_decay=recipe.weight_decay,
                max_grad_norm=recipe.max_grad_norm,
                optim="adamw_torch",
                save_strategy="steps",
                save_steps=recipe.save_steps,
                save_total_limit=checkpoints.KEPT,
                logging_steps=min(10, len(steps)),  # a short trial has a loss, too
                report_to=list(report_to),
                run_name=recipe.name,
                project=PROJECT,
                trackio_static_space_id=False,  # on this machine alone
                disable_tqdm=True,
                seed=recipe.seed,
                use_cpu=model.device.type == "cpu",
                remove_unused_columns=False,
                dataloader_pin_memory=False,
            )
            place(arguments)
            super().__init__(model=model, args=arguments, train_dataset=self._rows, callbacks=list(callbacks))
        # Trainer's own print of every log line; the display replaces it
        from transformers.trainer_callback import PrinterCallback

        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> torch.utils.data.DataLoader[Any]:
        """One pass over the planned steps; Trainer skips the first ones when it resumes."""
        return torch.utils.data.DataLoader(
            cast("torch.utils.data.Dataset[Row]", self._rows),
            batch_sampler=self._steps,
            collate_fn=lambda rows: collate(rows, self._pad),
        )

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Trainer's hook. BenchError if the loss is NaN or infinite: training cannot recover."""
        self._peft.train()  # `model` may be a wrapper made by Trainer
        batch = {name: part.to(self._peft.device) for name, part in inputs.items()}  # not always the first GPU
        loss = self._backward(batch)
        if not torch.isfinite(loss):
            raise BenchError(
                "the training loss is {loss} at step {step}",
                hint="lower learning_rate in the recipe, or train in float32",
                loss=loss.item(),
                step=self.state.global_step,
            )
        return loss

    def _backward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """`backward`, in pieces of half the size where the memory of a GPU runs out, from then on."""
        while True:
            try:
                return backward(self._peft, batch, self._tokens, recompute=self._recompute)
            except Exception as err:
                widest = int(batch["labels"].shape[1])
                tokens = batch["labels"].numel() if self._tokens is None else self._tokens
                if torch_parts.memory_that_ran_out(err) != "GPU" or tokens < widest:
                    raise
                self._tokens = tokens // 2  # a row of more tokens is then recomputed
                self.splits += 1
            # outside of the handler, whose traceback holds the tensors of the failed attempt
            self._peft.zero_grad(set_to_none=True)  # a part of the gradients may have been added
            free()
