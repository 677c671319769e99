"""Between lm-eval's requests for text and `decode`: which requests it may answer, their tokens, and the texts.

Three functions of `lm_eval.models.utils` do what HFLM does with settings and stop strings, so that both agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from lm_eval.models import utils
from tqdm import tqdm

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.engine.writing.decode import DecodingStats, Limits, decode
from phingpt_bench.engine.writing.supported import check_supported

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
        return "the model is no causal one"
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


def prompt_room(lm: Any, settings: Settings) -> int:
    """Tokens that a prompt may have. BenchError if the longest answer takes all positions of the model."""
    limit = settings["max_gen_toks"]
    room: int = lm.max_length - limit
    if room <= 0:
        raise BenchError(
            sentence(
                "max_gen_toks {limit} leaves no room for a prompt: the model has {max_length} positions",
                limit=limit,
                max_length=lm.max_length,
            ),
            hint=sentence("lower max_gen_toks in the task's generation_kwargs, or take a model with a longer context"),
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
) -> list[str]:
    """The answer to each context, cut before its stop string, in their order.

    Tokens are counted on the meter of `lm`, cut answers and what was forwarded in its attributes. `on_answer` gets each
    answer, with the place of its context, as soon as it is complete.
    BenchError if the answers' length limit leaves no room for a prompt.
    """
    room, until = prompt_room(lm, settings), settings["until"]
    limits = Limits(new_tokens=settings["max_gen_toks"], slots=batch_size)
    ids, mask = lm.tok_batch_encode(list(contexts), left_truncate_len=room, truncation=lm.truncation)
    prompts = [row[kept.bool()].tolist() for row, kept in zip(ids, mask, strict=True)]
    answers = [""] * len(prompts)
    ends, classes, stats = _ending(lm, until), _token_classes(lm.tokenizer), DecodingStats()
    with tqdm(total=len(prompts), disable=disable_tqdm or lm.rank != 0, desc="Generating answers") as bar:
        for answer in decode(lm.model, prompts, ends=ends, limits=limits, token_class=classes, stats=stats):
            text = lm.tok_decode(answer.tokens)
            answers[answer.index] = utils.postprocess_generated_text(text, until, None)
            lm.cut_answers += not answer.ended
            if lm.meter is not None:
                lm.meter.count(tokens_in=len(answer.prompt), tokens_out=len(answer.tokens))
            on_answer(answer.index, answers[answer.index])
            bar.update(1)
    lm.decoding = stats
    return answers


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
