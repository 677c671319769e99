"""A board from a folder of runs: read, compared, filtered and shortened."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from phingpt_bench.board.costs import on_card, prices_of
from phingpt_bench.board.filters import Filter, filtered
from phingpt_bench.board.kept import Kept, program_stamp
from phingpt_bench.board.published import rows as published_rows
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.sections import build, joined, section_of, tasks_of
from phingpt_bench.board.shorten import shortened
from phingpt_bench.board.standing import Calculation, Scope
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.data.catalogue import rights
from phingpt_bench.results.arrange import arranged
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.calibrated import with_calibrated
from phingpt_bench.results.chosen import ALL as EVERY
from phingpt_bench.results.chosen import Chosen
from phingpt_bench.results.collect import Run, collect_from, collected
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.folders import files_from
from phingpt_bench.results.index import Entry, indexed
from phingpt_bench.results.source import Held, Source, Stored
from phingpt_bench.scoring.prior import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Calculation):
    """What is to be on a board, and how."""

    published: bool = True
    """Whether to add the shipped published results."""

    prices: Path | None = None
    """The file of a price card, as for `prices_of`."""

    wanted: Filter | None = None
    """Filters and order, as for `filtered`."""

    most: int | None = None
    """The number of rows kept in each section, as for `shortened`; None means all."""

    @property
    def runs(self) -> Chosen:
        """The selected runs; an older one is shown instead of a newer one with the same key."""
        return EVERY if self.wanted is None else self.wanted.runs


ALL = Options()
LARGE = 500  # records from which a board is made section by section, and kept


def load_board(
    folders: Path | Sequence[Path], options: Options = ALL, *, calibrate: Collection[Method] = ()
) -> tuple[Board, list[Run]]:
    """The board of the runs below a folder or several, and the runs themselves. Errors as for `board_of`.

    folders: an empty list means the default ones (`collect_from`).
    calibrate: calibrations of the label scores to add as extra rows (`results.calibrated`), and as runs.
    """
    folders = [folders] if isinstance(folders, Path) else folders
    runs = with_calibrated(collect_from(folders, chosen=options.runs), calibrate)
    return board_of(runs, options), runs


def board_at(folders: Path | Sequence[Path], options: Options = ALL, *, calibrate: Collection[Method] = ()) -> Board:
    """The board of `load_board` without the runs, so that thousands of models need no more memory than one section."""
    return board_and_source(folders, options, calibrate=calibrate)[0]


def board_and_source(
    folders: Path | Sequence[Path], options: Options = ALL, *, calibrate: Collection[Method] = ()
) -> tuple[Board, Source]:
    """The board of `load_board`, and where the runs of its rows come from.

    From LARGE records on, each section, and a board with the first rows of each, are kept in the cache until one of
    their files changes, and runs are read when they are asked for.
    """
    folders = [folders] if isinstance(folders, Path) else folders
    files = files_from(folders)
    if calibrate or len(files) < LARGE:
        runs = collected(files, once=len(folders) > 1, chosen=options.runs)
        runs = with_calibrated(runs, calibrate)
        return board_of(runs, options), Held(runs)
    entries = indexed(files)
    with _one_thread():
        return _by_sections(entries, options, once=len(folders) > 1), Stored(entries)


def _by_sections(entries: Sequence[Entry], options: Options, *, once: bool) -> Board:
    """The board of these records, with whatever is kept of it."""
    card, store, cache = prices_of(options.prices), Kept(), Cache()
    # which sections are shown, and how many of their rows, is not part of a section's key
    made_with = (options.metric, options.published, options.across_engines, options.trust_times)
    how = repr((once, options.runs, *made_with, card, program_stamp()))
    stamps = [(entry.path, entry.stamp) for entry in entries]
    cut = [list(options.tasks), options.checks, repr(options.wanted), options.most]
    whole = digest(["board", stamps, how, *cut], 32)
    if options.most is not None and (board := store.get(whole, Board)) is not None:
        return board
    plan = arranged(entries, options.tasks, options.checks)
    scope = Scope(
        options=options, comparer=Comparer(cache), published=_published(options), prices=card, tasks=tasks_of(plan)
    )
    sections, older = [], 0
    for key, group in plan.groups.items():
        name = digest(["section", [(one.path, one.stamp) for one in group], how, scope.tasks], 32)
        made = store.get(name, tuple[Section, int])
        if made is None:
            runs = on_card(collected((Path(one.path) for one in group), once=once, chosen=options.runs), card)
            made = section_of(runs, key, replace(scope, comparer=Comparer(cache))), sum(run.older for run in runs)
            store.put(name, made)
        sections.append(made[0])
        older += made[1] if key[0] in plan.shown else 0
    cache.save()
    board = _cut(joined(replace(plan, older=older), sections, options.metric, card, rights()), options)
    if options.most is not None:
        store.put(whole, board)
    store.sweep()
    return board


def board_of(runs: Sequence[Run], options: Options = ALL) -> Board:
    """The board that `sections.build` makes of some runs; tests and intervals come from the cache where they are in it.

    BenchError as for `build`, `prices_of` and `filtered`.
    """
    cache = Cache()
    with _one_thread():
        card = prices_of(options.prices)
        board = build(runs, _published(options), options, cache=cache, prices=card, rights=rights())
    cache.save()
    return _cut(board, options)


def _one_thread() -> AbstractContextManager[object]:
    """Keeps BLAS to one thread: in many small products the other threads busy-wait, which took half the time."""
    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits


def _published(options: Options) -> Mapping[str, tuple[PublishedRow, ...]]:
    return published_rows.load() if options.published else {}


def _cut(board: Board, options: Options) -> Board:
    """The rows that were asked for."""
    return shortened(board if options.wanted is None else filtered(board, options.wanted), options.most)
