"""The job array and the indexed job of examples/: each job asks for its own part of the plan."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from helpers.paths import ROOT

from phingpt_bench.cli import verb_run

EXAMPLES = ROOT / "examples"
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")


def said(command: list[str], folder: Path, **variables: str) -> list[str]:
    """The words with which a job calls `phingpt-bench`."""
    program = folder / "phingpt-bench"
    program.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    there = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **variables}
    return subprocess.run(command, env=there, check=True, capture_output=True, text=True).stdout.split()


def test_each_job_of_the_array_does_its_part(tmp_path: Path) -> None:
    script = EXAMPLES / "slurm.sh"
    array = re.search(r"--array=1-(\d+)", script.read_text(encoding="utf-8"))
    assert array is not None
    parts = int(array[1])
    for job in (1, parts):
        there = {"SLURM_ARRAY_TASK_ID": f"{job}", "SLURM_ARRAY_TASK_COUNT": f"{parts}"}
        words = said(["bash", str(script), "my-suite.yaml"], tmp_path, **there)
        assert words[:2] == ["run", "my-suite.yaml"]
        assert verb_run.share(words[words.index("--cells") + 1]) == (job, parts)
    failed = subprocess.run(["bash", str(script)], check=False, capture_output=True, text=True)
    assert failed.returncode != 0 and "a suite" in failed.stderr


def test_each_pod_of_the_indexed_job_does_its_part(tmp_path: Path) -> None:
    job = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text(encoding="utf-8"))["spec"]
    (container,) = job["template"]["spec"]["containers"]
    volumes = {volume["name"] for volume in job["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    for index in (0, job["completions"] - 1):
        words = said(container["command"], tmp_path, JOB_COMPLETION_INDEX=f"{index}")
        assert words[0] == "run"
        assert verb_run.share(words[words.index("--cells") + 1]) == (index + 1, job["completions"])
