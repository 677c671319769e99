"""Published results as a page of their own: what is chosen, how it is grouped by protocol, and its words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from phingpt_bench.board.published.values import (
    Claims,
    Published,
    PublishedCost,
    PublishedProtocol,
    PublishedScore,
    Source,
)
from phingpt_bench.core.errors import unknown
from phingpt_bench.render.board import papers
from phingpt_bench.render.board import text as words

FORMATS = ("terminal", "markdown", "csv", "json")
TITLE = "Published results, by protocol. Nothing here was run by us, and nothing is ranked."
MARKS = "source 3q: read in a document that quotes another; 3r: computed again from stored predictions or reports."


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A model of one source on one protocol; its scores by published protocol id. note: of all its scores."""

    first: PublishedScore
    scores: dict[str, PublishedScore]
    notes: tuple[str, ...]
    cost: PublishedCost | None


def choose(
    published: Published,
    *,
    ours: Collection[str] | None = None,
    protocols: Collection[str] = (),
    sources: Collection[str] = (),
    model: str | None = None,
) -> Published:
    """The scores on our protocols `ours` (None: on any) that meet the other conditions; claims stay, see below.

    protocols: published ids, of which the whole protocol is taken, or ids of ours. model: a part of the name in any
    case. Claims are of no protocol: they stay where neither `ours` nor `protocols` is given and their source and model
    meet the conditions. BenchError with the nearest name for a protocol or a source that is not there.
    """
    known = {id: entry for entry in published.protocols for id in (*entry.metrics, *entry.our_ids)}
    known |= {claim.protocol: None for claim in published.claims.claims}
    for name in protocols:
        if name not in known:
            raise unknown("protocol", name, known, see="phingpt-bench published")
    keys = [*(source.key for source in published.sources), published.claims.source.key]
    for name in sources:
        if name not in keys:
            raise unknown("source", name, keys)

    def fits(source: Source, name: str) -> bool:
        return (not sources or source.key in sources) and (model is None or model.casefold() in name.casefold())

    scores = [
        score
        for score in published.scores
        if fits(score.source, score.model)
        and (ours is None or set(score.protocol.our_ids) & set(ours))
        and (not protocols or {*score.protocol.metrics, *score.protocol.our_ids} & set(protocols))
    ]
    claims = published.claims
    told = fits(claims.source, claims.model) and ours is None
    kept = tuple(claim for claim in claims.claims if told and (not protocols or claim.protocol in protocols))
    read = {score.source.key for score in scores}
    used = {score.protocol.key for score in scores}
    return Published(
        protocols=tuple(entry for entry in published.protocols if entry.key in used),
        sources=tuple(source for source in published.sources if source.key in read),
        scores=tuple(scores),
        claims=replace(claims, claims=kept),
    )


def beside(published: Published, chosen: Published) -> dict[str, list[str]]:
    """By dataset of what was chosen: the other published protocols of that dataset, which have other rows."""
    used = {protocol.key for protocol in chosen.protocols}
    found: dict[str, list[str]] = {protocol.dataset: [] for protocol in chosen.protocols}
    for protocol in published.protocols:
        if protocol.dataset in found and protocol.key not in used:
            found[protocol.dataset].append(protocol.key)
    return {dataset: keys for dataset, keys in found.items() if keys}


def lines_of(published: Published, protocol: PublishedProtocol) -> list[Line]:
    """The scores on a protocol, those of one model and the same runs in one line; by the first metric, best first."""
    groups: dict[tuple[object, ...], dict[str, PublishedScore]] = {}
    for score in published.scores:
        if score.protocol.key == protocol.key:
            key = (score.runs, score.model, score.method, score.shots, score.evidence)
            groups.setdefault(key, {}).setdefault(score.id, score)
    lines = []
    for scores in groups.values():
        all_of = list(scores.values())
        notes = tuple(dict.fromkeys(score.note for score in all_of if score.note))
        cost = next((score.cost for score in all_of if score.cost is not None), None)
        lines.append(Line(first=all_of[0], scores=scores, notes=notes, cost=cost))
    ids = list(protocol.metrics)

    def place(line: Line) -> tuple[int, float]:
        id = next(id for id in ids if id in line.scores)
        sign = 1 if protocol.metrics[id].lower_is_better else -1
        return ids.index(id), sign * line.scores[id].value

    return sorted(lines, key=place)


def standing(protocol: PublishedProtocol) -> str:
    """Whether a new run of ours may stand beside it, in a line."""
    if protocol.ours is None:
        return "no task of ours has these rows"
    rows = "the same rows as" if protocol.same_rows else "not the rows, or not compared with the rows, of"
    same = [metric.head for metric in protocol.metrics.values() if metric.same_metric]
    other = [metric.head for metric in protocol.metrics.values() if not metric.same_metric]
    metrics = [f"same metric: {', '.join(same)}"] if same else []
    metrics += [f"another metric: {', '.join(other)}"] if other else []
    return "; ".join([f"{rows} {', '.join(protocol.our_ids)}", *metrics])


def note_text(protocol: PublishedProtocol) -> str:
    """The protocol's note as a sentence."""
    note = words.clean(protocol.note)
    return f"{note[:1].upper()}{note[1:]}."


def rows_text(protocol: PublishedProtocol) -> str:
    """The test set in words, and its size where they do not say it."""
    split = words.clean(protocol.split)
    if protocol.n_test is None:
        told = any(word in split for word in ("stated", "row", "sentences"))
        return split if told else f"{split}; number of rows not stated"
    size = f"{protocol.n_test:,} rows"
    return split if size in split else f"{size}: {split}"


def source_marks(published: Published) -> dict[str, int]:
    """A number for each source, in the order of the files."""
    return {source.key: i for i, source in enumerate(published.sources, 1)}


def marks_of(line: Line, numbers: dict[str, int]) -> str:
    """Where a line was read: "2, 3", with q or r where it is not the authors' own text."""
    letter = {"secondary": "q", "recomputed": "r"}.get(line.first.evidence, "")
    places = dict.fromkeys(numbers[score.source.key] for score in line.scores.values())
    return ", ".join(f"{place}{letter}" for place in places)


def costs_of(published: Published) -> dict[str, PublishedCost]:
    """Every training cost among the scores, by key, in the order of the files."""
    return {score.cost.key: score.cost for score in published.scores if score.cost is not None}


def cost_text(cost: PublishedCost) -> str:
    """Amount and what it covers: "$17.25 (1 x RTX 3090, ...)"; the source's own note behind it."""
    note = cost.note if cost.note and not cost.doubtful else None
    return f"{papers.published_cost(cost)}: " + "; ".join(
        words.clean(part) for part in (papers.published_cost_note(cost), note) if part
    )


def method_text(score: PublishedScore) -> str:
    """The method, and the number of examples where there were some."""
    return words.clean(score.method) + (f", {score.shots}-shot" if score.shots else "")


def claim_texts(claims: Claims) -> list[str]:
    """A line for each claim: the number as printed, and that of its baseline."""
    return [
        f"{claim.task}: {claim.metric} {claim.printed}, against {claim.baseline:.3f} of an {claims.baseline}"
        for claim in claims.claims
    ]


def notes_of(lines: Sequence[Line]) -> dict[str, int]:
    """A number for each distinct note among the lines, in order of appearance."""
    return {note: i for i, note in enumerate(dict.fromkeys(note for line in lines for note in line.notes), 1)}
