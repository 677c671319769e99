"""The report of `phingpt-bench doctor`: a line a check, then how to fix what is missing, and what can run here."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.text.blocks import Block, Column, Grid, Lines, Picture, Piece, Title
from phingpt_bench.text.language import say

TRANSLATED = ("ok", "note", "MISSING", "BROKEN")
OK, NOTE, MISSING, BROKEN = TRANSLATED
ROLES = {OK: "good", NOTE: "warning", MISSING: "bad", BROKEN: "bad"}
COLUMNS = (Column(least=7), Column(least=15), Column(fold=True, whole=True))


def check_blocks(level: str, subject: str, text: str) -> list[Block]:
    """One check, in the same columns as all others, so that it can be shown as soon as it is known."""
    return [Grid(COLUMNS, [[(Piece(say(level), ROLES.get(level, "")),), subject, text]], gap=1)]


def end_blocks(fixes: Sequence[str], demo: str, real: str) -> list[Block]:
    """The commands that fix what is missing, whole so that they can be copied, and whether the suites can run."""
    commands: list[Block] = [Title(say("to fix"), level=3), Picture([f"  {fix}" for fix in fixes])] if fixes else []
    return [*commands, Title(say("demo"), demo), Lines([say("real suites: {state}", state=real)], hang=2)]
