"""`phingpt-bench doctor`: what this machine can do, what is missing, and how to fix it."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.cli.doctor_data import in_mirror, origins, real_suites
from phingpt_bench.cli.output import show
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, spoken

NAME = "doctor"
HELP = sentence("say what this machine can do, what is missing, and how to fix it")
EPILOG = sentence("""examples:
  phingpt-bench doctor

Exit code 0 when the demo can run here, 1 when something it needs is missing.
""")

DISTRIBUTION = "phingpt-bench"
# subjects of checks that are not names of packages
TRANSLATED = (
    "python", "packages", "device", "4-bit kernels", "memory", "cache", "meters", "model", "passports", "data mirror",
    "HF switches",
)  # fmt: skip
OK, NOTE, MISSING, BROKEN = "ok", "note", "MISSING", "BROKEN"
SWITCHES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HOME")
# 135 million bfloat16 parameters of the embedded model, 2 bytes each, written next to the old copy
CACHE_BYTES = 2 * 2 * 135_000_000
# the version in constraints.txt, for installations without that file
TORCH = "torch==2.13.0"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. `level` is ok, note (the demo runs without it), MISSING or BROKEN (it cannot run)."""

    level: str
    subject: str
    text: str
    fix: str | None = None


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(args: argparse.Namespace) -> int:
    """Print the report; 0 if nothing that the demo needs is missing, otherwise 1."""
    from phingpt_bench.render.doctor_blocks import check_blocks, end_blocks

    del args  # there are none
    found: list[Check] = []
    for check in checks():
        found.append(check)
        show(check_blocks(check.level, say(check.subject), check.text))
        sys.stdout.flush()  # one by one: importing torch takes seconds
    # torch first: the packages that need it would pull a build of their own choice
    fixes = sorted(
        dict.fromkeys(check.fix for check in found if check.fix), key=lambda fix: "torch" not in fix.split()[-1]
    )
    able = all(check.level not in (MISSING, BROKEN) for check in found)
    demo = say("can run here: {command}", command="phingpt-bench demo") if able else say("cannot run here yet")
    print()
    show(end_blocks(fixes, demo, real_suites(able)))
    return 0 if able else 1


def checks() -> Iterator[Check]:
    """Every check in the order of the report."""
    yield from _python_and_packages()
    if _present("torch"):
        yield from _device()
    yield from _space()
    yield _meters()
    yield _embedded_model()
    yield from _passports()
    yield _mirror()
    yield _switches()


def _present(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _python_and_packages() -> Iterator[Check]:
    running = ".".join(map(str, sys.version_info[:3]))
    try:
        metadata = importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        yield Check(OK, "python", running)
        text = say("{name} itself is not installed", name=DISTRIBUTION)
        yield Check(MISSING, "packages", text, "pip install -e .")
        return
    if not _present("packaging"):
        yield Check(MISSING, "packages", say("{name} is not installed", name="packaging"), "pip install packaging")
        return
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from phingpt_bench.text.fold import HOLD

    wanted = SpecifierSet(metadata["Requires-Python"] or "")
    if running in wanted:
        yield Check(OK, "python", running)
    else:
        text = say("{version}, but {wanted} is needed", version=running, wanted=wanted)
        yield Check(MISSING, "python", text, say("make a new environment with that Python"))
    requirements = [Requirement(text) for text in importlib.metadata.requires(DISTRIBUTION) or []]
    needed = [one for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    good = []
    for requirement in needed:
        fix = _install(f"'{requirement.name}{requirement.specifier}'", name=requirement.name)
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            text = say("not installed; {wanted} is needed", wanted=requirement.specifier)
            yield Check(MISSING, requirement.name, text, fix)
            continue
        if requirement.specifier.contains(version, prereleases=True):
            good.append(f"{requirement.name}{HOLD}{version}")
        else:
            yield Check(
                MISSING,
                requirement.name,
                say("{version}, but {wanted} is needed", version=version, wanted=requirement.specifier),
                fix,
            )
    yield Check(OK if good else NOTE, "packages", ", ".join(good) or say("none within bounds"))


def _install(requirement: str, *, name: str, options: str = "") -> str:
    """The command that installs a package in the version that was tested, so that no other build of torch comes along.

    In a checkout constraints.txt pins all of them; elsewhere only torch is pinned, whose newest build may be for CUDA
    and gigabytes large.
    """
    from phingpt_bench.core.paths import share

    constraints = share("constraints.txt")
    if constraints.is_file():
        folder = "" if constraints.parent == Path.cwd() else f"{constraints.parent}{os.sep}"
        options += f"-c {shlex.quote(folder + constraints.name)} "
        requirement = name if name == "torch" else requirement
    elif name == "torch":
        requirement = TORCH
    return f"pip install {options}{requirement}"


def _device() -> Iterator[Check]:
    from phingpt_bench.core.machine import this_machine
    from phingpt_bench.text.machine import machine_text

    try:
        import torch
    # a broken install may raise anything: any error means "does not work here"
    except Exception as err:
        sys.modules.pop("torch", None)  # half of it, which others would take for the whole
        reason = f"{type(err).__name__}: {err}"
        why = say("installed, but cannot be imported: {reason}", reason=reason)
        yield Check(BROKEN, "torch", why, _install("", name="torch", options="--force-reinstall --no-deps "))
        return
    if torch.cuda.is_available():
        yield Check(OK, "device", say("GPU: {machine}", machine=machine_text(this_machine())))
    else:
        yield Check(
            OK,
            "device",
            say(
                "CPU: {machine}; enough for the demo, slow for models of billions of parameters",
                machine=machine_text(this_machine()),
            ),
        )
    yield _four_bit(torch)


def _four_bit(torch: Any) -> Check:
    """Quantise a small matrix to NF4 and back on the CPU: an installed package may still not work."""
    fix = "pip install --force-reinstall --no-deps 'bitsandbytes>=0.50,<0.52'"
    if not _present("bitsandbytes"):
        return Check(MISSING, "4-bit kernels", say("{name} is not installed", name="bitsandbytes"), fix)
    # it warns about an optional faster kernel, which needs a package that we do not use
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    try:
        from bitsandbytes import functional

        weights = torch.linspace(-1, 1, 64 * 64).reshape(64, 64)
        packed, state = functional.quantize_4bit(weights, quant_type="nf4", compress_statistics=True)
        error = float((functional.dequantize_4bit(packed, state) - weights).abs().max())
    # a broken native library may raise anything: any error means "does not work here"
    except Exception as err:
        return Check(MISSING, "4-bit kernels", say("do not work: {reason}", reason=f"{type(err).__name__}: {err}"), fix)
    if error > 0.2:  # NF4's widest gap between two levels is 0.304 of a block's maximum, so rounding errs by 0.152
        return Check(
            MISSING, "4-bit kernels", say("wrong by {error:.2f} on a matrix of values up to 1", error=error), fix
        )
    return Check(OK, "4-bit kernels", say("NF4 with double quantisation works on the CPU"))


def _space() -> Iterator[Check]:
    from phingpt_bench.core.machine import memory_bytes
    from phingpt_bench.core.paths import cache_dir

    memory = memory_bytes()
    yield Check(OK, "memory", f"{memory / 2**30:.1f} GB" if memory else say("unknown"))
    cache = cache_dir()
    standing = next(folder for folder in (cache, *cache.absolute().parents) if folder.exists())
    free = shutil.disk_usage(standing).free
    values = {"folder": cache, "free": free / 2**30}
    text = say("{folder} (will be created), {free:.1f} GB free", **values)
    if cache.exists():
        text = say("{folder} (exists), {free:.1f} GB free", **values)
    fix = "export PHINGPT_BENCH_CACHE=/a/folder/with/space"
    if not os.access(standing, os.W_OK):
        yield Check(MISSING, "cache", say("{state}, not writable", state=text), fix)
    elif free < CACHE_BYTES:
        yield Check(
            MISSING, "cache", say("{state}, {needed:.1f} GB needed", state=text, needed=CACHE_BYTES / 2**30), fix
        )
    else:
        yield Check(OK, "cache", text)


def _meters() -> Check:
    """Which parts of a run's cost can be measured here."""
    from phingpt_bench.cost.energy import here

    energy = here()
    lacking = "; ".join(map(spoken, energy.lacking))
    always = say("time, tokens, peak memory")
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and not _present("pynvml"):
        fix = _install("'nvidia-ml-py>=12.535,<14'", name="nvidia-ml-py")
        return Check(
            NOTE, "meters", say("{always}; to measure the GPU's energy, install nvidia-ml-py", always=always), fix
        )
    if energy.method is None:
        text = say("{always}; energy is N/A: {reasons}", always=always, reasons=lacking)
        return Check(OK, "meters", text)
    text = say("{always}, energy by {method}", always=always, method=energy.method)
    return Check(OK, "meters", f"{text} ({lacking})" if lacking else text)


def _embedded_model() -> Check:
    from phingpt_bench.models.embedded import INSTALL, TITLE, wheel_file

    file = wheel_file()
    if file is None or not file.is_file():
        return Check(MISSING, "model", say("the file of the embedded {name} is not installed", name=TITLE), INSTALL)
    return Check(OK, "model", say("embedded {name} ({file})", name=TITLE, file=file.name))


def _passports() -> Iterator[Check]:
    """A line for each passport that cannot be read."""
    from phingpt_bench.data import catalogue

    _, errors = catalogue.readable()
    for err in errors.values():
        yield Check(NOTE, "passports", "; ".join(spoken(text) for text in (err.message, err.hint) if text))


def _mirror() -> Check:
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.data.sources import MIRROR_VARIABLE, mirror

    known = origins()
    fix = f"export {MIRROR_VARIABLE}=/folder/with/datasets"
    try:
        root = mirror()
    except BenchError as err:
        return Check(NOTE, "data mirror", spoken(err.message), fix)
    if root is None:
        text = say(
            "{variable} is not set: real datasets come from the Hugging Face cache or the Hub", variable=MIRROR_VARIABLE
        )
        return Check(NOTE, "data mirror", text)
    lacking = [name for name, origin in known.items() if not in_mirror(origin, root)]
    values = {"folder": root, "k": len(known) - len(lacking), "n": len(known), "names": ", ".join(lacking)}
    text = say("{folder}: {k} of {n} datasets", **values)
    if lacking:
        text = say("{folder}: {k} of {n} datasets; missing: {names}", **values)
    return Check(NOTE if lacking else OK, "data mirror", text)


def _switches() -> Check:
    values = [f"{name}={os.environ[name]}" for name in SWITCHES if os.environ.get(name)]
    text = ", ".join(values) or say("none set: what is not downloaded is fetched from the Hub")
    return Check(OK, "HF switches", text)
