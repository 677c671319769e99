"""Whether a tokenizer can ask a causal model what lm-eval asks."""

from __future__ import annotations

from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence


def check_tokenizer(tokenizer: Any, model: str, *, causal: bool = True) -> None:
    """BenchError for a tokenizer that lm-eval cannot ask with: without special tokens, or one that ends every prompt.

    causal: whether prompts continue with the answer; those of an encoder may end.
    """
    where = "tokenizer_config.json"
    if tokenizer.eos_token_id is None and tokenizer.bos_token_id is None:
        raise BenchError(
            "the tokenizer of '{model}' has neither an end-of-text nor a beginning-of-text token: lm-eval needs one",
            hint=sentence('set "eos_token" in the {where} of the model', where=where),
            model=model,
        )
    ids = tokenizer("a")["input_ids"]
    if causal and tokenizer.eos_token_id is not None and len(ids) > 1 and ids[-1] == tokenizer.eos_token_id:
        raise BenchError(
            "the tokenizer of '{model}' appends its end-of-text token to every prompt, so that "
            "labels and answers would come after the end",
            hint=sentence(
                'set "add_eos_token": false in the {where} of the model (or take the token out of the post_processor '
                "in its tokenizer.json)",
                where=where,
            ),
            model=model,
        )


def check_vocabulary(tokenizer: Any, model: Any, name: str) -> None:
    """BenchError for a tokenizer with tokens that the model has no embedding for."""
    rows = len(model.get_input_embeddings().weight)
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= rows:
        raise BenchError(
            "the tokenizer of '{model}' has token {token:,}, and the model has embeddings for {rows:,}",
            hint="tokenizer and weights are of two models: copy both from one place",
            model=name,
            token=highest,
            rows=rows,
        )
