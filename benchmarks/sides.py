"""The sides of the evaluation benchmark: stock lm-eval's HFLM, and PhinLM as our runner uses it.

Library of `python -m benchmarks.evaluation` and `benchmarks.exactness`; `benchmarks.training` loads stock models by it.
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measure import Stopwatch, Usage, measured
from phingpt_bench.engine.model_facts import attention, without_peft
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.lean import lean
from phingpt_bench.models import embedded
from phingpt_bench.models.base_spec import BaseSpec, compute_dtype, device
from phingpt_bench.models.load import nf4_config

BATCH = 16


@dataclass(frozen=True, slots=True)
class Side:
    """name as in the table; batch_size as HFLM takes it. The first side of a comparison is what ratios divide."""

    name: str
    batch_size: int | str = BATCH

    @property
    def ours(self) -> bool:
        """Whether it is this project's side."""
        return self.name == "ours"


SIDES = {
    "stock": Side("stock"),
    "stock-1": Side("stock-1", 1),
    "stock-auto": Side("stock-auto", "auto"),
    "ours": Side("ours"),
}


@dataclass(slots=True)
class Watch:
    """What a model class saw: time of its answers (tokenisation included), answers, and the requests as tokens.

    sequences: (document's prompt, tokens that must be forwarded) of each request; of the stock sides only.
    forwards: (rows, width) of the input of every forward, padding included.
    """

    time: Stopwatch = field(default_factory=Stopwatch)
    answers: list[Any] = field(default_factory=list)
    sequences: list[tuple[Any, list[int]]] = field(default_factory=list)
    forwards: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """One side over one task, once. whole: all of lm-eval's evaluation with rendering and metrics."""

    watch: Watch
    whole: Usage


@functools.cache
def _watched(ours: bool) -> type:
    """HFLM or PhinLM with a `watch`."""
    from lm_eval.models.huggingface import HFLM

    from phingpt_bench.engine.lm import PhinLM

    parent: Any = PhinLM if ours else HFLM

    class Watched(parent):
        watch: Watch

        def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> Any:
            with self.watch.time.running():
                answers = super().loglikelihood(requests, disable_tqdm=disable_tqdm)
            self.watch.answers += answers
            return answers

        def _loglikelihood_tokens(self, requests: Any, *args: Any, **options: Any) -> Any:
            if not ours:
                self.watch.sequences += [
                    (tuple(context), [*context, *continuation[:-1]]) for _, context, continuation in requests
                ]
            return super()._loglikelihood_tokens(requests, *args, **options)

        def generate_until(self, requests: Any, disable_tqdm: bool = False) -> Any:
            with self.watch.time.running():
                answers = super().generate_until(requests, disable_tqdm=disable_tqdm)
            self.watch.answers += answers
            if not ours:
                for request, answer in zip(requests, answers, strict=True):
                    prompt = self.tok_encode(request.args[0])
                    written = self.tok_encode(answer, add_special_tokens=False)
                    self.watch.sequences.append((tuple(prompt), [*prompt, *written]))
            return answers

    return Watched


def run_side(side: Side, model: Any, tokenizer: Any, task: Any, shots: int, documents: int, attention: str) -> Run:
    """One side over the first `documents` rows of a task. attention: the implementation the model is to use."""
    from lm_eval import simple_evaluate

    set_attention(model, attention)
    watch = Watch()
    task.set_config("num_fewshot", None)  # simple_evaluate keeps what an earlier run left there
    options: dict[str, Any] = {"num_fewshot": shots, "limit": documents, "task_manager": manager.task_manager()}
    with counted(model, watch), silent(), measured() as usage:
        lm = _watched(side.ours)(pretrained=model, tokenizer=tokenizer, batch_size=side.batch_size)
        lm.watch = watch
        if side.ours:
            with lean(lm, contextlib.nullcontext):
                simple_evaluate(model=lm, tasks=[task], bootstrap_iters=0, log_samples=True, **options)
        else:
            simple_evaluate(model=lm, tasks=[task], **options)
    return Run(watch, usage)


@contextlib.contextmanager
def counted(model: Any, watch: Watch) -> Iterator[None]:
    """Within the block every forward's input shape is noted, by a hook on the input embeddings."""

    def note(_layer: Any, inputs: tuple[Any, ...], _output: Any) -> None:
        watch.forwards.append((inputs[0].shape[0], inputs[0].shape[1]))

    hook = model.get_input_embeddings().register_forward_hook(note)
    try:
        yield
    finally:
        hook.remove()


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Within the block lm-eval and its bars say nothing."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()), manager.quiet():
        yield


def set_attention(model: Any, name: str) -> None:
    """Switch a loaded model's attention implementation; the weights stay."""
    if attention(model) != name:
        without_peft(model).set_attn_implementation(name)


def load_stock(spec: BaseSpec, adapter: Any = None) -> tuple[Any, Any]:
    """(model, tokenizer) as a user loads them with transformers and PEFT: its own attention, bitsandbytes' own layers.

    lm-eval cannot do it itself for NF4: `load_in_4bit` and `quantization_config` both fail there with transformers 5.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = embedded.SMOLLM2.source() if spec.model == embedded.NAME else spec.model
    dtype = getattr(torch, compute_dtype(spec))
    options: dict[str, Any] = {"dtype": dtype, "device_map": {"": device(spec)}, "use_safetensors": True}
    if spec.quantisation == "nf4":
        options["quantization_config"] = nf4_config(dtype)
    tokenizer = AutoTokenizer.from_pretrained(source, revision=spec.revision)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model: Any = AutoModelForCausalLM.from_pretrained(source, revision=spec.revision, **options)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter))
    return model.eval(), tokenizer
