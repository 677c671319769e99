"""The device that a base runs on: found, checked and named in full before anything is loaded."""

from __future__ import annotations

import os

from phingpt_bench.core import gpus, torch_build
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence, sentence_n

KINDS = ("cpu", "cuda", "mps")
BIG = 1_000_000_000  # parameters; a smaller model is usable on a CPU


def device(asked: str) -> str:
    """The torch device that a name means here, with its number: "cpu", "cuda:0", "mps"; auto: the first GPU or the CPU.

    "mps", the GPU of Apple's chips, is only taken by name: it was never tried on one. BenchError for a device that
    torch does not have, a kind that this program does not know, and under a launcher of several processes.
    """
    import torch

    _check_alone()
    if asked == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    kind, _, index = asked.partition(":")
    if kind not in KINDS or (index and (kind != "cuda" or not index.isdigit())):
        raise BenchError("unknown device '{device}'", hint="use 'auto', 'cpu', 'cuda', 'cuda:1' or 'mps'", device=asked)
    if kind == "mps" and not torch.backends.mps.is_available():
        raise BenchError(
            "device '{device}' is asked for, and torch sees no GPU", hint="use 'auto' or 'cpu'", device=asked
        )
    if kind != "cuda":
        return kind
    if not torch.cuda.is_available():
        unused = gpus.unused(torch)
        raise BenchError(
            "device '{device}' is asked for, and torch sees no GPU",
            hint=fix(unused) if unused else sentence("use 'auto' or 'cpu'"),
            device=asked,
        )
    count = torch.cuda.device_count()
    if int(index or 0) >= count:
        raise BenchError(
            sentence_n(
                "device '{device}' is asked for, and torch sees {n} GPU",
                "device '{device}' is asked for, and torch sees {n} GPUs",
                count,
                device=asked,
            ),
            hint=sentence("they are numbered from cuda:0 to cuda:{last}", last=count - 1),
        )
    return f"cuda:{int(index or 0)}"


def check_training(device: str) -> None:
    """BenchError for a device on which nothing is trained."""
    if device == "mps":
        raise BenchError(
            "training on 'mps' is not supported: it was never tried", hint="train with --device cpu, or on a CUDA GPU"
        )


def unused_here() -> tuple[gpus.Gpu, ...]:
    """The GPUs that a driver lists although torch sees none."""
    import torch

    return gpus.unused(torch)


def left_unused(parameters: int | None) -> str:
    """What to say where the CPU is used although a driver lists a GPU.

    BenchError instead for a model with billions of parameters: on a CPU it would take days.
    """
    unused = unused_here()
    text = sentence("torch cannot use the {gpu} in this machine: {why}", gpu=unused[0].name, why=reason(unused))
    if parameters is not None and parameters >= BIG:
        raise BenchError(text, hint=sentence("{fix}; or ask for the CPU: --device cpu", fix=fix(unused)))
    return sentence("{what}; the CPU is used (to fix: {fix})", what=text, fix=fix(unused))


def reason(unused: tuple[gpus.Gpu, ...]) -> str:
    """Why torch cannot use the GPUs that a driver lists, as far as versions tell."""
    import torch

    version = torch.__version__
    if unused[0].maker == "NVIDIA" and torch.version.cuda:
        return sentence("torch {version} is for CUDA {cuda}, the driver is {driver}", version=version,
                        cuda=torch.version.cuda, driver=unused[0].driver)  # fmt: skip
    return sentence("torch {version} is a build for other hardware", version=version)


def fix(unused: tuple[gpus.Gpu, ...]) -> str:
    """The one command that installs a torch for these GPUs; words if there is none."""
    choice = torch_build.choose(unused)
    if choice.build == "cpu":
        return sentence("update the GPU's driver ({why})", why=choice.why)
    return torch_build.command(choice.build)


def _check_alone() -> None:
    """BenchError under torchrun, accelerate launch and the like with several processes."""
    size = os.environ.get("WORLD_SIZE", "1")
    if size.isdigit() and int(size) > 1:
        raise BenchError(
            "WORLD_SIZE is {size}: this program runs in one process, on one device",
            hint="start it without torchrun or accelerate, or unset WORLD_SIZE; --device chooses the GPU",
            size=size,
        )
