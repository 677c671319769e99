"""What has been loaded: whether every weight came from the files, and how the weights are quantised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.core.sentences import joined, sentence

SHOWN = 3  # names of each kind that an error lists


def check_loading(model: Any, info: Mapping[str, Any], name: str) -> None:
    """BenchError, with the names, for weights that the files lack, that have no place, or another shape.

    info: `output_loading_info` of transformers, which draws what is missing at random.
    """
    kinds = (
        (sentence("missing"), info.get("missing_keys", ())),
        (sentence("of another shape"), [*(key[0] for key in info.get("mismatched_keys", ())), *misshapen(model)]),
        (sentence("without a place"), info.get("unexpected_keys", ())),
        (sentence("not convertible"), info.get("conversion_errors", ())),
    )
    told: list[str] = [
        sentence("{n:,} {what}: {names}", n=len(names), what=what, names=_listed(names))
        for what, names in kinds
        if names
    ]
    told += [first_line(text) for text in info.get("error_msgs", ())]
    if told:
        raise BenchError(
            "the weights of '{model}' do not fit its config.json: {what}",
            hint="its files are incomplete or of another model: copy it again, with all of its shards",
            model=name,
            what=joined(told, "; "),
        )


def _listed(names: Collection[str]) -> str:
    ordered = sorted(map(str, names))
    shown = ", ".join(ordered[:SHOWN])
    if len(ordered) <= SHOWN:
        return shown
    return sentence("{names} and {n:,} more", names=shown, n=len(ordered) - SHOWN)


def bitsandbytes_layers(model: Any) -> list[Any]:
    """The layers of 4 bits, packed."""
    return [module for module in model.modules() if type(module).__name__ == "Linear4bit"]


def loaded_quantisation(model: Any) -> str | None:
    """How bitsandbytes holds the weights: "nf4+dq", "fp4", "int8"; None if no layer is one of its own.

    Where layers differ, what most of them are.
    """
    found: Counter[str] = Counter()
    for module in model.modules():
        kind = type(module).__name__
        if kind == "Linear8bitLt":
            found["int8"] += 1
        elif kind == "Linear4bit" and (state := getattr(module.weight, "quant_state", None)) is not None:
            found[f"{state.quant_type}{'+dq' if state.nested else ''}"] += 1
    return found.most_common(1)[0][0] if found else None


def compute_in(model: Any, dtype: Any) -> None:
    """Let a model that bitsandbytes holds compute in `dtype`, whatever dtype it was saved in.

    Layers of 4 bits were saved with a dtype to compute in, and transformers keeps the dtype of all other weights. A
    model without such layers is left alone.
    """
    if loaded_quantisation(model) is None:
        return
    for weight in model.parameters():
        if weight.is_floating_point():
            weight.data = weight.data.to(dtype)
    for layer in bitsandbytes_layers(model):
        layer.compute_dtype, layer.compute_type_is_set = dtype, True
        layer.weight.quant_state.dtype = dtype


def misshapen(model: Any) -> list[str]:
    """The layers of 4 bits whose packed weights are of another shape than the layer: transformers does not compare."""
    return [
        f"{name}.weight"
        for name, layer in model.named_modules()
        if type(layer).__name__ == "Linear4bit"
        and (state := getattr(layer.weight, "quant_state", None)) is not None
        and tuple(state.shape) != (layer.out_features, layer.in_features)
    ]
