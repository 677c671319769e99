"""pb.board(): the leaderboard of some runs, with the rows that the command line draws."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.api.results import Results, folders_of
from phingpt_bench.api.shown import ShownItems
from phingpt_bench.board.filters import Filter, size
from phingpt_bench.board.load import Options, board_of
from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.lmeval.protocols import protocol_of
from phingpt_bench.results.chosen import Chosen, day
from phingpt_bench.results.collect import collect_from
from phingpt_bench.text.blocks import Block


@dataclass(frozen=True, repr=False)
class Leaderboard(ShownItems[Section]):
    """A board: one section per task, those of whole splits first, then limited ones, which are not ranked.

    `board["phin_fpb"]` is the section of a task; its `rows` have rank, score, interval, test against the base and cost.
    """

    board: Board
    """Everything that the renderers draw."""

    def name_of(self, item: Section) -> str:
        """The task of the section."""
        return item.task

    @property
    def rows(self) -> list[Row]:
        """The rows of all sections, best first within each; published results are in `section.published`."""
        return [row for section in self.items for row in section.rows]

    def records(self) -> list[dict[str, object]]:
        """A row per model and task with the columns of `leaderboard --format csv`, published results included."""
        from phingpt_bench.render.board.board_export import FIELDS, records

        found = records(self.board)
        names = dict.fromkeys(FIELDS) | {name: None for row in found for name in row}
        return [{name: row.get(name) for name in names} for row in found]

    def blocks(self) -> Sequence[Block]:
        """The board with all columns."""
        from phingpt_bench.render.board.board_blocks import page_blocks

        return page_blocks(self.board)

    def to_text(self, width: int = 80) -> str:
        """The board as `phingpt-bench leaderboard` draws it. BenchError for fewer than 40 columns."""
        from phingpt_bench.render.board.formats import board_text

        return board_text(self.board, "terminal", width)


def board(  # noqa: PLR0913  each is an option of the board
    results: Results | str | Path | Sequence[str | Path] | None = None,
    *,
    tasks: Collection[str] = (),
    metric: str | None = None,
    published: bool = True,
    checks: bool = False,
    across_engines: bool = False,
    trust_times: bool = False,
    prices: str | Path | None = None,
    protocols: Collection[str] = (),
    languages: Collection[str] = (),
    licences: Collection[str] = (),
    model_licences: Collection[str] = (),
    kinds: Collection[str] = (),
    sizes: Collection[str] = (),
    tags: Collection[str] = (),
    since: str | None = None,
    until: str | None = None,
    sort: str = "score",
) -> Leaderboard:
    """The leaderboard of some runs, as `phingpt-bench leaderboard` works it out.

    Args:
        results: from `load_results` or `evaluate`, or their folder or folders; None as for `load_results`.
        tasks: only these tasks, datasets or protocols, in this order.
        metric: in place of the primary one, where a task has it.
        published: with published results, in rows of their own.
        checks: with the oracle, null and echo rows.
        across_engines: rank together what different engines computed.
        trust_times: let times of machines that several processes shared count for Pareto front and break-even.
        prices: file of a price card, at which all USD are computed again; None leaves them as recorded.
        protocols: filter, by id. This and the further filters hide rows; they change no rank, test or floor.
        languages: filter, such as "es".
        licences: filter, a part of the name of the data's licence.
        model_licences: filter, a part of the name of the base's licence.
        kinds: filter: tuned, base, floor, check, published.
        sizes: filter, such as "<1B".
        tags: filter, words that the runs were given.
        since: filter, the first day of the runs, as YYYY-MM-DD in UTC.
        until: filter, their last day. Of several runs of the same kind in a folder, tags and days choose an older one;
            `load_results` has kept the newest alone.
        sort: score, cost, name, size or date.

    Raises:
        BenchError: for names that no run has, and for results that cannot be read.
    """
    chosen = Chosen(
        tags=_listed(tags),
        since=None if since is None else day(since, "since"),
        until=None if until is None else day(until, "until"),
    )
    runs = results.items if isinstance(results, Results) else collect_from(folders_of(results), chosen=chosen)
    options = Options(
        tasks=[protocol_of(name) for name in _listed(tasks)],
        metric=metric,
        published=published,
        checks=checks,
        across_engines=across_engines,
        trust_times=trust_times,
        prices=None if prices is None else Path(prices),
        wanted=Filter(
            protocols=_listed(protocols), languages=_listed(languages), licences=_listed(licences),
            model_licences=_listed(model_licences), kinds=_listed(kinds), sizes=tuple(map(size, _listed(sizes))),
            runs=chosen, sort=sort,
        ),
    )  # fmt: skip
    made = board_of(runs, options)
    return Leaderboard((*made.sections, *made.limited), made)


def _listed(names: Collection[str]) -> tuple[str, ...]:
    """The names; a single one may be given as it is."""
    return (names,) if isinstance(names, str) else tuple(names)
