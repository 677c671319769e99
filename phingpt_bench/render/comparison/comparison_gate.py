"""The verdict of `compare --fail-if-worse` as blocks."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.render.comparison.comparison_text import reason_text
from phingpt_bench.render.measures import method_text
from phingpt_bench.results.comparison.gate import Verdict
from phingpt_bench.text.blocks import Block, Grid, Lines, Title, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n
from phingpt_bench.text.numbers import p_text, score_text, signed, signed_interval


def gate_blocks(verdicts: Sequence[Verdict]) -> list[Block]:
    """One line per task: the difference, the smallest that the rows could have shown, and what decided."""
    margin, failed = verdicts[0].margin, sum(one.failed for one in verdicts)
    demand = say("B may not be worse than A")
    if margin:
        demand = say("B may not be worse than A by more than {margin}", margin=f"{margin:g}")
    end = (
        say("passed")
        if not failed
        else say_n("failed in {failed} of {n} task", "failed in {failed} of {n} tasks", len(verdicts), failed=failed)
    )
    heads = folding(say("task"), "B - A", say("could show"), say("verdict"), right=(1, 2), fold=3)
    rows = [[clean(one.task), *_difference(one), _verdict(one)] for one in verdicts]
    blocks: list[Block] = [Title(demand, end, level=1), Grid(heads, rows)]
    if any(one.unsure for one in verdicts):
        blocks.append(Lines([say("(!) the rows do not rule out a loss above the margin")], "warning"))
    about = say("could show: the smallest true difference that the test finds in four of five samples of such rows,")
    return [*blocks, Lines([f"{about} {say('p < 0.05, before the correction over tasks.')}"], "dim")]


def _difference(one: Verdict) -> tuple[str, str]:
    value = say("no test") if one.test.reason else signed(one.test.value, "*" if one.test.starred else "")
    return value, score_text(one.detectable)


def _verdict(one: Verdict) -> str:
    test = one.test
    if test.reason is not None:
        return say("FAILED, not tested: {reason}", reason=reason_text(test.reason))
    p = p_text(test.p if test.p_holm is None else test.p_holm, test.at_most)
    decided = ", ".join(filter(None, (method_text(test.method), p, signed_interval(test.low, test.high))))
    if one.failed:
        return say("FAILED, worse ({test})", test=decided)
    return say("passed ({test})", test=decided) + (" (!)" if one.unsure else "")
