"""Between lm-eval's requests for text and `decode`: which of them are plain, their tokens, the texts that return."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from lm_eval.models import utils
from tqdm import tqdm

from phingpt_bench.engine.writing import suited
from phingpt_bench.engine.writing.decode import Work, decode

PLAIN_SETTINGS = {"until", "max_gen_toks", "do_sample", "temperature"}
# a model's own generation settings that do not change greedy answers, or that PhinLM sets aside in any case
WITHOUT_EFFECT = {
    "bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "do_sample", "temperature", "top_p",
    "top_k", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_h", "repetition_penalty",
    "no_repeat_ngram_size", "num_beams", "max_length", "use_cache", "transformers_version", "_from_model_config",
    "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate",
}  # fmt: skip


def settings_of(lm: Any, given: dict[str, Any]) -> dict[str, Any]:
    """A request's settings as HFLM reads them, with "until" a list that holds the end-of-text token's text."""
    settings = utils.normalize_gen_kwargs(given, lm.max_gen_toks)
    eos = lm.tok_decode(lm.eot_token_id, skip_special_tokens=False)
    return {**settings, "until": utils.handle_stop_sequences(settings.pop("until", None), eos=eos)}


def why_not(lm: Any, settings: dict[str, Any]) -> str | None:
    """Why requests with these settings (of `settings_of`) are left to model.generate; None where they need not be."""
    if lm.backend != "causal":
        return "the model is no causal one"
    if settings.get("do_sample") or settings.get("temperature"):
        return "they ask for sampling"
    other = sorted(set(settings) - PLAIN_SETTINGS)
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
    if lm.suited is None:
        try:
            suited.check(lm.model, lm.vocab_size)
            lm.suited = ""
        # a check of unknown code: whatever it raises, that model is left to its own ways
        except Exception as err:
            lm.suited = str(err) or type(err).__name__
    return lm.suited or None


def grouped(requests: Sequence[Any]) -> dict[str, list[int]]:
    """The places of the requests with the same settings, as HFLM groups them."""
    groups: dict[str, list[int]] = {}
    for at, request in enumerate(requests):
        groups.setdefault(json.dumps(request.args[1], sort_keys=True, default=repr), []).append(at)
    return groups


def texts(
    lm: Any,
    contexts: Sequence[str],
    settings: dict[str, Any],
    *,
    size: int,
    disable_tqdm: bool = False,
    tell: Callable[[int, str], None] = lambda index, text: None,
) -> list[str]:
    """The answer to each context, cut before its stop string, in their order; counts go to `lm` as documented there.

    `tell` gets each answer, with the place of its context, as soon as it is there.
    """
    limit, until = settings["max_gen_toks"], settings["until"]
    room = lm.max_length - limit
    assert room > 0, f"max_gen_toks {limit} leaves no room for a prompt: the model has {lm.max_length} positions"
    ids, mask = lm.tok_batch_encode(list(contexts), left_truncate_len=room, truncation=lm.truncation)
    prompts = [row[kept.bool()].tolist() for row, kept in zip(ids, mask, strict=True)]
    answers = [""] * len(prompts)
    ends, work = _ending(lm, until), Work()
    shape = _shapes(lm.tokenizer)
    with tqdm(total=len(prompts), disable=disable_tqdm or lm.rank != 0, desc="Generating answers") as bar:
        for answer in decode(lm.model, prompts, ends=ends, limit=limit, size=size, shape=shape, work=work):
            text = lm.tok_decode(answer.tokens)
            answers[answer.index] = utils.postprocess_generated_text(text, until, None)
            lm.cut_answers += not answer.ended
            if lm.meter is not None:
                lm.meter.count(tokens_in=len(answer.prompt), tokens_out=len(answer.tokens))
            tell(answer.index, answers[answer.index])
            bar.update(1)
    lm.work = work
    return answers


def _ending(lm: Any, until: Sequence[str]) -> Callable[[Sequence[int]], bool]:
    """Whether an answer (tokens) ends with its newest token: end of text, or what completes a stop string."""
    eos, stops, decode_tokens = set(lm.eos_ids()), [text for text in until if text], lm.tokenizer.decode
    # no token is shorter than a byte: a stop string that ends in the newest token lies within so many of them
    window = max((len(text.encode()) for text in stops), default=0) + 2

    def ends(tokens: Sequence[int]) -> bool:
        if tokens[-1] in eos:
            return True
        text = decode_tokens(tokens[-window:])
        return any(stop in text for stop in stops)

    return ends


def _shapes(tokenizer: Any) -> Callable[[int], str]:
    """The class of a token for the drafts: a name goes on inside a word nearly always, to a lower-case word rarely."""
    known: dict[int, str] = {}

    def shape(token: int) -> str:
        if token not in known:
            piece = tokenizer.convert_ids_to_tokens(token) or ""
            word = piece.lstrip("Ġ▁")
            inside = "inside" if word == piece else "next"
            known[token] = f"{inside} {'Aa'[word[:1].islower()] if word[:1].isalpha() else '.'}"
        return known[token]

    return shape
