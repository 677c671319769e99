"""A board from a folder of runs: read, compared, filtered and shortened as a user asked for it."""

from __future__ import annotations

from collections.abc import Collection
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
    """The board that `rows.build` makes of `collect(folder)`, and the runs themselves, calibrated ones included.

    published: with the shipped published results.
    prices: as for `prices_of`. wanted: filters and order (see `filtered`). most: rows of a section that are kept then
    (see `shortened`), None for all. Errors are those of all these.
    """
    runs, cache = with_calibrated(collect(folder), calibrate), Cache()
    board = build(
        runs, published_results.load() if published else None, tasks=tasks, metric=metric, checks=checks,
        across_engines=across_engines, cache=cache, prices=prices_of(prices), rights=rights(),
    )  # fmt: skip
    cache.save()
    return shortened(board if wanted is None else filtered(board, wanted), most), runs
