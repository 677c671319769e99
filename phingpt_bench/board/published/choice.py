"""Which published results are shown, and the lines of a protocol: one for each model of a source."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from phingpt_bench.board.published.values import Published, PublishedCost, PublishedProtocol, PublishedScore, Source
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A model of one source on one protocol, with its scores by published protocol id, and their distinct notes."""

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
    """The scores on our protocols `ours` (None means any) that meet the other conditions.

    protocols: our ids, or published ids, which stand for the whole protocol.
    model: a part of the name, ignoring case.
    Claims have no protocol: they are kept if neither `ours` nor `protocols` is given and their source and model meet
    the conditions. BenchError with the nearest name for an unknown protocol or source.
    """
    known = {id for entry in published.protocols for id in (*entry.metrics, *entry.our_ids)}
    known |= {claim.protocol for claim in published.claims.claims}
    for name in protocols:
        if name not in known:
            raise unknown(sentence("protocol"), name, known, see="phingpt-bench published")
    keys = [*(source.key for source in published.sources), published.claims.source.key]
    for name in sources:
        if name not in keys:
            raise unknown(sentence("source"), name, keys)

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
    are_shown = fits(claims.source, claims.model) and ours is None
    kept = tuple(claim for claim in claims.claims if are_shown and (not protocols or claim.protocol in protocols))
    read = {score.source.key for score in scores}
    used = {score.protocol.key for score in scores}
    return Published(
        protocols=tuple(entry for entry in published.protocols if entry.key in used),
        sources=tuple(source for source in published.sources if source.key in read),
        scores=tuple(scores),
        claims=replace(claims, claims=kept),
    )


def beside(published: Published, chosen: Published) -> dict[str, list[str]]:
    """For each chosen dataset, its published protocols on other rows."""
    used = {protocol.key for protocol in chosen.protocols}
    found: dict[str, list[str]] = {protocol.dataset: [] for protocol in chosen.protocols}
    for protocol in published.protocols:
        if protocol.dataset in found and protocol.key not in used:
            found[protocol.dataset].append(protocol.key)
    return {dataset: keys for dataset, keys in found.items() if keys}


def lines_of(published: Published, protocol: PublishedProtocol) -> list[Line]:
    """The scores on a protocol, one line per model and run, sorted by the first metric, the best first."""
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
