"""The liveness probe: before any score, does the adapter change the answers, and is the base still the base?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.models.adapter import only

PROMPTS = (
    "News: Quarterly profit fell by a third as orders dried up.\nSentiment:",
    "News: The board proposes a dividend of 0.20 euro a share.\nSentiment:",
    "Noticias: La compañía eleva su previsión de ventas para el año.\nSentiment:",
    "Contract: This agreement is made between the Borrower and the Bank.\nEntities:",
)


def reference_logits(model: Any, tokenizer: Any, prompts: Sequence[str] = PROMPTS) -> Any:
    """Next-token logits (prompts x vocabulary, float32) of a model before anything is attached or changed.

    All prompts are cut to the length of the shortest, so that they need no padding in their one forward.
    """
    import torch

    model.eval()
    rows = [tokenizer(prompt)["input_ids"] for prompt in prompts]
    width = min(map(len, rows))
    ids = torch.tensor([row[:width] for row in rows], device=model.device)
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False).logits[:, -1].float()


def probe(model: Any, tokenizer: Any, names: Sequence[str], reference: Any | None = None) -> dict[str, float]:
    """The largest logit difference on/off of each adapter; BenchError when one changes nothing or the base changed.

    reference: `reference_logits` of the bare base; where given, "adapters off" must equal it exactly, which fails on
    a base whose weights were altered, for example by merging.
    """
    import torch

    with only(model, None):
        off = reference_logits(model, tokenizer)
    if reference is not None and not torch.equal(off, reference):
        raise BenchError(
            sentence(
                "adapters off, the model differs from the bare base (by up to {difference:.2g})",
                difference=(off - reference).abs().max(),
            ),
            hint=sentence(
                "an adapter was merged into the weights, or they were changed after loading: load the base again"
            ),
        )
    differences = {}
    for name in names:
        with only(model, name):
            on = reference_logits(model, tokenizer)
        differences[name] = float((on - off).abs().max())
        if not torch.isfinite(on).all():
            raise BenchError(
                sentence("adapter '{name}' gives logits that are not finite", name=name),
                hint=sentence("its training diverged"),
            )
        if differences[name] == 0.0:
            raise BenchError(
                sentence("adapter '{name}' changes nothing: with it on and off the logits are equal", name=name),
                hint=sentence("its B matrices are zero (untrained), or its weights were not loaded into this base"),
            )
    return differences
