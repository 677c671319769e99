"""The workflows run what the Makefile and pyproject.toml say: the quick tests, the Pythons, the oldest versions."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import licences
from helpers.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

WORKFLOWS = ROOT / ".github" / "workflows"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def workflow(name: str) -> dict[str, Any]:
    return yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


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


def test_the_lock_file_holds_the_versions_that_were_tested_and_a_hash_of_each() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)==(\S+)[^\n]*((?:\n    --hash=sha256:[0-9a-f]{64}[ \\]*)+)$", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^\w", text, re.MULTILINE)), "each package has a version and hashes"
    assert "://" not in text
    pins: dict[str, set[str]] = {}
    for name, version, _ in entries:
        pins.setdefault(plain(name), set()).add(version)
    tested = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    other = {name: version for name, version in tested if version not in pins.get(plain(name), {version})}
    assert not other, "run tests/lock.sh"
    direct = {plain(re.match(r"[\w.-]+", line)[0]) for line in PROJECT["dependencies"]}  # type: ignore[index]
    assert direct <= pins.keys()


@pytest.mark.parametrize("python", [line.rsplit(" ", 1)[1] for line in PROJECT["classifiers"] if " 3." in line])
@pytest.mark.parametrize(("platform", "machine"), [("linux", "x86_64"), ("darwin", "arm64"), ("win32", "AMD64")])
def test_the_lock_file_has_one_version_of_each_package(python: str, platform: str, machine: str) -> None:
    from packaging.markers import Marker

    values = {
        "python_version": python, "python_full_version": f"{python}.1", "sys_platform": platform,
        "platform_machine": machine, "platform_system": {"linux": "Linux", "darwin": "Darwin"}.get(platform, "Windows"),
        "platform_python_implementation": "CPython", "implementation_name": "cpython",
        "os_name": "nt" if platform == "win32" else "posix",
    }  # fmt: skip
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)==\S+(?: ; ([^\\]+?))? *\\?$", text, re.MULTILINE)
    chosen = [plain(name) for name, marker in entries if not marker or Marker(marker).evaluate(values)]
    assert len(chosen) == len(set(chosen))
    direct = {plain(re.match(r"[\w.-]+", line)[0]) for line in PROJECT["dependencies"]}  # type: ignore[index]
    assert direct <= set(chosen)


def test_the_documented_set_up_with_hashes_is_the_one_that_is_tested() -> None:
    command = "pip install --no-deps --require-hashes -r requirements.lock"
    assert (ROOT / "requirements.lock").read_text(encoding="utf-8").startswith(f"# {command}\n")
    assert command in " ".join((ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").split())
    assert command in commands(workflow("nightly.yml")["jobs"]["locked"]["steps"])


def test_pip_refuses_a_file_with_another_hash(tmp_path: Path) -> None:
    wheel = tmp_path / "made_up-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("made_up.py", "")
        file.writestr("made_up-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: made-up\nVersion: 1\n")
        file.writestr("made_up-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("made_up-1.dist-info/RECORD", "")
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for digest, code in ((right, 0), (right[::-1], 1)):
        (tmp_path / "f.lock").write_text(f"made-up==1 \\\n    --hash=sha256:{digest}\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--no-index", "--find-links", str(tmp_path), "--no-deps",
             "--require-hashes", "-r", str(tmp_path / "f.lock"), "-d", str(tmp_path / "got"), "--no-cache-dir"],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert ("DO NOT MATCH THE HASHES" in done.stderr) == bool(code)


def test_the_nightly_run_tries_as_much_as_the_documentation_says() -> None:
    """20 times the inputs of `make test`, and 100 kills; each test multiplies what hypothesis makes."""
    variables = workflow("nightly.yml")["jobs"]["full"]["env"]
    assert (variables["PHINGPT_BENCH_FUZZ"], variables["PHINGPT_BENCH_KILLS"]) == ("20", "100")
    assert "make test" in commands(workflow("nightly.yml")["jobs"]["full"]["steps"])
    fuzz = (ROOT / "tests" / "repository" / "test_fuzz.py").read_text(encoding="utf-8")
    sizes = [int(size.replace("_", "")) for size in re.findall(r"@examples\(([\d_]+)\)", fuzz)]
    strict, records = 4, 2  # kinds of strict files (two sizes each), and of records
    assert sizes[:3] == [150, 60, 600]
    inputs = strict * (sizes[0] + sizes[1]) + records * sizes[2] + sum(sizes[3:])
    assert inputs >= 5_000 and 20 * inputs >= 100_000


def test_each_package_of_the_lock_file_has_a_licence() -> None:
    assert sorted(licences.listed()) == sorted(licences.locked()), "run python -m helpers.licences"


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_has_few_rights_and_every_job_an_end(path) -> None:
    made = workflow(path.name)
    assert made["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 90 for job in made["jobs"].values())
