"""Loading an adapter's weights into a base strictly: every tensor has a place, and every place gets a tensor."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.models.adapter_files import CONFIG, WEIGHTS, read_config, shapes

SHOWN = 3  # keys of each kind that an error lists


def load_strictly(model: Any, name: str, folder: Path) -> Any:
    """The model with the adapter under `name`, wrapped in PEFT where it was not yet.

    The adapter is off or on as PEFT leaves it. BenchError if the file lacks a tensor that the configuration asks
    for, holds one that has no place in this base, or one of another shape; PEFT takes the first two without an error.
    """
    from peft import PeftModel
    from safetensors import SafetensorError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of missing keys, which are compared below
            if not isinstance(model, PeftModel):
                model = _wrapped(model, name, folder)
            result = model.load_adapter(str(folder), adapter_name=name, is_trainable=False)
            wanted = _saved_keys(model, name)
    # what PEFT and safetensors raise for files that are cut off or lack a key, or are shaped for another model
    except (
        OSError,
        ValueError,
        KeyError,
        RuntimeError,
        TypeError,
        AttributeError,
        SafetensorError,
        ImportError,
    ) as err:
        raise _explained(err, folder, name) from None
    found = set(shapes(folder))
    missing = sorted(key for key in wanted if key not in found)
    # PEFT puts the tensor of prompt learning into its place by itself, and then counts it as unexpected
    prompts = getattr(model.peft_config[name], "is_prompt_learning", False)
    unexpected = sorted(found - set(wanted) if prompts else {as_in_file(key, name) for key in result.unexpected_keys})
    # of resized embeddings that were trained PEFT writes a copy, which it does not read
    unexpected = [key for key in unexpected if key.replace(".modules_to_save.", ".") not in found - {key}]
    if missing or unexpected:
        raise BenchError(
            "the adapter's weights do not fit its configuration and this base: {names}",
            where=str(folder / WEIGHTS),
            hint="its files are damaged or do not belong together, or the base has other layers: get them again",
            names="; ".join(
                [
                    *_listed("missing", missing, len(wanted)),
                    *_listed("without a place here", unexpected, len(found)),
                ]
            ),
        )
    return model


def _wrapped(model: Any, name: str, folder: Path) -> Any:
    """The model in PEFT's class for the adapter's task, as PeftModel.from_pretrained chooses it; no weights yet."""
    from peft import PeftConfig, PeftModel
    from peft.auto import MODEL_TYPE_TO_PEFT_MODEL_MAPPING

    config = PeftConfig.from_pretrained(str(folder))
    config.inference_mode = True
    kind = MODEL_TYPE_TO_PEFT_MODEL_MAPPING.get(config.task_type, PeftModel)
    return kind(model, config, name)


def _saved_keys(model: Any, name: str) -> Collection[str]:
    """The keys that PEFT would write for the adapter as it is loaded: those that its file must hold."""
    from peft import get_peft_model_state_dict

    keys: Collection[str] = get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False).keys()
    return keys


def _listed(what: str, keys: Iterable[str], of: int) -> list[str]:
    keys = list(keys)
    if not keys:
        return []
    more = f" and {len(keys) - SHOWN:,} more" if len(keys) > SHOWN else ""
    return [f"{len(keys):,} of {of:,} {what}: {', '.join(keys[:SHOWN])}{more}"]


def as_in_file(key: str, name: str) -> str:
    """A tensor's key as the file has it, without the name that PEFT loads the adapter under."""
    return key.replace(f".{name}.", ".")


def _explained(err: Exception, folder: Path, name: str) -> BenchError:
    """What PEFT's error means for the adapter."""
    lines = [line.strip() for line in str(err).splitlines()]
    if sizes := [line for line in lines if line.startswith("size mismatch")]:
        return BenchError(
            "the adapter's weights have other shapes than this base and its configuration ask for: {sizes}",
            where=str(folder / WEIGHTS),
            hint="give the base that it was trained on (--base){folder}",
            sizes=as_in_file(_mismatches(sizes), name),
            folder=_named_base(folder),
        )
    if "Target module" in str(err) or "not found in the base model" in str(err):
        return BenchError(
            "the adapter's layers are not in this base ({lines})",
            where=str(folder / CONFIG),
            hint="give the base that it was trained on (--base){folder}",
            lines=first_line(err),
            folder=_named_base(folder),
        )
    return BenchError(
        "cannot load the adapter ({lines})",
        where=str(folder),
        hint="its files are damaged or do not belong together: get them again, or train it again",
        lines=first_line(err),
    )


def _mismatches(lines: list[str]) -> str:
    """PEFT's lines about mismatched sizes in short.

    They read "size mismatch for KEY: copying a param with shape torch.Size([..]) from checkpoint, the shape in current
    model is torch.Size([..])."
    """
    found = []
    for line in lines[:SHOWN]:
        key, _, rest = line.removeprefix("size mismatch for ").partition(":")
        sizes = [part.partition(")")[0] for part in rest.split("torch.Size(")[1:]]
        found.append(f"{key} is {' here '.join(sizes)}")
    more = f" and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else ""
    return ", ".join(found) + more


def _named_base(folder: Path) -> str:
    name = read_config(folder).get("base_model_name_or_path")
    return f"; its configuration names '{name}'" if name else ""
