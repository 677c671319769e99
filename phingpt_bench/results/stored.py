"""A board from a folder of runs, of which only those are read that were written since it was last drawn.

Three things are kept, each under everything it was made from: what the run.json files say of themselves, each section,
and the board as it was asked for. So a run that is new or was written anew costs the making of its own section.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from pathlib import Path

from phingpt_bench.board.costs import on_card, prices_of
from phingpt_bench.board.filters import Filter, filtered
from phingpt_bench.board.published import rows as published_results
from phingpt_bench.board.rows import joined, section_of
from phingpt_bench.board.shorten import shortened
from phingpt_bench.board.standing import Scope
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.paths import share, task_folders
from phingpt_bench.cost.prices import card_path, own_card
from phingpt_bench.data.catalogue import rights
from phingpt_bench.results.arrange import Arrangement, Key, arranged
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import Listed, RunFiles, listed, newest, read_run, run_files
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.store import Stamp, Store, stamp, stamps
from phingpt_bench.text.language import current


def stored_board(
    folder: Path,
    *,
    tasks: Collection[str] = (),
    metric: str | None = None,
    published: bool = True,
    checks: bool = False,
    prices: Path | None = None,
    wanted: Filter | None = None,
    most: int | None = None,
    store: Store | None = None,
) -> Board:
    """The board that `rows.build` makes of `collect(folder)`, with the shipped published results or without.

    prices: as for `prices_of`. wanted: filters and order (see `filtered`). most: rows of a section that are kept then
    (see `shortened`), None for all. Errors are those of all these. Of runs that a newer one replaces only run.json is
    read.
    """
    store = store or Store()
    files = run_files(folder)
    shipped = stamps(share("results", "published"), ".yaml") if published else []
    card = stamp(card_path(prices))
    # a card of the user's own is told as such, and prices the runs anew, also where it is the shipped file
    around = (shipped, card, str(prices), str(own_card()), metric, current())
    passports = [stamps(place / "passports", ".yaml") for place in task_folders()]
    asked = store.key("board", files, around, passports, tuple(tasks), checks, wanted, most)
    if (board := store.get(asked, Board)) is not None:
        return board
    entries = _listed(files, store, folder)
    plan = arranged(newest(entries), tasks, checks)
    sections = _sections(plan, {file.path: file for file in files}, around, store, metric, published, prices)
    board = joined(plan, sections, metric, prices_of(prices), rights())
    board = shortened(board if wanted is None else filtered(board, wanted), most)
    store.put(asked, board)
    store.tidy()
    return board


def _listed(files: Sequence[RunFiles], store: Store, folder: Path) -> list[Listed]:
    """What each run.json says of itself; those with a stamp that is known are not read."""
    key = store.key("listed", str(Path(folder).resolve()))
    known: dict[Stamp, Listed] = store.get(key, dict) or {}
    found = {file.record: known.get(file.record) or listed(Path(file.path)) for file in files}
    if found != known:
        store.put(key, found)
    return list(found.values())


def _sections(
    plan: Arrangement[Listed],
    files: dict[str, RunFiles],
    around: tuple[object, ...],
    store: Store,
    metric: str | None,
    published: bool,
    prices: Path | None,
) -> list[Section]:
    """The sections of a plan, those that are kept as they were, the others made from their runs."""
    rows = functools.cache(published_results.load)
    card = functools.cache(prices_of)
    cache = functools.cache(Cache)  # nothing of it is needed where every section is kept

    def made(key: Key, group: Sequence[Listed]) -> Section:
        name = store.key("section", key, [(files[entry.path], entry.older) for entry in group], around)
        section = store.get(name, Section)
        if section is None:
            runs = on_card([read_run(Path(entry.path)) for entry in group], card(prices))
            scope = Scope(
                comparer=Comparer(cache()), metric=metric, published=rows() if published else {}, prices=card(prices)
            )
            section = section_of(runs, key, scope)
            store.put(name, section)
            cache().save()  # what was computed is kept, should a later section be interrupted
        return section

    return [made(key, group) for key, group in plan.groups.items()]
