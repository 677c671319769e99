"""Python and the packages, for `phingpt-bench doctor`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterator

from phingpt_bench.cli.doctor_check import Check, install, present
from phingpt_bench.render.doctor_blocks import MISSING, NOTE, OK
from phingpt_bench.text.language import say

DISTRIBUTION = "phingpt-bench"


def package_checks() -> Iterator[Check]:
    """The Python that runs, and whether each package that is needed has a version within its bounds."""
    running = ".".join(map(str, sys.version_info[:3]))
    try:
        metadata = importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        yield Check(OK, "python", running)
        text = say("{name} itself is not installed", name=DISTRIBUTION)
        yield Check(MISSING, "packages", text, "pip install -e .")
        return
    if not present("packaging"):
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
        fix = install(f"'{requirement.name}{requirement.specifier}'", name=requirement.name)
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
