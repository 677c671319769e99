"""The model class "phin": lm-eval's HFLM with float32 label scores, and generation that ends each answer separately.

Registered with lm-eval on import, so `lm_eval --model phin` takes the arguments of `--model hf`; `evaluate` gives it an
already loaded model, with or without adapters.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Protocol

import torch
import transformers
from lm_eval.api.registry import register_model
from lm_eval.models.huggingface import HFLM
from tqdm import tqdm

from phingpt_bench.compat import torch_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.labels.likelihood import SKIPPED, Answer, Request, Scorer, labels_that_fit
from phingpt_bench.engine.model_facts import attention_window
from phingpt_bench.engine.sanity import check_pair, check_scores
from phingpt_bench.engine.stop_strings import StopStrings, length_to_end
from phingpt_bench.engine.token_ids import token_ids
from phingpt_bench.engine.writing import generate
from phingpt_bench.engine.writing.decode import DecodingStats
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


@register_model("phin")
class PhinLM(HFLM):
    """HFLM for causal models, with fewer forward passes and these differences.

    - Log-likelihoods: each distinct context is forwarded once for all its labels (labels/likelihood.py), in batches
      sorted by length. The output head runs only at the scored positions, on float32 hidden states and weights.
    - What prompts share (a few-shot block, a text with several questions) is computed once.
    - Generation: greedy answers, token for token those of model.generate, in fewer steps (writing/decode.py). An answer
      ends with its own stop string, not when all of a batch hold the same one.
    - Greedy is greedy: a repetition penalty or the like in the model's own generation settings is not applied.

    Attributes:
        meter: gets the tokens of prompts and answers, without padding and each prompt in full.
        on_answer: gets (place among the requests, answer) as soon as an answer is known, except for answers left to
        HFLM.
        plain: True generates in HFLM's way only.
        truncated: the number of prompts that lost tokens on the left, so far.
        cut_answers: the number of answers that reached the length limit without ending, so far.
        forwarded: the number of tokens that were computed for labels, so far.
        unsupported: why the model cannot be run by `decode`; "" where it can, None before it was tried.
        decoding: what `decode` forwarded for the last group of requests; None before.
        splits: how often the memory of a GPU ran out, and the work went on in smaller batches, so far.
        skip_long: True answers no request that is longer than the model reads, where it would be cut on the left.
        skipped: the number of requests that were not answered for that, so far. Labels have SKIPPED, texts are empty.
    """

    def __init__(
        self,
        pretrained: Any,
        *,
        batch_size: int | str = BATCH_SIZE,
        slots: int | None = None,
        meter: Meter | None = None,
        **options: Any,
    ):
        """pretrained: a name or folder for transformers, or a loaded (Peft) model; `options` are those of HFLM.

        slots: answers that are written at a time; None is the batch size.

        BenchError for a tokenizer with neither an end-of-text nor a beginning-of-text token.
        """
        with quiet(), _tied_where_it_can(pretrained):  # HFLM warns about each model object that it is given
            super().__init__(pretrained=pretrained, batch_size=batch_size, **options)
        check_tokenizer(self.tokenizer, self.tokenizer.name_or_path, causal=self.backend == "causal")
        self.meter = meter
        self.on_answer: Callable[[int, Any], None] = _ignore
        self.truncated = self.cut_answers = self.forwarded = self.splits = 0
        self.slots = slots
        self.plain = self.skip_long = False
        self.skipped = 0
        self.unsupported: str | None = None
        self.decoding: DecodingStats | None = None
        self._logged: set[str] = set()  # reasons for HFLM's way

    @property
    def rows_of_a_batch(self) -> int:
        """The batch size as a number: lm-eval's "auto" is BATCH_SIZE."""
        return self.batch_size if isinstance(self.batch_size, int) else BATCH_SIZE

    def set_cache_hook(self, cache_hook: Any) -> None:
        """Refused: lm-eval's cache of answers does not know which model or adapter gave them."""
        raise BenchError(
            "model 'phin' does not work with use_cache: lm-eval's cache would give one adapter's answers to another",
            hint="leave out --use_cache",
        )

    def tok_encode(
        self,
        string: str,
        add_special_tokens: bool | None = None,
        left_truncate_len: int | None = None,
        **options: Any,
    ) -> list[int]:
        """As in HFLM; a text is encoded once for all labels that follow it, and for all models with its tokenizer."""

        def encode() -> list[int]:
            encoded: list[int] = super(PhinLM, self).tok_encode(string, add_special_tokens, **options)
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

    def _loglikelihood_tokens(
        self, requests: Sequence[Request], disable_tqdm: bool = False, override_bs: int | None = None
    ) -> list[Answer]:
        """(log-likelihood, whether greedy) of each continuation, in the order of `requests`."""
        answers: list[Answer]
        if self.backend != "causal":
            answers = super()._loglikelihood_tokens(requests, disable_tqdm=disable_tqdm, override_bs=override_bs)
            return answers
        places: Sequence[int] = range(len(requests))
        if self.skip_long:
            places = labels_that_fit(requests, self.max_length)
        asked = [requests[at] for at in places]
        scorer = Scorer(
            model=self.model,
            max_length=self.max_length,
            batch_size=override_bs or self.rows_of_a_batch,
            autocast=self._autocast,
            meter=self.meter,
        )
        with tqdm(total=len(asked), disable=disable_tqdm or self.rank != 0, desc="Scoring labels") as bar:
            scores = scorer.score(asked, bar.update, functools.partial(_at_its_place, self.on_answer, places))
        self.truncated += scorer.truncated
        self.forwarded += scorer.forwarded
        self.splits += scorer.splits
        check_scores(asked, scores)
        answers = [SKIPPED] * len(requests)
        for at, score in zip(places, scores, strict=True):
            answers[at] = score
        self._skip(set(range(len(requests))) - set(places), SKIPPED)
        return answers

    def _skip(self, places: Collection[int], answer: Any) -> None:
        """Count the requests at `places` as not answered, and report that."""
        self.skipped += len(places)
        for at in sorted(places):
            self.on_answer(at, answer)

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        """HFLM's `mixed_precision_dtype`, where it was given."""
        dtype = self.mixed_precision_dtype
        return torch.autocast(device_type=self.device.type, dtype=dtype, enabled=dtype is not None)

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """As in HFLM: greedy answers by `decode`; what it cannot do exactly is left to HFLM, with a line in the log.

        BenchError if the answers' limit leaves no room for a prompt, or the tokenizer has no end-of-text token.
        """
        if requests and self.tokenizer.eos_token_id is None:
            raise BenchError(
                "the tokenizer of '{model}' has no end-of-text token, so no answer can end",
                hint='set "eos_token" in the tokenizer_config.json of the model',
                model=self.tokenizer.name_or_path,
            )
        answers, skipped = [""] * len(requests), set[int]()
        for places, settings, reason in generate.by_way(self, requests):
            if self.skip_long and self.backend == "causal":
                room = generate.prompt_room(self, settings)
                long = {at for at in places if len(self.tok_encode(requests[at].args[0])) > room}
                skipped |= long
                places = [at for at in places if at not in long]
                if not places:
                    continue
            group = [requests[at] for at in places]
            if reason is None:
                written = generate.generate_texts(
                    self,
                    [request.args[0] for request in group],
                    settings,
                    batch_size=self.slots or self.rows_of_a_batch,
                    disable_tqdm=disable_tqdm,
                    on_answer=functools.partial(_at_its_place, self.on_answer, places),
                )
                texts = self._completed(group, written, disable_tqdm)
            else:
                if not self.plain:
                    self._log_once(reason)
                if self.backend == "causal":
                    generate.prompt_room(self, settings)  # HFLM would only assert it
                texts = self._plainly(group, disable_tqdm)
            for at, text in zip(places, texts, strict=True):
                answers[at] = text
        self._skip(skipped, "")
        return answers

    def _completed(self, group: list[Any], written: list[str | None], disable_tqdm: bool) -> list[str]:
        """The engine's answers, and HFLM's where they outgrew a window of the past."""
        again = [request for request, text in zip(group, written, strict=True) if text is None]
        if again:
            self._log_once(generate.beyond_window(attention_window(self.model) or 0))
        plain = iter(self._plainly(again, disable_tqdm) if again else [])
        return [next(plain) if text is None else text for text in written]

    def _plainly(self, group: list[Any], disable_tqdm: bool) -> list[str]:
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

    def _log_once(self, reason: str) -> None:
        if reason not in self._logged:
            logging.getLogger(__name__).warning("answers are generated in lm-eval's way: %s", reason)
            self._logged.add(reason)

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
        with self._autocast():
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


def _ignore(index: int, answer: Any) -> None:
    """The observer of answers if none is given."""


def _at_its_place(on_answer: Callable[[int, Any], None], places: Sequence[int], index: int, answer: Any) -> None:
    """Pass on the answer to one of a group of requests, which are at `places` among all."""
    on_answer(places[index], answer)
