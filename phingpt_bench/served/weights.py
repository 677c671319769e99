"""The facts of a folder of weights on this machine, without loading it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.models import embedded
from phingpt_bench.models.base_files import files_of, local_revision, weights_digest

RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # values that vLLM accepts as max_lora_rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Digest, quantisation and parameters of a base's folder; None if unknown. name: the base's name in records."""

    name: str
    folder: Path | None
    digest: str | None = None
    quantisation: str | None = None
    parameters: int | None = None


def weights_of(model: str, *, fetch: bool = True) -> Weights:
    """The weights of a folder, of the embedded model, or of a Hub id (of which only the name is known).

    fetch: whether the embedded model may be converted for this.
    """
    if model == embedded.NAME:
        folder = Path(embedded.source()) if fetch else embedded.converted_folder()
        name = embedded.base_name()
    else:
        folder = Path(model).expanduser()
        name = folder.name if folder.is_dir() else model
    if folder is None or not folder.is_dir():
        return Weights(name=name, folder=None)
    settings = _settings(folder / "config.json")
    quantised = settings.get("quantization_config")
    method = quantised.get("quant_method") if isinstance(quantised, dict) else None
    own = model == embedded.NAME
    return Weights(
        name=name, folder=folder, digest=weights_digest(folder) if own else local_revision(files_of(str(folder))),
        quantisation=method or None,
        parameters=None if method else _parameters(folder),
    )  # fmt: skip


def lora_rank(folders: list[Path]) -> int:
    """The smallest max_lora_rank of vLLM's that all adapters fit; BenchError for one beyond all of them."""
    most = 1
    for folder in folders:
        settings = _settings(folder / "adapter_config.json")
        rank = max([settings.get("r") or 1, *(settings.get("rank_pattern") or {}).values()])
        if rank > RANKS[-1]:
            raise BenchError(
                sentence("the adapter has rank {rank}, and vLLM serves up to {ranks}", rank=rank, ranks=RANKS[-1]),
                where=str(folder),
            )
        most = max(most, rank)
    return next(rank for rank in RANKS if rank >= most)


def _parameters(folder: Path) -> int | None:
    """The number of parameters in all safetensors files, by their headers; tied ones are stored once."""
    count = 0
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as data:
            header = json.loads(data.read(int.from_bytes(data.read(8), "little")))
        for name, tensor in header.items():
            if name != "__metadata__":
                size = 1
                for length in tensor["shape"]:
                    size *= length
                count += size
    return count or None


def _settings(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BenchError(
            sentence("not readable as JSON"), where=str(file), hint=sentence("give a folder with its configuration")
        ) from None
    return found if isinstance(found, dict) else {}
