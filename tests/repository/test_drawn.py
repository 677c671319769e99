"""The boards and scores in README.md and docs/results.md are those of the committed records."""

from __future__ import annotations

import importlib.util

import pytest
from helpers.paths import ROOT

_spec = importlib.util.spec_from_file_location("drawn", ROOT / "docs" / "drawn.py")
assert _spec is not None and _spec.loader is not None
drawn = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(drawn)


@pytest.mark.slow
def test_what_the_pages_show_is_in_the_records(capsys: pytest.CaptureFixture[str]) -> None:
    assert drawn.main(["--check"]) == 0, capsys.readouterr().out


def test_a_score_that_no_record_has_is_found() -> None:
    page = "before 0.111 <!-- results:begin -->\nF1 0.853, not 0.854.\n```text\n0.999\n```\n<!-- results:end --> 0.222"
    assert drawn.strangers(page, {"0.853"}) == ["0.854"]


def test_a_board_is_drawn_again_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "output_of", lambda arguments: f"One\n{arguments}\n\nTwo  \n2\n\nThree\n3\n")
    page = "<!-- drawn: leaderboard x | One + Three -->\n```text\nold\n\nold\n```\nafter"
    assert drawn.drawn(page) == page.replace("old\n\nold", "One\nleaderboard x\n\nThree\n3")
    both = page.replace("One + Three", "One ...")  # what has no rule goes with it
    assert "One\nleaderboard x\n\nTwo\n2\n\nThree\n3\n```" in drawn.drawn(both)
    whole = page.replace(" | One + Three", "")
    assert "\nTwo\n2\n" in drawn.drawn(whole)


def test_a_board_under_its_command_line_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "output_of", lambda arguments: f"drawn by {' '.join(arguments.split())}\n")
    page = "```\n$ phingpt-bench leaderboard x \\\n    --full\nold\n```\n```\n$ phingpt-bench run x\nold\n```\n"
    assert drawn.drawn(page) == page.replace("old", "drawn by leaderboard x --full", 1)
