"""Between lm-eval's requests for text and `decode`: which requests it may answer, their tokens, and the texts.

Three functions of `lm_eval.models.utils` do what HFLM does with settings and stop strings, so that both agree.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from lm_eval.models import utils
from tqdm import tqdm

from phingpt_bench.compat import torch_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.model_facts import attention_window
from phingpt_bench.engine.writing.decode import Answer, DecodingStats, Limits, decode
from phingpt_bench.engine.writing.supported import check_supported
from phingpt_bench.models.memory import free

LOG = logging.getLogger(__name__)

Settings = dict[str, Any]  # of one request, as `settings_of` gives them

GREEDY_SETTINGS = {"until", "max_gen_toks", "do_sample", "temperature"}
# a model's own generation settings that do not change greedy answers, or that PhinLM sets aside in any case
WITHOUT_EFFECT = {
    "bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "do_sample", "temperature", "top_p",
    "top_k", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_h", "repetition_penalty",
    "no_repeat_ngram_size", "num_beams", "max_length", "use_cache", "transformers_version", "_from_model_config",
    "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate",
}  # fmt: skip


def settings_of(lm: Any, given: dict[str, object]) -> Settings:
    """A request's settings as HFLM reads them, with "until" a list that holds the end-of-text token's text."""
    settings = utils.normalize_gen_kwargs(given, lm.max_gen_toks)
    eos = lm.tok_decode(lm.eot_token_id, skip_special_tokens=False)
    return {**settings, "until": utils.handle_stop_sequences(settings.pop("until", None), eos=eos)}


def why_not(lm: Any, settings: Settings) -> str | None:
    """Why requests with these settings are left to model.generate; None if `decode` answers them."""
    if lm.backend != "causal":
        return "the model is not causal"
    if settings.get("do_sample") or settings.get("temperature"):
        return "they ask for sampling"
    other = sorted(set(settings) - GREEDY_SETTINGS)
    if other:
        return f"they set {', '.join(other)}"
    if settings["max_gen_toks"] < 1:
        return "they leave no room for an answer"
    own = lm.model.generation_config.to_diff_dict()
    other = sorted(name for name, value in own.items() if name not in WITHOUT_EFFECT and value is not None)
    if other:
        return f"the model's generation settings have {', '.join(other)}"
    if lm.think_end_token is not None:
        return "the model thinks before it answers"
    if lm.mixed_precision_dtype is not None:
        return "it runs in mixed precision"
    if lm.unsupported is None:
        try:
            check_supported(lm.model, lm.vocab_size)
            lm.unsupported = ""
        # a check of unknown code: whatever it raises, that model is left to its own ways
        except Exception as err:
            lm.unsupported = str(err) or type(err).__name__
    return lm.unsupported or None


def by_settings(requests: Sequence[Any]) -> list[list[int]]:
    """The places of the requests with the same settings, as HFLM groups them."""
    groups: dict[str, list[int]] = {}
    for at, request in enumerate(requests):
        groups.setdefault(json.dumps(request.args[1], sort_keys=True, default=repr), []).append(at)
    return list(groups.values())


def by_way(lm: Any, requests: Sequence[Any]) -> Iterator[tuple[list[int], Settings, str | None]]:
    """(places of requests, their settings, why they are left to model.generate) for each group with one way."""
    for places in by_settings(requests):
        settings = settings_of(lm, requests[places[0]].args[1])
        reason = "it was asked for" if lm.plain else why_not(lm, settings)
        window = None if reason else attention_window(lm.model)
        if window is None:
            yield places, settings, reason
            continue
        _, mask = lm.tok_batch_encode([requests[at].args[0] for at in places])
        beyond = {at for at, length in zip(places, mask.sum(1).tolist(), strict=True) if length >= window}
        if len(beyond) < len(places):
            yield [at for at in places if at not in beyond], settings, None
        if beyond:
            yield sorted(beyond), settings, beyond_window(window)


def beyond_window(window: int) -> str:
    """Why a request is left to model.generate though others are not: within its window a layer sees what any sees."""
    return f"some prompts or answers go beyond its attention window of {window} tokens"


def prompt_room(lm: Any, settings: Settings) -> int:
    """Tokens that a prompt may have. BenchError if the longest answer takes all positions of the model."""
    limit = settings["max_gen_toks"]
    room: int = lm.max_length - limit
    if room <= 0:
        raise BenchError(
            "max_gen_toks {limit} leaves no room for a prompt: the model has {max_length} positions",
            hint="lower max_gen_toks in the task's generation_kwargs, or take a model with a longer context",
            limit=limit,
            max_length=lm.max_length,
        )
    return room


def generate_texts(
    lm: Any,
    contexts: Sequence[str],
    settings: Settings,
    *,
    batch_size: int,
    disable_tqdm: bool = False,
    on_answer: Callable[[int, str], None] = lambda index, text: None,
) -> list[str | None]:
    """The answer to each context, cut before its stop string, in their order; None where it outgrew a window.

    Tokens are counted on the meter of `lm`, cut answers and what was forwarded in its attributes. `on_answer` gets each
    answer, with the place of its context, as soon as it is complete.
    BenchError if the answers' length limit leaves no room for a prompt.
    """
    room, until = prompt_room(lm, settings), settings["until"]
    most = settings["max_gen_toks"]
    limits = Limits(new_tokens=most, slots=batch_size, positions=attention_window(lm.model))
    ids, mask = lm.tok_batch_encode(list(contexts), left_truncate_len=room, truncation=lm.truncation)
    prompts = [row[kept.bool()].tolist() for row, kept in zip(ids, mask, strict=True)]
    answers: list[str | None] = [None] * len(prompts)
    ends, classes, stats = _ending(lm, until), _token_classes(lm.tokenizer), DecodingStats()
    with tqdm(total=len(prompts), disable=disable_tqdm or lm.rank != 0, desc="Generating answers") as bar:
        for answer in _decoded(lm, prompts, ends, limits, classes, stats):
            bar.update(1)
            if not answer.ended and len(answer.tokens) < most:
                continue
            text = utils.postprocess_generated_text(lm.tok_decode(answer.tokens), until, None)
            answers[answer.index] = text
            lm.cut_answers += not answer.ended
            if lm.meter is not None:
                lm.meter.count(tokens_in=len(answer.prompt), tokens_out=len(answer.tokens))
            on_answer(answer.index, text)
    lm.decoding = stats
    return answers


def _decoded(
    lm: Any,
    prompts: Sequence[Sequence[int]],
    ends: Callable[[Sequence[int]], bool],
    limits: Limits,
    token_class: Callable[[int], str],
    stats: DecodingStats,
) -> Iterator[Answer]:
    """`decode`; where the memory of the GPU runs out, unfinished answers begin again, half as many at a time."""
    waiting = list(range(len(prompts)))
    while waiting:
        finished = set()
        try:
            asked = [prompts[at] for at in waiting]
            for answer in decode(lm.model, asked, ends=ends, limits=limits, token_class=token_class, stats=stats):
                finished.add(waiting[answer.index])
                answer.index = waiting[answer.index]
                yield answer
        except Exception as err:
            if torch_parts.memory_that_ran_out(err) != "GPU" or limits.slots == 1:
                raise
            LOG.warning("the GPU's memory ran out at %d answers at a time: fewer from here on", limits.slots)
            limits = replace(limits, slots=limits.slots // 2, step_tokens=limits.step_tokens // 2)
            lm.splits += 1
        # outside of the handler, whose traceback holds the tensors of the failed attempt
        waiting = [at for at in waiting if at not in finished]
        free()


def _ending(lm: Any, until: Sequence[str]) -> Callable[[Sequence[int]], bool]:
    """Whether an answer (tokens) ends with its newest token: end of text, or what completes a stop string."""
    eos, stops, decode_tokens = set(lm.eos_ids()), [text for text in until if text], lm.tokenizer.decode
    # no token is shorter than a byte: a stop string that ends in the newest token lies within this many of them
    window = max((len(text.encode()) for text in stops), default=0) + 2

    def ends(tokens: Sequence[int]) -> bool:
        if tokens[-1] in eos:
            return True
        text = decode_tokens(tokens[-window:])
        return any(stop in text for stop in stops)

    return ends


def _token_classes(tokenizer: Any) -> Callable[[int], str]:
    """The class of a token for drafts: a name nearly always continues inside a word, rarely to a lower-case word."""
    known: dict[int, str] = {}

    def token_class(token: int) -> str:
        if token not in known:
            piece = tokenizer.convert_ids_to_tokens(token) or ""
            word = piece.lstrip("Ġ▁")
            inside = "inside" if word == piece else "next"
            known[token] = f"{inside} {'Aa'[word[:1].islower()] if word[:1].isalpha() else '.'}"
        return known[token]

    return token_class
