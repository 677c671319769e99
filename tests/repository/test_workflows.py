"""The workflows run what the Makefile and pyproject.toml say: the quick tests, the Pythons, the oldest versions."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
import yaml
from helpers.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

WORKFLOWS = ROOT / ".github" / "workflows"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def workflow(name: str) -> dict[str, Any]:
    return yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))


def commands(steps: list[dict[str, Any]]) -> str:
    return "\n".join(step.get("run", "") for step in steps)


def test_the_quick_tests_are_those_of_make() -> None:
    (fast,) = re.findall(r"^FAST := (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert f'-m "{fast}"' in commands(workflow("ci.yml")["jobs"]["fast"]["steps"])


def test_each_supported_python_is_tested() -> None:
    named = [line.rsplit(" ", 1)[1] for line in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", line)]
    assert workflow("ci.yml")["jobs"]["fast"]["strategy"]["matrix"]["python"] == named
    lowest, above = re.findall(r"3\.(\d+)", PROJECT["requires-python"])
    assert named == [f"3.{minor}" for minor in range(int(lowest), int(above))]


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    rows = workflow("nightly.yml")["jobs"]["versions"]["strategy"]["matrix"]["include"]
    (oldest,) = (row["packages"].split() for row in rows if row["name"] == "oldest versions")
    lower = dict(re.match(r"([A-Za-z-]+)>=([\d.]+)", line).groups() for line in PROJECT["dependencies"])  # type: ignore[union-attr]
    for package, version in (entry.split("==") for entry in oldest):
        bound = lower[package] if lower[package].count(".") else f"{lower[package]}.0"
        assert version.removesuffix(".*") == bound, package


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_has_few_rights_and_every_job_an_end(path) -> None:
    made = workflow(path.name)
    assert made["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 90 for job in made["jobs"].values())
