"""Published rows as text: names, costs and what they cover, and the marks that lead to their notes."""

from __future__ import annotations

from collections.abc import Iterable

from phingpt_bench.board.published.rows import PublishedCost, PublishedRow, Source
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.money import usd_text
from phingpt_bench.text.numbers import letters, unknown_text

TRANSLATED = ("recomputed",)  # reaches `spoken` through a value


def size_text(size_b: float | None) -> str:
    """Billions of parameters: 7B, 0.11B; empty if not stated."""
    return "" if size_b is None else f"{size_b:g}B"


def cost_marks(rows: Iterable[PublishedRow]) -> dict[str, str]:
    """A letter for each training cost among the rows that says hours or USD, in order of appearance."""
    costs = [row.cost for row in rows if row.cost is not None]
    keys = dict.fromkeys(cost.key for cost in costs if published_cost(cost) != unknown_text())
    return {key: letters(i) for i, key in enumerate(keys)}


def evidence_text(evidence: str) -> str:
    """How a value came here, in a word; empty if it was read in the authors' own text."""
    return {"primary": "", "secondary": say("quoted")}.get(evidence, spoken(evidence))


def published_cost(cost: PublishedCost | None) -> str:
    """USD, otherwise hours, else N/A; with ? where the source's figure is doubtful."""
    if cost is None:
        return unknown_text()
    text = usd_text(cost.usd) if cost.usd is not None else unknown_text() if cost.hours is None else f"{cost.hours:g} h"
    return f"{text}?" if cost.doubtful else text


def published_cost_note(cost: PublishedCost) -> str:
    """What a published cost covers: "1 x RTX 3090, 17.25 h, $1.00 a GPU-hour; covers 4 sentiment sets"."""
    gpu = None if cost.gpu is None else f"{cost.gpu_count} x {cost.gpu}" if cost.gpu_count else cost.gpu
    parts = [
        gpu,
        None if cost.hours is None else f"{cost.hours:g} h",
        None if cost.usd_per_gpu_hour is None else say("${usd:.2f} a GPU-hour", usd=cost.usd_per_gpu_hour),
    ]
    text = ", ".join(part for part in parts if part)
    covers = None if cost.scope is None else say("covers {scope}", scope=spoken(cost.scope))
    why = spoken(cost.note or "").removeprefix("doubtful: ")
    doubt = say("doubtful: {why}", why=why).rstrip(": ") if cost.doubtful else None
    quoted = say("quoted by another document") if cost.evidence == "secondary" else None
    return "; ".join(part for part in (text, covers, quoted, doubt) if part)


def published_name(row: PublishedRow, rows: Iterable[PublishedRow]) -> str:
    """The model, with the key of its source where another row would look the same."""

    def look(r: PublishedRow) -> tuple[object, ...]:
        return r.model, r.method, r.shots, r.comparison

    alike = sum(look(other) == look(row) for other in rows) > 1
    return f"{clean(row.model)} [{next(iter(row.metrics.values())).source.key}]" if alike else clean(row.model)


def source_text(source: Source) -> str:
    """Title, arXiv number, table, repository, path and commit, as far as they are known."""
    place = ", ".join(part for part in (source.repository, source.path) if part)
    parts = [
        source.title,
        f"arXiv {source.arxiv}" if source.arxiv else None,
        source.table,
        say("{place} at {commit}", place=place, commit=source.commit[:12])
        if place and source.commit
        else place or None,
    ]
    return "; ".join(part for part in parts if part)
