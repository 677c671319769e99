"""Row by row answers for the explorer: packed run by run, so that a browser unpacks only the two that it compares."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.core.jsonio import dumps
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.page.data import section_keys
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import why_incomparable
from phingpt_bench.results.pairing import base_of
from phingpt_bench.results.seeds import with_seeds_joined

BUDGET = 12_000_000  # characters of packed answers on a page; a section gets an equal share of them
PARTS = 10_000  # label probabilities are whole numbers of this fraction
Key = tuple[str, str, int | None, str]  # task, protocol, limit, run id


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What goes into the page in addition to its data.

    blobs: deflated JSON as base64, by the name that `sections` gives it. bases: the run id of the base that each run
    is compared with. sections: by section key {"rows": the blob of ids and gold, "runs": {place in the section: blob},
    "labels": names, "left_out": runs whose answers are not here}. pairs: by section key and place of each tuned row
    whose answers and base's answers are here, the base and the tuned run. runs: all that there are, seeds joined.
    """

    blobs: dict[str, str] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    sections: dict[str, dict[str, object]] = field(default_factory=dict)
    pairs: dict[str, dict[int, tuple[Run, Run]]] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()


def packed(
    board: Board, runs: Sequence[Run], texts: Mapping[str, Mapping[str, str]] | None = None, *, budget: int = BUDGET
) -> Packed:
    """The answers of the board's rows; those of the first seed where a row stands for several.

    texts: the text of each row id, by protocol; a section without them has none. A run on other rows or
    with other gold than the first of its section, and a run for which the budget does not suffice, is counted in
    "left_out"; tuned runs come first, each with its base, then floors.
    """
    sections = [*board.sections, *board.limited]
    made = Packed(runs=tuple(with_seeds_joined(runs)))
    known = {key_of(run): run for run in made.runs}
    for number, (section, key) in enumerate(zip(sections, section_keys(sections), strict=True)):
        places = _places(section, known)
        made.bases.update(
            (place.run.record.run_id, place.base.record.run_id)
            for place in places
            if place.run is not None and place.base is not None and place.base is not place.run
        )
        first = next((place.run for place in places if place.run is not None), None)
        if first is None:
            continue
        alike = [
            place.run.outcomes
            for place in places
            if place.run is not None and why_incomparable(place.run, first) is None
        ]
        rows = pack(_rows(alike, (texts or {}).get(section.protocol)))
        kept, left_out = _runs(places, first, budget // len(sections) - len(rows))
        names = {at: f"run-{number}-{at}" for at in kept}
        made.blobs[f"rows-{number}"] = rows
        made.blobs.update((names[at], blob) for at, blob in kept.items())
        made.sections[key] = {
            "rows": f"rows-{number}", "runs": names, "labels": first.outcomes.labels, "left_out": left_out,
        }  # fmt: skip
        made.pairs[key] = _pairs(places, kept)
    return made


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of a section, its run and that of its base; None if one is not among the runs."""

    row: Row
    run: Run | None
    base: Run | None


def _places(section: Section, known: Mapping[Key, Run]) -> list[_Place]:
    runs = [known.get((section.task, section.protocol, section.limit, row.run_id)) for row in section.rows]
    there = [run for run in runs if run is not None]
    bases = [None if run is None else base_of(run, there) for run in runs]
    return [_Place(row, run, base) for row, run, base in zip(section.rows, runs, bases, strict=True)]


def _runs(places: Sequence[_Place], first: Run, room: int) -> tuple[dict[int, str], int]:
    """(the packed answers by place, as far as `room` characters suffice; how many places are left out).

    A run on other rows than `first`, or with other gold, is left out too.
    """
    kept: dict[int, str] = {}
    left_out = 0
    for at in _order(places):
        run = places[at].run
        same = run is not None and why_incomparable(run, first) is None
        blob = pack(_answers(run.outcomes, first.outcomes.ids)) if run is not None and same else None
        if blob is None or len(blob) > room:
            left_out += 1
        else:
            kept[at] = blob
            room -= len(blob)
    return kept, left_out


def _pairs(places: Sequence[_Place], kept: Collection[int]) -> dict[int, tuple[Run, Run]]:
    """(base, tuned run) of each tuned row where the answers of both are kept, by place."""
    here = {id(places[at].run) for at in kept}
    return {
        at: (base, run)
        for at, (run, base) in enumerate((place.run, place.base) for place in places)
        if run is not None and base is not None and run.record.model.kind == "tuned" and {id(run), id(base)} <= here
    }


def key_of(run: Run) -> Key:
    """What a run and its row on the board share."""
    record = run.record
    return record.task, record.protocol.id, record.limit, record.run_id


def pack(value: Any) -> str:
    """JSON, deflated, as base64: a browser reads it with DecompressionStream("deflate")."""
    return base64.b64encode(zlib.compress(dumps(value).encode(), 9)).decode()


def _order(places: Sequence[_Place]) -> Iterator[int]:
    """Places of the rows: each tuned run and its base, best first, then floors, then the rest."""
    of_run = {id(place.run): at for at, place in enumerate(places) if place.run is not None}
    wanted: list[int] = []
    for at, place in enumerate(places):
        if place.row.kind == "tuned":
            wanted += [at, *([of_run[id(place.base)]] if place.base is not None else [])]
    rest = sorted(range(len(places)), key=lambda at: _last(places[at].row))
    yield from dict.fromkeys([*wanted, *rest])


def _last(row: Row) -> int:
    return {"floor": 0, "base": 1}.get(row.kind, 2)


def _rows(runs: Sequence[Outcomes], texts: Mapping[str, str] | None) -> dict[str, object]:
    """Ids, what is right for each, and texts where they are to be shown (null for a row whose text is not there).

    runs: on the same rows, whose order is that of the first. The places of gold entities come from the first record
    that holds any (those of schema 2 hold none).
    """
    outcomes = runs[0]
    found: dict[str, object] = {"ids": outcomes.ids}
    if outcomes.kind == "spans":
        found["gold"] = [[gold for _, _, gold in counts[: len(outcomes.labels)]] for counts in outcomes.counts]
        if holder := next((run for run in runs if run.entities), None):
            places = {row: gold for row, (gold, _) in zip(holder.ids, holder.entities, strict=True)}
            found["spans"] = [places[row] for row in outcomes.ids]
    else:
        found["gold"] = outcomes.gold
    if texts is not None:
        found["texts"] = [texts.get(row) for row in outcomes.ids]
    return found


def _answers(outcomes: Outcomes, ids: Sequence[str]) -> dict[str, object]:
    """One run's answers in the order of `ids`."""
    places = {row: place for place, row in enumerate(outcomes.ids)}
    order = [places[row] for row in ids]
    if outcomes.kind == "spans":
        found: dict[str, object] = {"counts": [outcomes.counts[at] for at in order]}
        if outcomes.invalid:
            found["invalid"] = [int(outcomes.invalid[at]) for at in order]
        if outcomes.entities:
            found["spans"] = [outcomes.entities[at][1] for at in order]
        return found
    found = {"pred": [outcomes.pred[at] for at in order]}
    if outcomes.probs:
        found["probs"] = [_parts(outcomes.probs[at]) for at in order]
    return found


def _parts(probabilities: list[float] | None) -> list[int] | None:
    if probabilities is None or any(value is None for value in probabilities):
        return None
    return [round(PARTS * value) for value in probabilities]
