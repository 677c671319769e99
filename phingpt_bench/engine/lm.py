"""The model class "phin": lm-eval's HFLM with float32 label scores, and generation that ends when every answer has.

Registered with lm-eval on import, so `lm_eval --model phin` takes the arguments of `--model hf`; our runner gives it an
already loaded model, with or without adapters.
"""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
import transformers
from lm_eval.api.registry import register_model
from lm_eval.models.huggingface import HFLM
from tqdm import tqdm

from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.encodings import encodings
from phingpt_bench.engine.labels.likelihood import Request, Scorer
from phingpt_bench.engine.writing import generate
from phingpt_bench.lmeval.manager import quiet

BATCH = 16  # where "auto" was asked for: lm-eval's search needs ten times the time of the work itself on a CPU
PLAIN = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "num_beams": 1}  # greedy decoding and nothing else


class Meter(Protocol):
    """What counts tokens, such as cost.ledger's meter."""

    def count(self, *, tokens_in: int = 0, tokens_out: int = 0) -> None: ...


@register_model("phin")
class PhinLM(HFLM):
    """HFLM for causal models, with four differences.

    Log-likelihoods: each distinct context once for all its labels (`likelihood`), in batches sorted by length; the LM
    head runs only at the scored positions, on float32 hidden states and weights. In bfloat16 8 % of the documents of a
    measurement had an exact tie for the best label.
    Shared prefixes: what prompts have in common (a few-shot block, a text with several questions) is computed once.
    Generation: greedy answers token for token those of model.generate, in fewer steps (`decode`); an answer ends with
    its own stop string, not when all of a batch hold the same one.
    Greedy is greedy: a repetition penalty or other habit in the model's own generation settings is not applied.
    Counting: `truncated` is the number of prompts that lost tokens on the left since the object was made, `cut_answers`
    that of the answers that reached the length limit without ending; `meter` is told the tokens of prompts and answers,
    without padding and each prompt whole; `forwarded` is how many tokens labels took in fact.
    Telling: `told` gets (place among the requests, answer) as soon as an answer is there, but for what is left to HFLM.
    """

    def __init__(self, pretrained: Any, *, batch_size: int | str = BATCH, meter: Meter | None = None, **options: Any):
        """pretrained: a name or folder for transformers, or a loaded (Peft) model; `options` are those of HFLM."""
        with quiet():  # HFLM warns about each model object that it is given
            super().__init__(pretrained=pretrained, batch_size=batch_size, **options)
        self.meter = meter
        self.told: Callable[[int, Any], None] = _nobody
        self.truncated = self.cut_answers = self.forwarded = 0
        self.plain = False  # whether to generate in HFLM's way only
        self.suited: str | None = (
            None  # why the model does not suit `decode`; "" where it does, None before it was tried
        )
        self.work: Any = None  # decode.Work of the last group of requests
        self._told: set[str] = set()  # reasons for HFLM's way that were logged

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
            return super(PhinLM, self).tok_encode(string, add_special_tokens, **options)

        if options:
            ids = encode()
        else:
            ids = encodings(self.tokenizer).get(string, (add_special_tokens, self.add_bos_token, self.backend), encode)
        return ids[-left_truncate_len:] if left_truncate_len else ids

    def _loglikelihood_tokens(
        self, requests: Sequence[Request], disable_tqdm: bool = False, override_bs: int | None = None
    ) -> list[tuple[float, bool]]:
        """(log-likelihood, whether greedy) of each continuation, in the order of `requests`."""
        if self.backend != "causal":
            return super()._loglikelihood_tokens(requests, disable_tqdm=disable_tqdm, override_bs=override_bs)
        scorer = Scorer(
            model=self.model,
            longest=self.max_length,
            rows=override_bs or (self.batch_size if isinstance(self.batch_size, int) else BATCH),
            autocast=self._autocast,
            meter=self.meter,
        )
        with tqdm(total=len(requests), disable=disable_tqdm or self.rank != 0, desc="Scoring labels") as bar:
            answers = scorer.score(requests, bar.update, self.told)
        self.truncated += scorer.truncated
        self.forwarded += scorer.forwarded
        return answers

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        """HFLM's `mixed_precision_dtype`, where it was given."""
        wanted = self.mixed_precision_dtype
        return torch.autocast(device_type=self.device.type, dtype=wanted, enabled=wanted is not None)

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

    def _model_generate(self, context: torch.Tensor, max_length: int, stop: list[str], **options: Any) -> torch.Tensor:
        """Token ids (batch x length), prompts included; an answer that has ended is filled up with padding."""
        if options.get("temperature", 0.0) == 0.0 and not options.get("do_sample"):
            options["do_sample"] = False
            options.pop("temperature", None)  # transformers warns of a temperature that has no effect
        # models bring generation settings of their own (Qwen2.5 a repetition penalty, which punishes copying names)
        options = {**PLAIN, **options}
        if options["num_beams"] > 1:  # the rows are beams then, neither ended nor counted one by one
            return super()._model_generate(context, max_length, stop, **options)
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
            stopped if stopped is not None else _length(answer, self.eos_ids())
            for stopped, answer in zip(stopping.lengths, tokens[:, context.shape[1] :].tolist(), strict=True)
        ]
        self.cut_answers += sum(length is None for length in lengths)
        if self.meter is not None:
            mask = options.get("attention_mask", torch.ones_like(context))
            answered = tokens.shape[1] - context.shape[1]
            self.meter.count(
                tokens_in=int(mask.sum()), tokens_out=sum(answered if length is None else length for length in lengths)
            )
        return tokens

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """As in HFLM, greedy answers with the engine of `decode`; what that cannot do exactly is left to HFLM's way."""
        answers = [""] * len(requests)
        for places in generate.grouped(requests).values():
            group = [requests[at] for at in places]
            settings = generate.settings_of(self, group[0].args[1])
            reason = "it was asked for" if self.plain else generate.why_not(self, settings)
            if reason is None:
                size = self.batch_size if isinstance(self.batch_size, int) else BATCH
                contexts = [request.args[0] for request in group]
                tell = functools.partial(_tell_at, self.told, places)
                got = generate.texts(self, contexts, settings, size=size, disable_tqdm=disable_tqdm, tell=tell)
            else:
                if reason not in self._told:
                    logging.getLogger(__name__).warning("answers are generated in lm-eval's way: %s", reason)
                    self._told.add(reason)
                got = super().generate_until(group, disable_tqdm=disable_tqdm)
            for at, text in zip(places, got, strict=True):
                answers[at] = text
        return answers

    def eos_ids(self) -> list[int]:
        """The tokens that end an answer: the model's own, and the tokenizer's."""
        own = self.model.generation_config.eos_token_id
        ids = own if isinstance(own, list) else [own]
        return sorted({i for i in [*ids, self.tokenizer.eos_token_id] if i is not None})


def _nobody(index: int, answer: Any) -> None:
    """Where answers are told when nobody wants to know."""


def _tell_at(tell: Callable[[int, Any], None], places: Sequence[int], index: int, answer: Any) -> None:
    """Tell the answer to one of a group of requests, which stand at `places` among all."""
    tell(places[index], answer)


def _length(answer: list[int], eos: list[int]) -> int | None:
    """Tokens of an answer up to its end-of-text token; None when it has none, so was cut by the length limit."""
    return next((at + 1 for at, token in enumerate(answer) if token in eos), None)


class StopStrings(transformers.StoppingCriteria):
    """Ends each sequence by itself, when its own generated text holds any of the stop strings.

    lengths: generated tokens of each sequence up to the end of its stop string; None while it goes on.
    """

    def __init__(self, tokenizer: Any, stop: Sequence[str], prompt_length: int):
        self.tokenizer, self.stop, self.prompt_length = tokenizer, [text for text in stop if text], prompt_length
        # no token is shorter than a byte: a stop string that ends in the newest token lies within so many of them
        self.window = max((len(text.encode()) for text in self.stop), default=0) + 2
        self.lengths: list[int | None] = []

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        if not self.lengths:
            self.lengths = [None] * len(input_ids)
        generated = input_ids[:, self.prompt_length :]
        texts = self.tokenizer.batch_decode(generated[:, -self.window :])
        for i, text in enumerate(texts):
            if self.lengths[i] is None and any(stop in text for stop in self.stop):
                self.lengths[i] = generated.shape[1]
        return torch.tensor([length is not None for length in self.lengths], device=input_ids.device)
