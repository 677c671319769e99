"""The files of an adapter folder: what it contains, whether it can be loaded safely, and its identity."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, first_line, no_folder
from phingpt_bench.core.fingerprint import digest, file_digest
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.sentences import Sentence, sentence, sentence_n
from phingpt_bench.core.workplace import OWNER

CARD = "card.json"
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
CHECKPOINTS = "checkpoints"  # the folder within an adapter's that our training fills, and removes when it is done
PICKLED = "adapter_model.bin"
# keys of a configuration that say nothing of the answers: who wrote it, where the base was, how it was trained
UNIMPORTANT = ("peft_version", "auto_mapping", "base_model_name_or_path", "revision", "inference_mode", "loftq_config")
CONVERT = (
    "python -c \"import torch, safetensors.torch as s; d = '{folder}/adapter_model'; "
    "s.save_file({{k: v.clone().contiguous() for k, v in torch.load(d + '.bin', map_location='cpu', "
    "weights_only=True).items()}}, d + '.safetensors')\""
)


def again(folder: Path) -> Sentence:
    """What to do about a damaged file of an adapter."""
    return sentence("copy it again from where it comes, or delete {folder} to train it again", folder=folder)


def check_files(folder: Path) -> None:
    """BenchError unless the folder holds one adapter with weights that can be read without running code.

    The error says what else it is (a whole model, several adapters, pickled weights), and what to do.
    """
    if not folder.is_dir():
        hint = sentence("give the folder that holds adapter_config.json; 'phingpt-bench train RECIPE' makes one")
        raise no_folder(folder, hint, missing=sentence("no such adapter folder"))
    if not (folder / CONFIG).is_file():
        raise _no_config(folder)
    if not (folder / WEIGHTS).is_file():
        raise _no_weights(folder)


def _no_config(folder: Path) -> BenchError:
    within = adapters_within(folder)
    if within:
        return BenchError(
            "holds no adapter itself, but {names}",
            where=str(folder),
            hint="give one of them, such as {within}",
            names=", ".join(path.name for path in within),
            within=within[-1],
        )
    if (folder / "config.json").is_file():
        return BenchError(
            "is a whole model, not an adapter",
            where=str(folder),
            hint="evaluate it with --base {folder}",
            folder=folder,
        )
    if (folder / CHECKPOINTS).is_dir() or (folder / OWNER).is_file():
        return BenchError(
            "the training of this adapter is not finished",
            where=str(folder),
            hint="wait for it, or continue it: phingpt-bench train RECIPE --out {folder} --resume",
            folder=folder,
        )
    return BenchError(
        "the adapter has no {config}",
        where=str(folder),
        hint="give the folder that PEFT's save_pretrained wrote",
        config=CONFIG,
    )


def _no_weights(folder: Path) -> BenchError:
    if (folder / PICKLED).is_file():
        return BenchError(
            "the adapter has no {weights}, and its {pickled} is pickled: loading that could run code",
            where=str(folder),
            hint="convert it: {convert}",
            weights=WEIGHTS,
            pickled=PICKLED,
            convert=CONVERT.format(folder=folder),
        )
    if parts := sorted(path.name for path in folder.glob("adapter_model*-of-*")):
        return BenchError(
            sentence_n(
                "the adapter's weights are in {n} file, which PEFT does not load",
                "the adapter's weights are in {n} files, which PEFT does not load",
                len(parts),
            ),
            where=str(folder),
            hint=sentence(
                "write them into one {weights}, with safetensors.torch.load_file and save_file", weights=WEIGHTS
            ),
        )
    return BenchError(
        "the adapter has no {file}",
        where=str(folder),
        hint="its training did not finish, or its files were not all copied",
        file=WEIGHTS,
    )


def adapters_within(folder: Path) -> list[Path]:
    """The sub-folders that hold an adapter, by name; numbers in names count as numbers (checkpoint-200, -1000)."""

    def order(path: Path) -> tuple[str, int, str]:
        stem, _, number = path.name.rpartition("-")
        return (stem, int(number), "") if number.isdecimal() else (path.name, -1, path.name)

    return sorted((path.parent for path in folder.glob(f"*/{CONFIG}")), key=order)


def read_config(folder: Path) -> JsonObject:
    """The adapter's configuration; BenchError if it is not a JSON object that names a PEFT method."""
    file = folder / CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise BenchError("not readable as JSON", where=str(file), hint=again(folder)) from None
    if not isinstance(config, dict) or not isinstance(config.get("peft_type"), str):
        raise BenchError(
            "names no PEFT method (peft_type)", where=str(file), hint="give a folder that PEFT's save_pretrained wrote"
        )
    return config


def shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor by its name, from the header of the weights; BenchError for a damaged file."""
    file = folder / WEIGHTS
    try:
        from safetensors import SafetensorError, safe_open

        with safe_open(str(file), framework="pt") as weights:
            return {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as err:
        raise BenchError(
            "cannot read the adapter's weights ({reason})",
            where=str(file),
            hint=again(folder),
            reason=first_line(err),
        ) from None


def parameters(folder: Path) -> int:
    """The number of values in the adapter's weights."""
    return sum(map(math.prod, shapes(folder).values()))


def identity_digest(folder: Path, recipe: Mapping[str, Any] | None) -> str:
    """The identity of an adapter: a digest of weights and configuration.

    recipe: that of its card. While the configuration is what the recipe made of it, the weights say it all and their
    digest alone is taken, as it always was.
    """
    weights = file_digest(folder / WEIGHTS)
    config = read_config(folder)
    if recipe is not None and _as_trained(config, recipe):
        return weights
    # a key that is null is one that an earlier PEFT did not write
    return digest(
        [weights, {key: value for key, value in config.items() if value is not None and key not in UNIMPORTANT}]
    )


def _as_trained(config: Mapping[str, Any], recipe: Mapping[str, Any]) -> bool:
    """Whether a configuration computes what the recipe trained; a module that the file names is checked on loading."""
    lora = recipe.get("lora")
    if not isinstance(lora, Mapping):
        return False
    expected = {
        "peft_type": "LORA", "r": lora.get("r"), "lora_alpha": lora.get("alpha"), "bias": "none", "lora_bias": False,
        "use_rslora": lora.get("use_rslora", False), "use_dora": lora.get("use_dora", False),
        "init_lora_weights": True, "fan_in_fan_out": False,
    }  # fmt: skip
    empty = (
        "rank_pattern", "alpha_pattern", "modules_to_save", "layer_replication", "alora_invocation_tokens",
        "trainable_token_indices", "layers_to_transform", "target_parameters",
    )  # fmt: skip
    return all(config.get(key, value) == value for key, value in expected.items()) and not any(map(config.get, empty))
