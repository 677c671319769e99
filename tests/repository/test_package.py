"""The wheel holds what the program needs, and works in a clean environment outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from helpers.board_factory import make_run, write_run
from helpers.paths import ROOT

pytestmark = pytest.mark.slow

RECORDS = ROOT / "results" / "smollm2-135m"
SHIPPED = ("tasks", "adapters/prompts", "adapters/recipes", "adapters/suites")
# only the temporary folder may say where things are
CLEAN = {name: value for name, value in os.environ.items() if name not in ("PHINGPT_BENCH_DATA", "PYTHONSTARTUP")}


def build(source: Path, out: Path) -> Path:
    """The wheel of a checkout, built offline."""
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", str(out), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("phingpt_bench-*.whl")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment that holds only the wheel; the other packages are those of this environment.

    They come in through a .pth file, which does not read the .pth files beside them: the checkout, which an editable
    install puts on the path in that way, is not seen.
    """
    home = tmp_path_factory.mktemp("clean") / "env"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "-q", str(wheel)],
        check=True,
        capture_output=True,
    )
    paths = sysconfig.get_paths()
    site = home / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (site / "others.pth").write_text("\n".join(dict.fromkeys([paths["purelib"], paths["platlib"]])))
    return home / "bin"


def run(installed: Path, cwd: Path, *command: str, timeout: int = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(installed / command[0]), *command[1:]],
        cwd=cwd,
        env=CLEAN,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def test_wheel_holds_every_shipped_file(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = [path for folder in SHIPPED for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted += [*(ROOT / "results" / "published").glob("*.yaml"), ROOT / "results" / "prices.yaml"]
    wanted = [path for path in wanted if "__pycache__" not in path.parts]
    assert len(wanted) > 10
    for path in wanted:
        assert f"phingpt_bench/share/{path.relative_to(ROOT).as_posix()}" in names
    for path in (ROOT / "phingpt_bench").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names


def test_wheel_holds_nothing_of_the_machine(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert len(tops) == 2, tops  # the package and its dist-info
    assert not [
        name
        for name in names
        if "samples.jsonl" in name or "trained" in name or name.endswith((".pyc", ".safetensors"))
    ]
    (licence,) = (name for name in names if name.endswith("/LICENSE"))
    assert b"Apache License" in zipfile.ZipFile(wheel).read(licence)


def test_records_go_into_the_wheel_and_raw_answers_do_not(wheel: Path, tmp_path: Path) -> None:
    """In a copy of what the wheel is made of, with made-up records, since the real ones may not be there yet."""
    copy = tmp_path / "copy"
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        copy.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, copy)
    (copy / "phingpt_bench").mkdir()
    shutil.copy(ROOT / "phingpt_bench" / "__init__.py", copy / "phingpt_bench")
    run_of = "smollm2-135m/runs/phin_made_up/model-a_0-shot"
    for folder in (run_of, "local/demo/runs/phin_made_up/model-a_0-shot"):
        write_run(copy / "results" / folder, make_run())
        (copy / "results" / folder / "samples.jsonl").write_text("{}\n")
    names = {name for name in zipfile.ZipFile(build(copy, tmp_path)).namelist() if "/results/" in name}
    assert names == {f"phingpt_bench/share/results/{run_of}/{file}" for file in ("run.json", "outcomes.json")}
    real = {name for name in zipfile.ZipFile(wheel).namelist() if "/share/results/smollm2-135m/" in name}
    wanted = [path for name in ("run.json", "outcomes.json") for path in RECORDS.rglob(name)]
    assert real == {f"phingpt_bench/share/{path.relative_to(ROOT).as_posix()}" for path in wanted}


def test_the_board_of_the_wheel_shows_the_committed_results(installed: Path, tmp_path: Path) -> None:
    if not any(RECORDS.rglob("run.json")):
        pytest.skip("results/smollm2-135m holds no run record yet")
    done = run(installed, tmp_path, "phingpt-bench", "leaderboard", "--full")
    assert done.returncode == 0, done.stderr
    for task in {path.parent.parent.name for path in RECORDS.rglob("run.json")}:
        assert task in done.stdout
    assert "SmolLM2-135M-Instruct" in done.stdout


def test_shared_files_are_found_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    code = (
        "import phingpt_bench; from phingpt_bench.core.paths import share\n"
        "print(phingpt_bench.__file__)\n"
        "print(all(share(*p.split('/')).is_dir() for p in ('tasks', 'adapters/recipes', 'adapters/suites')))\n"
        "print(share('results', 'prices.yaml').is_file(), share('results', 'published', 'protocols.yaml').is_file())"
    )
    done = run(installed, tmp_path, "python", "-c", code)
    file, folders, files = done.stdout.splitlines()
    assert Path(file).is_relative_to(installed.parent)
    assert (folders, files) == ("True", "True True")


def test_declared_entry_points_can_be_loaded(installed: Path, tmp_path: Path) -> None:
    """What lm-eval's main branch reads: each target is there, in the wheel too."""
    code = (
        "from importlib.metadata import distribution\n"
        "for point in distribution('phingpt-bench').entry_points:\n"
        "    point.load(); print(point.group)"
    )
    done = run(installed, tmp_path, "python", "-c", code)
    assert done.returncode == 0, done.stderr
    assert {"console_scripts", "lm_eval.models", "lm_eval.tasks"} <= set(done.stdout.split())


def test_tasks_are_listed_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "phingpt-bench", "tasks")
    assert done.returncode == 0, done.stderr
    for name in ("phin_fpb", "phin_tfns", "phin_fin", "phin_finer_ord", "phin_demo_sentiment", "phin_demo_ner"):
        assert name in done.stdout


def test_a_task_runs_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    arguments = ("lm-eval", "run", "--model", "dummy", "--tasks", "phin_demo_sentiment", "--limit", "4")
    done = run(installed, tmp_path, "phingpt-bench", *arguments)
    assert done.returncode == 0, done.stderr
    assert "demo sentiment" in done.stdout
    assert "f1_macro" in done.stdout
