"""The doctor's checks of the device: driver, torch and what it sees, and 4-bit products where they would run."""

from __future__ import annotations

import importlib.metadata
import logging
import sys
from collections.abc import Iterator
from typing import Any

from phingpt_bench.cli.doctor_check import Check, install, present
from phingpt_bench.core import gpus, torch_build
from phingpt_bench.core.errors import first_line
from phingpt_bench.render.doctor_blocks import BROKEN, MISSING, NOTE, OK
from phingpt_bench.text.language import say, spoken


def _same_torch() -> str:
    """The command that installs the build of torch again that is installed, not another one."""
    try:
        build = importlib.metadata.version("torch").partition("+")[2]
    except importlib.metadata.PackageNotFoundError:
        build = ""
    options = "--force-reinstall --no-deps "
    if build in torch_build.BUILDS:
        return torch_build.command(build).replace("pip install ", f"pip install {options}")
    return install("", name="torch", options=options)


def device_checks() -> Iterator[Check]:
    """Whether torch can be imported, what it sees, and whether 4-bit weights work there."""
    try:
        import torch
    # a broken install may raise anything: any error means "does not work here"
    except Exception as err:
        sys.modules.pop("torch", None)  # half of it, which others would take for the whole
        reason = f"{type(err).__name__}: {err}"
        why = say("installed, but cannot be imported: {reason}", reason=reason)
        yield Check(BROKEN, "torch", why, _same_torch())
        return
    yield from _gpus(torch)
    yield _four_bit(torch)


def _gpus(torch: Any) -> Iterator[Check]:
    """What torch sees, next to what the drivers list."""
    from phingpt_bench.core.machine import this_machine
    from phingpt_bench.models import devices, dtype
    from phingpt_bench.text.machine import machine_text

    if torch.cuda.is_available():
        yield Check(OK, "device", say("GPU: {machine}", machine=machine_text(this_machine())))
        for at in range(torch.cuda.device_count()):
            yield _gpu(torch, at, dtype.chosen("auto", f"cuda:{at}"))
        if torch.cuda.device_count() > 1:
            text = say("one GPU does the work and is priced: the first, or the one of --device cuda:1")
            yield Check(NOTE, "device", text)
        return
    machine = machine_text(this_machine())
    text = say("CPU: {machine}; enough for the demo, slow for models of billions of parameters", machine=machine)
    yield Check(OK, "device", text)
    if unused := gpus.unused(torch):
        text = say("torch cannot use the {gpu} in this machine: {why}", gpu=unused[0].name,
                   why=spoken(devices.reason(unused)))  # fmt: skip
        yield Check(NOTE, "GPU", text, spoken(devices.fix(unused)))
    elif torch.backends.mps.is_available():
        yield Check(NOTE, "GPU", say("Apple's GPU is used with --device mps only; it was never tried"))


def _gpu(torch: Any, at: int, dtype: str) -> Check:
    """One GPU: its memory, its dtype, and the versions of CUDA or ROCm, and of the driver."""
    try:
        free, total = torch.cuda.mem_get_info(at)
    except RuntimeError as err:  # full of another program's memory, or no kernels for it
        reason = first_line(err)
        return Check(NOTE, f"cuda:{at}", say("cannot be used: {reason}", reason=reason))
    listed = gpus.listed()
    library = f"ROCm {torch.version.hip}" if torch.version.hip else f"CUDA {torch.version.cuda}"
    text = say(
        "{free:.1f} of {total:.1f} GB free, computes in {dtype}, {library}, driver {driver}",
        free=free / 2**30,
        total=total / 2**30,
        dtype=dtype,
        library=library,
        driver=(listed[0].driver if listed else "") or say("unknown"),
    )
    return Check(OK, f"cuda:{at}", text)


def _four_bit(torch: Any) -> Check:
    """Multiply by a matrix in NF4 on the device that would work: an installed package may still be wrong there."""
    fix = "pip install --force-reinstall --no-deps 'bitsandbytes>=0.50,<0.52'"
    if not present("bitsandbytes"):
        return Check(MISSING, "4-bit kernels", say("{name} is not installed", name="bitsandbytes"), fix)
    # it warns about an optional faster kernel, which needs a package that we do not use
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    device = "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        from phingpt_bench.models import dtype, four_bit

        kind = getattr(torch, dtype.chosen("auto", device))
        errors = four_bit.product_errors(device, kind, (256, 256))
    # a broken native library may raise anything: any error means "does not work here"
    except Exception as err:
        reason = f"{type(err).__name__}: {first_line(err)}"
        return Check(MISSING, "4-bit kernels", say("do not work: {reason}", reason=reason), fix)
    if wrong := four_bit.wrong_rows(errors):
        text = say(
            "wrong on {device} for {rows} rows: relative error {error:.2g}; 'dequantise: always' avoids them",
            device=device,
            rows=", ".join(map(str, wrong)),
            error=max(errors.values()),
        )
        return Check(BROKEN, "4-bit kernels", text, fix)
    return Check(
        OK, "4-bit kernels", say("NF4 with double quantisation gives correct products on {device}", device=device)
    )
