"""`phingpt-bench doctor`: what this machine can do, what is missing, and how to fix it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator

from phingpt_bench.cli.doctor_check import Check, install, present
from phingpt_bench.cli.doctor_data import in_mirror, origins, real_suites
from phingpt_bench.cli.doctor_device import device_checks
from phingpt_bench.cli.doctor_packages import package_checks
from phingpt_bench.cli.output import show
from phingpt_bench.cli.suites import add_device
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.render.doctor_blocks import BROKEN, MISSING, NOTE, OK, check_blocks, end_blocks
from phingpt_bench.text.language import say, spoken

NAME = "doctor"
HELP = sentence("say what this machine can do, what is missing, and how to fix it")
EPILOG = sentence("""examples:
  phingpt-bench doctor
  phingpt-bench doctor --selftest               is its arithmetic right?
  phingpt-bench doctor --selftest --base MODEL  the same with your own model

Exit code 0 when the demo can run here, 1 when something it needs is missing, or
a check of --selftest fails.
""")

# subjects of checks that are not names of packages
TRANSLATED = (
    "python", "packages", "device", "GPU", "4-bit kernels", "memory", "cache", "meters", "model", "passports",
    "data mirror", "HF switches", "4-bit products", "repeats", "attention", "labels",
    "written answers",
)  # fmt: skip
SWITCHES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HOME")
# 135 million bfloat16 parameters of the embedded model, 2 bytes each, written next to the old copy
CACHE_BYTES = 2 * 2 * 135_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument(
        "--selftest", action="store_true", help="load a model and compare the fast ways with the plain ones"
    )
    parser.add_argument("--base", metavar=say("MODEL"), help="for --selftest (default: the embedded model)")
    parser.add_argument("--quantisation", choices=("nf4", "none"), help="default nf4 (4 bits)")
    add_device(parser)


def run(args: argparse.Namespace) -> int:
    """Print the report, or that of the selftest; 0 if nothing is missing or wrong, otherwise 1."""
    if args.selftest:
        return _selftest(args)
    if args.base or args.quantisation or args.device or args.dtype:
        raise BenchError("--base, --quantisation, --device and --dtype are for --selftest", hint="add --selftest")
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


def _selftest(args: argparse.Namespace) -> int:
    """Load the model and print what the selftest finds, line by line; 1 if a check fails."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.core.machine import this_machine
    from phingpt_bench.engine.selftest import selftest
    from phingpt_bench.models import embedded
    from phingpt_bench.models.base_spec import BaseSpec, device
    from phingpt_bench.models.load import load_base
    from phingpt_bench.text.machine import machine_text

    silence_libraries()
    spec = BaseSpec(
        model=args.base or embedded.NAME, quantisation=args.quantisation or "nf4", device=args.device or "auto",
        compute_dtype=args.dtype or "auto",
    )  # fmt: skip
    target = device(spec)
    show(check_blocks(OK, say("device"), f"{target}: {machine_text(this_machine(target))}"))
    loaded = load_base(spec)
    identity = loaded.identity
    numbers = f"{identity.quantisation or say('not quantised')}, {identity.compute_dtype}"
    show(check_blocks(OK, say("model"), f"{identity.name}, {numbers}"))
    good = True
    for finding in selftest(loaded):
        show(check_blocks(OK if finding.good else BROKEN, say(finding.name), spoken(finding.text)))
        sys.stdout.flush()
        good = good and finding.good
    print()
    print(
        say("selftest: all is well") if good else say("selftest: this machine computes wrongly; do not use its scores")
    )
    return 0 if good else 1


def checks() -> Iterator[Check]:
    """Every check in the order of the report."""
    yield from package_checks()
    if present("torch"):
        yield from device_checks()
    yield from _space()
    yield _meters()
    yield _embedded_model()
    yield from _passports()
    yield _mirror()
    yield _switches()


def _space() -> Iterator[Check]:
    from phingpt_bench.core.machine import memory_bytes
    from phingpt_bench.core.paths import cache_dir
    from phingpt_bench.text.numbers import unknown_text

    memory = memory_bytes()
    yield Check(OK, "memory", f"{memory / 2**30:.1f} GB" if memory else unknown_text())
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
    if torch is not None and torch.cuda.is_available() and not present("pynvml"):
        fix = install("'nvidia-ml-py>=12.535,<14'", name="nvidia-ml-py")
        return Check(
            NOTE, "meters", say("{always}; to measure the GPU's energy, install nvidia-ml-py", always=always), fix
        )
    if energy.method is None:
        text = say("{always}; energy is N/A: {reasons}", always=always, reasons=lacking)
        return Check(OK, "meters", text)
    text = say("{always}, energy by {method}", always=always, method=energy.method)
    return Check(OK, "meters", f"{text} ({lacking})" if lacking else text)


def _embedded_model() -> Check:
    from phingpt_bench.models.embedded import MODELS, SMOLLM2

    files = SMOLLM2.wheel_files()
    if files is None or not files[0].is_file():
        text = say("the file of the embedded {name} is not installed", name=SMOLLM2.title)
        return Check(MISSING, "model", text, SMOLLM2.install)
    ready = [model.title for model in MODELS.values() if model is SMOLLM2 or model.converted() is not None]
    return Check(OK, "model", say("embedded {name} ({file})", name=", ".join(ready), file=files[0].name))


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
    text = say("{folder}: {k} of {n} folders of datasets", **values)
    if lacking:
        text = say("{folder}: {k} of {n} folders of datasets; missing: {names}", **values)
    return Check(NOTE if lacking else OK, "data mirror", text)


def _switches() -> Check:
    values = [f"{name}={os.environ[name]}" for name in SWITCHES if os.environ.get(name)]
    text = ", ".join(values) or say("none set: what is not downloaded is fetched from the Hub")
    return Check(OK, "HF switches", text)
