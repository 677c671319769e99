"""The model class "phin": lm-eval's HFLM with float32 label scores, and generation that ends each answer separately.

Registered with lm-eval on import, so `lm_eval --model phin` takes the arguments of `--model hf`; `evaluate` gives it an
already loaded model, with or without adapters.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any

from lm_eval.api.registry import register_model
from tqdm import tqdm

from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.hf_lm import BATCH_SIZE, CheckedHFLM, Meter
from phingpt_bench.engine.labels.likelihood import SKIPPED, Answer, Request, Scorer, labels_that_fit
from phingpt_bench.engine.model_facts import attention_window
from phingpt_bench.engine.sanity import check_scores
from phingpt_bench.engine.writing import generate
from phingpt_bench.engine.writing.decode import DecodingStats


@register_model("phin")
class PhinLM(CheckedHFLM):
    """HFLM for causal models, with fewer forward passes and these differences.

    - Log-likelihoods: each distinct context is forwarded once for all its labels (labels/likelihood.py), in batches
      sorted by length. The output head runs only at the scored positions, on float32 hidden states and weights.
    - What prompts share (a few-shot block, a text with several questions) is computed once.
    - Generation: greedy answers, token for token those of model.generate, in fewer steps (writing/decode.py).
    - What is left to HFLM is done as in CheckedHFLM.

    Attributes:
        on_answer: gets (place among the requests, answer) as soon as an answer is known, except for answers left to
        HFLM.
        plain: True generates in HFLM's way only.
        forwarded: the number of tokens that were computed for labels, so far.
        unsupported: why the model cannot be run by `decode`; "" where it can, None before it was tried.
        decoding: what `decode` forwarded for the last group of requests; None before.
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
        super().__init__(pretrained, batch_size=batch_size, meter=meter, **options)
        self.on_answer: Callable[[int, Any], None] = _ignore
        self.forwarded = self.skipped = 0
        self.slots = slots
        self.plain = self.skip_long = False
        self.unsupported: str | None = None
        self.decoding: DecodingStats | None = None
        self._logged: set[str] = set()  # reasons for HFLM's way

    def set_cache_hook(self, cache_hook: Any) -> None:
        """Refused: lm-eval's cache of answers does not know which model or adapter gave them."""
        raise BenchError(
            "model 'phin' does not work with use_cache: lm-eval's cache would give one adapter's answers to another",
            hint="leave out --use_cache",
        )

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
            autocast=self.autocast,
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
                texts = self.generate_plainly(group, disable_tqdm)
            for at, text in zip(places, texts, strict=True):
                answers[at] = text
        self._skip(skipped, "")
        return answers

    def _completed(self, group: list[Any], written: list[str | None], disable_tqdm: bool) -> list[str]:
        """The engine's answers, and HFLM's where they outgrew a window of the past."""
        again = [request for request, text in zip(group, written, strict=True) if text is None]
        if again:
            self._log_once(generate.beyond_window(attention_window(self.model) or 0))
        plain = iter(self.generate_plainly(again, disable_tqdm) if again else [])
        return [next(plain) if text is None else text for text in written]

    def _log_once(self, reason: str) -> None:
        if reason not in self._logged:
            logging.getLogger(__name__).warning("answers are generated in lm-eval's way: %s", reason)
            self._logged.add(reason)


def _ignore(index: int, answer: Any) -> None:
    """The observer of answers if none is given."""


def _at_its_place(on_answer: Callable[[int, Any], None], places: Sequence[int], index: int, answer: Any) -> None:
    """Pass on the answer to one of a group of requests, which are at `places` among all."""
    on_answer(places[index], answer)
