"""Words of the listing of published results: what a protocol's rows are, and how they compare with ours."""

from __future__ import annotations

from phingpt_bench.board.published.choice import Line
from phingpt_bench.board.published.values import Claims, Published, PublishedCost, PublishedProtocol, PublishedScore
from phingpt_bench.core.protocol import variant_text
from phingpt_bench.render.board import published_text
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n, spoken
from phingpt_bench.text.numbers import numbered


def standing(protocol: PublishedProtocol) -> str:
    """Whether it is comparable with a new run of ours, in a line."""
    if protocol.ours is None:
        return say("no task of ours has these rows")
    ids = ", ".join(protocol.our_ids)
    same_rows = say("the same rows as {protocols}", protocols=ids)
    rows = same_rows if protocol.same_rows else say("not, or not known to be, the rows of {protocols}", protocols=ids)
    same = [metric.head for metric in protocol.metrics.values() if metric.same_metric]
    other = [metric.head for metric in protocol.metrics.values() if not metric.same_metric]
    metrics = [say("same metric: {names}", names=", ".join(same))] if same else []
    metrics += [say("another metric: {names}", names=", ".join(other))] if other else []
    return "; ".join([rows, *metrics])


def note_text(protocol: PublishedProtocol) -> str:
    """The protocol's note as a sentence."""
    note = clean(spoken(protocol.note))
    return f"{note[:1].upper()}{note[1:]}."


def rows_text(protocol: PublishedProtocol) -> str:
    """The test set in words, and its size where they do not say it."""
    split = clean(protocol.split)
    if protocol.n_test is None:
        counted = any(word in split for word in ("stated", "row", "sentences"))
        return split if counted else say("{split}; number of rows not stated", split=split)
    if f"{protocol.n_test:,} row" in split:
        return split
    return say_n("{n:,} row: {split}", "{n:,} rows: {split}", protocol.n_test, split=split)


def source_marks(published: Published) -> dict[str, int]:
    """A number for each source, in the order of the files."""
    return numbered(source.key for source in published.sources)


def marks_of(line: Line, numbers: dict[str, int]) -> str:
    """Where a line was read: "2, 3", with q or r where it is not the authors' own text."""
    letter = {"secondary": "q", "recomputed": "r"}.get(line.first.evidence, "")
    places = dict.fromkeys(numbers[score.source.key] for score in line.scores.values())
    return ", ".join(f"{place}{letter}" for place in places)


def costs_of(published: Published) -> dict[str, PublishedCost]:
    """Every training cost among the scores, by key, in the order of the files."""
    return {score.cost.key: score.cost for score in published.scores if score.cost is not None}


def cost_text(cost: PublishedCost) -> str:
    """Amount and what it covers: "$17.25 (1 x RTX 3090, ...)"; the source's own note after it."""
    note = cost.note if cost.note and not cost.doubtful else None
    return f"{published_text.published_cost(cost)}: " + "; ".join(
        clean(spoken(part)) for part in (published_text.published_cost_note(cost), note) if part
    )


def method_text(score: PublishedScore) -> str:
    """The method, and the number of examples where there were some."""
    return clean(score.method) + (f", {variant_text(score.shots, chat_template=False)}" if score.shots else "")


def claim_texts(claims: Claims) -> list[str]:
    """A line for each claim: the number as printed, and that of its baseline."""
    return [
        say(
            "{task}: {metric} {printed}, against {value:.3f} of an {baseline}",
            task=claim.task,
            metric=claim.metric,
            printed=claim.printed,
            value=claim.baseline,
            baseline=claims.baseline,
        )
        for claim in claims.claims
    ]
