"""The facts of a folder of weights on this machine, without loading it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.paths import expanded
from phingpt_bench.models.base_files import files_of, local_revision, weights_digest
from phingpt_bench.models.embedded import MODELS

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
    if (embedded := MODELS.get(model)) is not None:
        folder = Path(embedded.source()) if fetch else embedded.converted()
        name = embedded.base_name()
    else:
        folder = expanded(model)
        name = folder.name if folder.is_dir() else model
    if folder is None or not folder.is_dir():
        return Weights(name=name, folder=None)
    settings = _settings(folder / "config.json")
    quantised = settings.get("quantization_config")
    method = quantised.get("quant_method") if isinstance(quantised, dict) else None
    return Weights(
        name=name, folder=folder, digest=weights_digest(folder) if embedded else local_revision(files_of(str(folder))),
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
                "the adapter has rank {rank}, and vLLM serves up to {ranks}",
                where=str(folder),
                rank=rank,
                ranks=RANKS[-1],
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


def _settings(file: Path) -> JsonObject:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BenchError("not readable as JSON", where=str(file), hint="give a folder with its configuration") from None
    return found if isinstance(found, dict) else {}
