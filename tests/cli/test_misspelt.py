"""A misspelt option or value of any verb is answered with the nearest one."""

from __future__ import annotations

import pytest

from phingpt_bench.cli import main as command


@pytest.mark.parametrize(
    ("argv", "said", "hint"),
    [
        (["models", "lst"], "'lst'", "did you mean 'list'?"),
        (["data", "lits"], "'lits'", "did you mean 'list'?"),
        (["tasks", "shwo", "phin_fpb"], "'shwo'", "did you mean 'show'?"),
        (["init", "promt"], "'promt'", "did you mean 'prompt'?"),
        (["evaluate", "--bse", "x", "--tasks", "phin_fpb"], "--bse", "did you mean '--base'?"),
        (["evaluate", "--base", "x", "--taks", "phin_fpb"], "--taks", "did you mean '--tasks'?"),
        (["evaluate", "--base", "x", "--tasks", "phin_fpb", "--limt=4"], "--limt", "did you mean '--limit'?"),
        (["evaluate", "--base", "x", "--tasks", "a", "--quantisation", "nf5"], "'nf5'", "did you mean 'nf4'?"),
        (["run", "demo", "--dryrun"], "--dryrun", "did you mean '--dry-run'?"),
        (["export", "--to", "hf-model-idx"], "'hf-model-idx'", "did you mean 'hf-model-index'?"),
        (["models", "pull", "x", "--too", "hub"], "--too", "did you mean '--to'?"),
        (["init", "prompt", "--fron", "rows.jsonl"], "--fron", "did you mean '--from'?"),
        (["models", "list", "a", "b"], "unrecognized arguments: b", "'phingpt-bench models list --help'"),
        (["data", "verify", "--zzz"], "--zzz", "'phingpt-bench data verify --help'"),
        (["export", "--results", "mine", "--to", "csv"], "--results", "has no option: phingpt-bench export DIR"),
        (["leaderboard", "--results", "mine"], "--results", "has no option: phingpt-bench leaderboard DIR"),
        (["verify", "--results=mine"], "--results", "has no option: phingpt-bench verify DIR"),
        (["models", "zzz"], "'zzz'", "'phingpt-bench models --help'"),
    ],
)
def test_a_misspelt_argument_names_the_nearest_one(
    argv: list[str], said: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(argv) == 2
    got = capsys.readouterr()
    assert got.out == ""
    first, second = got.err.splitlines()
    assert said in first
    assert hint in second


@pytest.mark.parametrize("name", [name for name in command.VERBS if name != "lm-eval"])
def test_every_option_of_every_verb_is_found_from_a_slip(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = command.Parser()
    command.verb_module(name).configure(parser)
    options = [text for text in parser._option_string_actions if text.startswith("--") and len(text) > 6]
    for option in options:
        assert command.main([name, option[:-2] + option[-1] + option[-2] + "q"]) == 2
        assert capsys.readouterr().err.splitlines()[1].startswith("hint: did you mean '--"), option


def test_the_hint_is_in_the_language_of_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--lang", "es", "models", "lst"]) == 2
    assert "¿quería decir 'list'?" in capsys.readouterr().err


def test_a_value_that_begins_with_two_hyphens_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    """A layout of a prompt may begin so; argparse takes a text with blanks for a value."""
    assert command.main(["init", "prompt", "x.yaml", "--from", "none.jsonl", "--layout", "-- {input} ->"]) == 2
    assert "unrecognized" not in capsys.readouterr().err
