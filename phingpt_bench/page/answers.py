"""Row by row answers for the explorer: packed run by run, so that a browser unpacks only the two that it compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.page.data import section_keys
from phingpt_bench.page.packing import pack
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import why_incomparable
from phingpt_bench.results.source import Key, Source

BUDGET = 12_000_000  # characters of packed answers on a page; a section gets an equal share of them
PARTS = 10_000  # label probabilities are whole numbers of this fraction
CHUNK = 50  # runs that are read at a time, until the share of their section is used up


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What goes into the page in addition to its data.

    blobs: deflated JSON as base64, by the name that `sections` gives it. sections: by section key {"rows": the blob of
    ids and gold, "runs": {place in the section: blob}, "labels": names, "left_out": runs whose answers are not here}.
    pairs: by section key and place of each tuned row whose answers and base's answers are here, the base and the tuned
    run.
    """

    blobs: dict[str, str] = field(default_factory=dict)
    sections: dict[str, dict[str, object]] = field(default_factory=dict)
    pairs: dict[str, dict[int, tuple[Key, Key]]] = field(default_factory=dict)


def packed(
    board: Board, source: Source, texts: Mapping[str, Mapping[str, str]] | None = None, *, budget: int = BUDGET
) -> Packed:
    """The answers of the board's rows; those of the first seed if a row is the mean of several.

    texts: the text of each row id, by protocol; a section without them has none. A run on other rows or
    with other gold than the first of its section, and a run for which the budget does not suffice, is counted in
    "left_out"; tuned runs come first, each with its base, then floors.
    """
    sections, made = [*board.sections, *board.limited], Packed()
    for number, (section, key) in enumerate(zip(sections, section_keys(sections), strict=True)):
        keys = [(section.task, section.protocol, section.limit, row.run_id) for row in section.rows]
        first = next((run for one in keys for run in source.read([one]).values()), None)
        if first is None:
            continue
        texts_here = (texts or {}).get(section.protocol)
        rows, kept = _runs(section, keys, source, first, texts_here, budget // len(sections))
        names = {at: f"run-{number}-{at}" for at in kept}
        made.blobs[f"rows-{number}"] = rows
        made.blobs.update((names[at], blob) for at, blob in kept.items())
        made.sections[key] = {
            "rows": f"rows-{number}", "runs": names, "labels": first.outcomes.labels, "left_out": len(keys) - len(kept),
        }  # fmt: skip
        bases = _bases(section.rows)
        made.pairs[key] = {
            at: (keys[bases[at]], keys[at])
            for at, row in enumerate(section.rows)
            if row.kind == "tuned" and at in kept and bases.get(at) in kept
        }
    return made


def _runs(
    section: Section, keys: Sequence[Key], source: Source, first: Run, texts: Mapping[str, str] | None, room: int
) -> tuple[str, dict[int, str]]:
    """(the packed rows, the packed answers by place, as far as `room` characters suffice for both).

    A run on other rows than `first`, or with other gold, is left out.
    """
    order, rows = list(_order(section.rows)), ""
    kept: dict[int, str] = {}
    for begin in range(0, len(order), CHUNK):
        chunk, before = order[begin : begin + CHUNK], len(kept)
        read = source.read(keys[at] for at in chunk)
        found = {at: read[keys[at]].outcomes for at in chunk if keys[at] in read and _alike(read[keys[at]], first)}
        if not rows:
            rows = pack(_rows([first.outcomes, *found.values()], texts))
            room -= len(rows)
        for at, outcomes in found.items():
            blob = pack(_answers(outcomes, first.outcomes.ids))
            if len(blob) <= room:
                kept[at] = blob
                room -= len(blob)
        if found and len(kept) == before:
            break
    return rows, kept


def _alike(run: Run, first: Run) -> bool:
    return why_incomparable(run, first) is None


def _bases(rows: Sequence[Row]) -> dict[int, int]:
    """The place of the base of each row that has one here."""
    places = {row.run_id: at for at, row in enumerate(rows)}
    return {at: places[row.base_run] for at, row in enumerate(rows) if row.base_run in places}


def _order(rows: Sequence[Row]) -> Iterator[int]:
    """Places of the rows: each tuned run and its base, best first, then floors, then the rest."""
    bases = _bases(rows)
    wanted: list[int] = []
    for at, row in enumerate(rows):
        if row.kind == "tuned":
            wanted += [at, *([bases[at]] if at in bases else [])]
    rest = sorted(range(len(rows)), key=lambda at: _last(rows[at]))
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
