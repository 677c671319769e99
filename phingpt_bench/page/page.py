"""From a board and its runs to the page's text: what `leaderboard --format html` writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from phingpt_bench.board.values import Board
from phingpt_bench.page.answers import BUDGET, packed
from phingpt_bench.page.changes import changed, first_pairs
from phingpt_bench.page.data import page_data
from phingpt_bench.page.document import document
from phingpt_bench.page.texts import Texts, texts_of
from phingpt_bench.results.collect import Run
from phingpt_bench.results.source import Held, Key, Source
from phingpt_bench.text.language import current


def html(board: Board, runs: Sequence[Run] | Source = (), *, with_text: bool = False, budget: int = BUDGET) -> str:
    """One HTML file, newline at the end. It opens in the current language, and the reader can switch to the others.

    runs: those that the board was built of, or where they come from; without them the page has no explorer.
    with_text: with the dataset text of their rows, which most licences forbid to redistribute; BenchError if it is not
    available locally. budget: characters that packed answers may take; what does not fit is counted on the page.
    """
    sections = [*board.sections, *board.limited]
    texts = texts_of((section.protocol, section.split) for section in sections) if with_text else Texts({}, [])
    source = Held(runs) if isinstance(runs, Sequence) else runs
    rows = packed(board, source, texts.rows, budget=budget)
    pairs = first_pairs(rows.pairs)
    own = dict.fromkeys(key for found in pairs.values() for pair in found.values() for key in pair)
    read = source.read(own)
    known = {key: {at: (read[a], read[b]) for at, (a, b) in found.items()} for key, found in pairs.items()}
    changes = changed(known, source.all or list(source.read(_relatives(board, own)).values()))
    data = page_data(board, answers=rows.sections, changes=changes, texts=texts.licences)
    return document(data, rows.blobs, language=current())


def _relatives(board: Board, keys: Collection[Key]) -> list[Key]:
    """The rows of the same models under the same protocols as these, among which are their twins."""
    rows = [
        ((section.task, section.protocol, section.limit, row.run_id), (section.protocol, row.identity))
        for section in (*board.sections, *board.limited)
        for row in section.rows
    ]
    wanted = {model for key, model in rows if key in keys}
    return [key for key, model in rows if model in wanted]
