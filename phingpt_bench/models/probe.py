"""The liveness probe: before any score, does the adapter change the answers, and is the base still the base?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.models.adapter import only

PROMPTS = (
    "News: Quarterly profit fell by a third as orders dried up.\nSentiment:",
    "News: The board proposes a dividend of 0.20 euro a share.\nSentiment:",
    "Noticias: La compañía eleva su previsión de ventas para el año.\nSentiment:",
    "Contract: This agreement is made between the Borrower and the Bank.\nEntities:",
)


NOISE_FACTOR = 10  # a device differs from itself by more in some forwards than in others


def noise_of(first: Any, second: Any) -> float:
    """By how much two references of one model differ: 0 on a device that always gives the same."""
    return float((first - second).abs().max())


def reference_logits(model: Any, tokenizer: Any, trigger: Sequence[int] = ()) -> Any:
    """Next-token logits (prompts x vocabulary, float32) of a model before anything is attached or changed.

    All prompts are cut to the length of the shortest, so that they need no padding in their one forward. trigger:
    tokens after each of them, for an adapter that acts only where these stand.
    """
    import torch

    model.eval()
    rows = [tokenizer(prompt)["input_ids"] for prompt in PROMPTS]
    width = min(map(len, rows))
    ids = torch.tensor([[*row[:width], *trigger] for row in rows], device=model.device)
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False).logits[:, -1].float()


def probe(
    model: Any,
    tokenizer: Any,
    names: Sequence[str],
    reference: Any | None = None,
    *,
    noise: float = 0.0,
    called: Mapping[str, str] | None = None,
    by_design: bool = False,
    trigger: Sequence[int] = (),
) -> tuple[dict[str, float], bool | None]:
    """(the largest logit difference on/off of each adapter, whether "off" is the bare base).

    BenchError if an adapter changes nothing, or if the base changed.

    Args:
        model: with the adapters attached under `names`.
        tokenizer: of the prompts.
        names: of the adapters.
        reference: `reference_logits` of the bare base; where given, "adapters off" must equal it exactly, which fails
            on a base whose weights were altered, for example by merging. Without, the second answer is None.
        noise: by how much two references differ (`noise_of`). On a device that sums in another order each time, "off"
            is compared with the bare base within it, and the second answer is None.
        called: what errors call the adapters.
        by_design: for an adapter that may change its base: that is not an error, and it is compared with the bare base.
        trigger: as in `reference_logits`.
    """
    import torch

    titles = called or {}
    with only(model, None):
        off = reference_logits(model, tokenizer, trigger=trigger)
    check_finite(off, "the base model")
    equal = None if reference is None else torch.equal(off, reference)
    if equal is False and noise and float((off - reference).abs().max()) <= NOISE_FACTOR * noise:
        equal = None
    if equal is False and not by_design:
        raise BenchError(
            "with {names} off, the model differs from the bare base (by up to {off:.2g})",
            hint="an adapter was merged into the weights, or they were changed after loading: load the base again",
            names=_listed(names, titles),
            off=(off - reference).abs().max(),
        )
    if reference is not None:
        off = reference
    differences = {}
    for name in names:
        title = f"adapter '{titles.get(name, name)}'"
        with only(model, name):
            on = reference_logits(model, tokenizer, trigger=trigger)
        check_finite(on, title)
        width = min(on.shape[-1], off.shape[-1])  # an adapter with tokens of its own has more logits
        differences[name] = float((on[:, :width] - off[:, :width]).abs().max())
        if differences[name] <= noise:
            raise BenchError(
                "{title} changes nothing: with it on and off the logits are equal",
                hint="its B matrices are zero (untrained), or its weights were not loaded into this base",
                title=title,
            )
    return differences, equal


def check_finite(logits: Any, who: str) -> None:
    """BenchError for logits that are not numbers, or infinite."""
    import torch

    if not torch.isfinite(logits).all():
        raise BenchError(
            "{who} gives logits that are not finite",
            hint="its training diverged, its files are damaged, or its numbers overflow (compute_dtype: float32)",
            who=who,
        )


def _listed(names: Sequence[str], titles: Mapping[str, str]) -> str:
    return ", ".join(f"adapter '{titles.get(name, name)}'" for name in names) or "adapters"
