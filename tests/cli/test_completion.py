"""Completion: the candidates of command lines that are being typed, and the scripts in the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from phingpt_bench.board.names import COLUMNS
from phingpt_bench.cli import candidates as names
from phingpt_bench.cli.candidates import candidates
from phingpt_bench.cli.main import VERBS, main
from phingpt_bench.cli.verb_completion import SCRIPTS, WORDS
from phingpt_bench.core.config import shipped_names
from phingpt_bench.core.paths import share
from phingpt_bench.evaluate.suite import load_suite
from phingpt_bench.lmeval.taskfiles import read_tasks


def completed(line: str) -> list[str]:
    """The candidates of a line without the program's name; what comes after the last blank is being typed."""
    return [word for word, _ in candidates(line.split(" "), VERBS)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("lead", ["leaderboard"]),
        ("--v", ["--version"]),
        ("run smollm2-135m-fo", ["smollm2-135m-formats"]),
        ("run demo --dr", ["--dry-run"]),
        ("run demo --dry-run --dr", []),  # given already
        ("run demo --only phin_demo_n", ["phin_demo_ner"]),
        ("run demo --only phin_fpb phin_demo_n", ["phin_demo_ner"]),
        ("run demo --limit ", []),  # a number
        ("run demo se", ["seeds=", "seed="]),
        ("run demo --limit 3 se", ["seeds=", "seed="]),
        ("run demo limit=3 see", ["seeds=", "seed="]),
        ("train demo lora.a", ["lora.alpha="]),
        ("tasks s", ["show", "stamp"]),
        ("tasks --kind labels sh", ["show"]),
        ("tasks show phin_demo_n", ["phin_demo_ner"]),
        ("tasks --kind s", ["spans", "scores"]),
        ("leaderboard --format lat", ["latex", "latex-tables"]),
        ("leaderboard --task phin_demo_n", ["phin_demo_ner"]),
        ("leaderboard --task a --tas", ["--task"]),  # may be repeated
        ("compare a b --fate w", ["worse"]),
        ("compare a b --metric f1_w", ["f1_weighted"]),
        ("evaluate --base smol", ["smollm2-135m-instruct"]),
        ("evaluate --model local-c", ["local-completions", "local-chat-completions"]),
        ("rescore file --scorer phin flare-", ["flare-headline", "flare-ner", "flare-finer-ord"]),
        ("init re", ["recipe"]),
        ("--lang es run de", ["demo"]),
        ("--lang ", ["en", "es"]),
        ("run demo --lang e", ["en", "es"]),
        ("lm-eval run --mod", []),  # lm-eval's own
        ("rescore ", []),  # a file
        ("nothing ", []),
    ],
)
def test_candidates(line: str, found: list[str]) -> None:
    assert completed(line) == found


def test_verbs_and_options_are_all_there_with_their_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert completed("") == [*VERBS, "--help", "--version"]
    assert all(about for word, about in candidates([""], VERBS) if word in VERBS)
    assert main(["leaderboard", "--help"]) == 0
    shown = capsys.readouterr().out
    options = [(word, about) for word, about in candidates(["leaderboard", "--"], VERBS) if word != "--lang"]
    assert len(options) > 20
    assert all(word in shown and about for word, about in options)
    assert completed("leaderboard --columns ") == list(COLUMNS)


def test_names_are_those_that_the_program_knows() -> None:
    files = read_tasks()
    assert set(completed("run demo --only ")) - set(completed("run demo ")) <= {*files.tasks, *files.groups}
    assert set(files.tasks) <= set(names._tasks())
    for name in completed("run "):
        assert load_suite(name).name == name
    assert completed("train ") == shipped_names(share("adapters", "recipes"))


@pytest.mark.parametrize("verb", [name for name in VERBS if name != "lm-eval"])
def test_every_verb_completes_its_options(verb: str) -> None:
    assert {"--help", "--lang"} <= set(completed(f"{verb} -"))


@pytest.fixture
def script(tmp_path: Path) -> dict[str, Path]:
    """Each shell's script in a file."""
    files = {}
    for shell, text in SCRIPTS.items():
        files[shell] = tmp_path / f"script.{shell}"
        files[shell].write_text(text, encoding="utf-8")
    return files


def in_shell(shell: str, code: str, *arguments: str) -> str:
    """What a shell prints; skips where it is not installed. The program is on its path."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [shell, *arguments, code], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", list(SCRIPTS))
def test_the_scripts_are_printed_and_accepted(
    shell: str, script: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out == SCRIPTS[shell]
    in_shell(shell, str(script[shell]), "-n")


CASES = [
    ("run de", ["demo"]),
    ("lead", ["leaderboard"]),
    ("run demo --dr", ["--dry-run"]),
    ("train demo lora.a", ["lora.alpha="]),
    ("tasks s", ["show", "stamp"]),
    ("recheck x --lang ", ["en", "es"]),
]


@pytest.mark.parametrize(("line", "found"), CASES)
def test_bash_completes(line: str, found: list[str], script: dict[str, Path]) -> None:
    words = " ".join(f"'{word}'" for word in ["phingpt-bench", *line.split(" ")])
    code = (
        f'source {script["bash"]}; compopt() {{ echo compopt "$@"; }}; COMP_WORDS=({words}); '
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _phingpt_bench; "
        "printf '%s\\n' \"${COMPREPLY[@]}\"; complete -p phingpt-bench"
    )
    *out, registered = in_shell("bash", code, "--norc", "-c").splitlines()
    assert "-F _phingpt_bench phingpt-bench" in registered
    assert out == (["compopt -o nospace"] if found[-1].endswith("=") else []) + found


@pytest.mark.parametrize(("line", "found"), CASES)
def test_zsh_completes(line: str, found: list[str], script: dict[str, Path]) -> None:
    words = " ".join(f"'{word}'" for word in ["phingpt-bench", *line.split(" ")])
    code = (
        f'compdef() {{ print "$@" }}; source {script["zsh"]}; '
        '_describe() { for name in ${(P)2}; do print -r -- "$name"; done }; _files() { print files }; '
        f"words=({words}); CURRENT=$#words; _phingpt_bench"
    )
    registered, *out = in_shell("zsh", code, "-f", "-c").splitlines()
    assert registered == "_phingpt_bench phingpt-bench"
    assert [entry.split(":")[0] for entry in out] == found


@pytest.mark.parametrize(("line", "found"), CASES)
def test_fish_completes(line: str, found: list[str], script: dict[str, Path]) -> None:
    out = in_shell("fish", f"source {script['fish']}; complete -C 'phingpt-bench {line}'", "--no-config", "-c")
    assert [entry.split("\t")[0] for entry in out.splitlines()] == found


def test_files_are_offered_where_no_name_fits(script: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "my-suite.yaml").touch()
    line = f"phingpt-bench run {tmp_path}/my-s"
    out = in_shell("fish", f"source {script['fish']}; complete -C '{line}'", "--no-config", "-c")
    assert out.split("\t")[0].strip() == f"{tmp_path}/my-suite.yaml"


def test_words_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(WORDS, "tasks\ns")
    assert main(["completion", "words"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in out] == ["show", "stamp"] and all("\t" in line for line in out)
