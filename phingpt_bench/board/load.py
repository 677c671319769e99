"""A board from a folder of runs: read, compared, filtered and shortened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from phingpt_bench.board.costs import prices_of
from phingpt_bench.board.filters import Filter, filtered
from phingpt_bench.board.published import rows as published_results
from phingpt_bench.board.rows import build
from phingpt_bench.board.shorten import shortened
from phingpt_bench.board.values import Board
from phingpt_bench.data.catalogue import rights
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.calibrated import with_calibrated
from phingpt_bench.results.collect import Run, collect
from phingpt_bench.scoring.prior import Method


def load_board(  # noqa: PLR0913  each is an option of the board
    folder: Path,
    *,
    tasks: Collection[str] = (),
    metric: str | None = None,
    published: bool = True,
    checks: bool = False,
    across_engines: bool = False,
    calibrate: Collection[Method] = (),
    prices: Path | None = None,
    wanted: Filter | None = None,
    most: int | None = None,
) -> tuple[Board, list[Run]]:
    """The board of the runs below a folder, and the runs themselves. Arguments and errors as for `board_of`.

    calibrate: add each model with these calibrations of its label scores (`results.calibrated`), to the runs as well.
    """
    runs = with_calibrated(collect(folder), calibrate)
    board = board_of(
        runs, tasks=tasks, metric=metric, published=published, checks=checks, across_engines=across_engines,
        prices=prices, wanted=wanted, most=most,
    )  # fmt: skip
    return board, runs


def board_of(  # noqa: PLR0913  each is an option of the board
    runs: Sequence[Run],
    *,
    tasks: Collection[str] = (),
    metric: str | None = None,
    published: bool = True,
    checks: bool = False,
    across_engines: bool = False,
    prices: Path | None = None,
    wanted: Filter | None = None,
    most: int | None = None,
) -> Board:
    """The board that `rows.build` makes of some runs; tests and intervals come from the cache where they are in it.

    published: whether to add the shipped published results.
    prices: as for `prices_of`.
    wanted: filters and order, as for `filtered`.
    most: the number of rows kept in each section, as for `shortened`; None means all.
    Errors are those of these functions.
    """
    cache = Cache()
    board = build(
        runs, published_results.load() if published else None, tasks=tasks, metric=metric, checks=checks,
        across_engines=across_engines, cache=cache, prices=prices_of(prices), rights=rights(),
    )  # fmt: skip
    cache.save()
    return shortened(board if wanted is None else filtered(board, wanted), most)
