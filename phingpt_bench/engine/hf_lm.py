"""HFLM with its tokens checked and encoded once, and with its own generation ended answer by answer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol

import torch
import transformers
from lm_eval.models.huggingface import HFLM

from phingpt_bench.compat import torch_parts
from phingpt_bench.engine.sanity import check_pair
from phingpt_bench.engine.stop_strings import StopStrings, length_to_end
from phingpt_bench.engine.token_ids import token_ids
from phingpt_bench.lmeval.manager import quiet
from phingpt_bench.models.memory import free
from phingpt_bench.models.tokenizer_checks import check_tokenizer

# where "auto" was asked for: lm-eval's search needs ten times the time of the work itself on a CPU
BATCH_SIZE = 16
GREEDY = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "num_beams": 1}  # greedy decoding and nothing else


class Meter(Protocol):
    """What counts tokens, such as cost.meters.Meter."""

    def count(self, *, tokens_in: int = 0, tokens_out: int = 0) -> None:
        """Tokens that were read, and tokens that were written."""


class CheckedHFLM(HFLM):
    """HFLM with these differences.

    - A text is encoded once for all models with its tokenizer, and prompt and label have to be split where tokens are.
    - An answer ends with its own stop string, not when all of a batch hold the same one.
    - Greedy is greedy: a repetition penalty or the like in the model's own generation settings is not applied.
    - A batch that does not fit into the memory of a GPU is halved.

    Attributes:
        meter: gets the tokens of prompts and answers, without padding and each prompt in full.
        truncated: the number of prompts that lost tokens on the left, so far.
        cut_answers: the number of answers that reached the length limit without ending, so far.
        splits: how often the memory of a GPU ran out, and the work went on in smaller batches, so far.
    """

    def __init__(self, pretrained: Any, *, batch_size: int | str, meter: Meter | None, **options: Any):
        """As for PhinLM, whose other options it does not have."""
        with quiet(), _tied_where_it_can(pretrained):  # HFLM warns about each model object that it is given
            super().__init__(pretrained=pretrained, batch_size=batch_size, **options)
        check_tokenizer(self.tokenizer, self.tokenizer.name_or_path, causal=self.backend == "causal")
        self.meter = meter
        self.truncated = self.cut_answers = self.splits = 0

    @property
    def rows_of_a_batch(self) -> int:
        """The batch size as a number: lm-eval's "auto" is BATCH_SIZE."""
        return self.batch_size if isinstance(self.batch_size, int) else BATCH_SIZE

    def tok_encode(
        self,
        string: str,
        add_special_tokens: bool | None = None,
        left_truncate_len: int | None = None,
        **options: Any,
    ) -> list[int]:
        """As in HFLM; a text is encoded once for all labels that follow it, and for all models with its tokenizer."""

        def encode() -> list[int]:
            encoded: list[int] = super(CheckedHFLM, self).tok_encode(string, add_special_tokens, **options)
            return encoded

        if options:
            ids = encode()
        else:
            ids = token_ids(self.tokenizer).get(string, (add_special_tokens, self.add_bos_token, self.backend), encode)
        return ids[-left_truncate_len:] if left_truncate_len else ids

    def _encode_pair(self, context: str, continuation: str) -> tuple[list[int], list[int]]:
        """As in HFLM; BenchError if the prompt's tokens are not the first of those of prompt and label."""
        pair: tuple[list[int], list[int]] = super()._encode_pair(context, continuation)
        if self.backend == "causal":
            check_pair(self.tokenizer, (context, continuation), self.tok_encode(context + continuation), pair[0])
        return pair

    def tok_batch_encode(
        self,
        strings: list[str],
        padding_side: str = "left",
        left_truncate_len: int | None = None,
        truncation: bool = False,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As in HFLM, and prompts that are cut on the left are counted in `truncated`."""
        ids, mask = super().tok_batch_encode(strings, padding_side=padding_side, truncation=truncation)
        if left_truncate_len:
            self.truncated += int((mask.sum(1) > left_truncate_len).sum())
            ids, mask = ids[:, -left_truncate_len:], mask[:, -left_truncate_len:]
        return ids, mask

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """HFLM's `mixed_precision_dtype`, where it was given."""
        dtype = self.mixed_precision_dtype
        return torch.autocast(device_type=self.device.type, dtype=dtype, enabled=dtype is not None)

    def generate_plainly(self, group: list[Any], disable_tqdm: bool) -> list[str]:
        """HFLM's answers, again in batches of half the size where the memory of the GPU runs out."""
        asked = self.batch_size
        try:
            while True:
                counted = self.truncated, self.cut_answers
                try:
                    texts: list[str] = super().generate_until(group, disable_tqdm=disable_tqdm)
                    return texts
                except Exception as err:
                    if torch_parts.memory_that_ran_out(err) != "GPU" or self.rows_of_a_batch == 1:
                        raise
                    self.truncated, self.cut_answers = counted
                    self.batch_size_per_gpu = self.rows_of_a_batch // 2
                    self.splits += 1
                free()
        finally:
            self.batch_size_per_gpu = asked

    def _model_generate(self, context: torch.Tensor, max_length: int, stop: list[str], **options: Any) -> torch.Tensor:
        """Token ids (batch x length), prompts included; an answer that has ended is filled up with padding."""
        if options.get("temperature", 0.0) == 0.0 and not options.get("do_sample"):
            options["do_sample"] = False
            options.pop("temperature", None)  # transformers warns of a temperature that has no effect
        # models have their own generation settings (Qwen2.5 a repetition penalty, which punishes copying names)
        options = {**GREEDY, **options}
        tokens: torch.Tensor
        if options["num_beams"] > 1:  # then rows are beams, which are not ended or counted separately
            tokens = super()._model_generate(context, max_length, stop, **options)
            return tokens
        stopping = StopStrings(self.tokenizer, stop, context.shape[1])
        with self.autocast():
            tokens = self.model.generate(
                input_ids=context,
                max_length=max_length,
                stopping_criteria=transformers.StoppingCriteriaList([stopping]),
                pad_token_id=self.tokenizer.pad_token_id,
                use_cache=True,
                **options,
            )
        lengths = [
            stopped if stopped is not None else length_to_end(answer, self.eos_ids())
            for stopped, answer in zip(stopping.lengths, tokens[:, context.shape[1] :].tolist(), strict=True)
        ]
        self.cut_answers += sum(length is None for length in lengths)
        if self.meter is not None:
            mask = options.get("attention_mask", torch.ones_like(context))
            written = tokens.shape[1] - context.shape[1]
            tokens_out = sum(written if length is None else length for length in lengths)
            self.meter.count(tokens_in=int(mask.sum()), tokens_out=tokens_out)
        return tokens

    def eos_ids(self) -> list[int]:
        """The tokens that end an answer: the model's own, and the tokenizer's."""
        own = self.model.generation_config.eos_token_id
        ids = own if isinstance(own, list) else [own]
        return sorted({i for i in [*ids, self.tokenizer.eos_token_id] if i is not None})


@contextlib.contextmanager
def _tied_where_it_can(model: Any) -> Iterator[None]:
    """Within the block tying the weights of a model with PEFT layers is no error where it cannot be done.

    HFLM does it to every model. LoRA on the output head takes the place of the tied weight, which was tied on loading.
    """
    if not hasattr(model, "peft_config"):
        yield
        return
    tie = model.tie_weights

    def tied(*args: Any, **options: Any) -> None:
        with contextlib.suppress(KeyError):  # of torch: "attribute 'weight' already exists"
            tie(*args, **options)

    model.tie_weights = tied
    try:
        yield
    finally:
        del model.tie_weights
