"""What the marks and numbers of a board mean, in plain words, for what the board at hand holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from phingpt_bench.board.pairing import EXPOSED
from phingpt_bench.board.published.values import EVIDENCE
from phingpt_bench.board.render.costs import cost_lines
from phingpt_bench.board.render.text import clean, evidence_text, higher_is_better, metric_name
from phingpt_bench.board.values import Board, Row

METHODS = {  # of intervals and tests, in words
    "wilson": "Wilson",
    "bootstrap": "bootstrap over rows",
    "mcnemar-exact": "exact McNemar",
    "permutation": "permutation",
}
REASONS = {  # why a difference was not tested, where the words in the table do not say enough
    "other prompts": "other prompts (the task was changed between the runs)",
    "other kernels": "other kernels (4-bit weights dequantised once in one of the runs)",
    "other rows": "other rows (of the dataset)",
}


def legend(board: Board) -> list[str]:
    """What the marks and numbers mean, for what the board holds; one sentence or two an entry."""
    rows = [row for section in (*board.sections, *board.limited) for row in section.rows]
    lines = []
    intervals = [row.interval for row in rows if row.interval is not None]
    if intervals:
        levels = " and ".join(sorted({f"{100 * interval.level:g}%" for interval in intervals}))
        methods = "; ".join(sorted({METHODS.get(interval.method, interval.method) for interval in intervals}))
        lines.append(f"[low, high]: {levels} interval of the score over the test rows ({methods}).")
    if any(row.rank is not None for row in rows):
        lines.append("#: 1= is a shared rank: rows that do not differ significantly from the best of them (p >= 0.05).")
    tests = [row.against_base for row in rows if row.against_base is not None and row.against_base.method]
    if tests:
        names = "; ".join(sorted({METHODS.get(test.method, test.method) for test in tests if test.method}))
        lines.append(
            f"vs base: score minus that of the base with the same weights and quantisation; for a tuned row with the "
            f"same shots and chat template, for a base row with 0 shots. * p < 0.05, paired test on the same rows "
            f"({names}), p after Holm's correction over all tasks of the model, shown or not."
        )
    reasons = {row.against_base.reason for row in rows if row.against_base is not None and row.against_base.reason}
    if reasons:
        lines.append(f"no test: {'; '.join(REASONS.get(reason, reason) for reason in sorted(reasons))}.")
    if any(row.beats_floor is False for row in rows):
        lines.append("! not significantly better (p < 0.05) than the best floor row: it has shown nothing.")
    if any(row.exposed for row in rows):
        lines.append(
            f"x not ranked: more than {EXPOSED:.0%} of the test rows were in its training, so the score says what was "
            "remembered."
        )
    if any(row.kind == "floor" for row in rows):
        lines.append("floor: a cheap method without a language model, the least that a model has to beat.")
    if any(row.scores.get("flip_rate") is not None for row in rows):
        lines.append(
            "flips: rows of one pole (positive, hawkish) taken for the opposite one, of all rows that have a pole. "
            "ECE: expected calibration error of the label probabilities (15 bins)."
        )
    if metrics := sorted({s.metric for s in board.sections if not higher_is_better(s.metric)}):
        lines.append(f"{', '.join(map(metric_name, metrics))}: lower is better.")
    lines.append("N/A: not measured or not published, never zero. - : does not apply.")
    lines += _exposure_lines(rows)
    lines += _cost_lines(rows)
    lines += price_lines(rows)
    lines += cost_lines(board)
    if any(section.published for section in board.sections):
        lines.append("Published rows were not run here: no interval, test or rank. Sources: --format markdown or json.")
        kinds = {row.evidence for section in board.sections for row in section.published}
        lines += [
            f"{evidence_text(kind)}: {EVIDENCE[kind]}." for kind in EVIDENCE if kind in kinds and evidence_text(kind)
        ]
    if board.older:
        lines.append(f"Older runs of the same rows that are not shown: {board.older}.")
    return lines


def _exposure_lines(rows: list[Row]) -> list[str]:
    tuned = [row for row in rows if row.kind == "tuned"]
    if not tuned:
        return []
    unchecked, partly = sum(row.exposure is None for row in tuned), sum(row.partly_checked for row in tuned)
    if unchecked or partly:
        parts = [f"not checked for {unchecked} of {len(tuned)} tuned rows"] if unchecked else []
        if partly:
            parts.append(f"partly checked for {partly} of {len(tuned)} (by row id, which finds no near copies)")
        return [f"Training rows among the test rows: {', '.join(parts)}."]
    if not any(any(row.exposure.values()) for row in tuned if row.exposure):
        return ["Training rows among the test rows: none found for any tuned row."]
    return []


def _cost_lines(rows: list[Row]) -> list[str]:
    lines = []
    if any(row.kind == "tuned" and row.training is not None for row in rows):
        lines.append("training: of the whole adapter, shared by all tasks it was trained on: not to be added up.")
    if any(row.evaluation.seconds for row in rows):
        lines.append("evaluation: without loading and probing the model; USD in proportion to the time that is left.")
    return lines


def price_lines(rows: Iterable[Row]) -> list[str]:
    """One line for each price that the costs were computed with: card date, machine, USD per hour, assumption."""
    prices: dict[str, None] = {}
    for row in rows:
        for ledger in (row.training, row.evaluation):
            if ledger is not None and ledger.usd is not None and ledger.price:
                prices[price_text(ledger.price)] = None
    return [f"USD: {price}." for price in sorted(prices)]


def price_text(price: dict[str, Any]) -> str:
    """A ledger's price in words: USD per hour, entry and date of the card, assumption; unknown parts are left out."""
    per_hour, entry, count = price.get("usd_per_hour"), price.get("entry"), price.get("count")
    parts = [
        None if per_hour is None else f"${per_hour:g} an hour",
        f"{count} x {clean(entry)}" if entry and count and count != 1 else clean(entry or "") or None,
        f"price card of {clean(price['card'])}" if price.get("card") else None,
        clean(price.get("assumption") or "") or None,
    ]
    return ", ".join(part for part in parts if part)
