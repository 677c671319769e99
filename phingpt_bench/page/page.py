"""From a board and its runs to the page's text: what `leaderboard --format html` writes."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.board.values import Board
from phingpt_bench.page.answers import BUDGET, packed
from phingpt_bench.page.changes import changed
from phingpt_bench.page.data import page_data
from phingpt_bench.page.document import document
from phingpt_bench.page.texts import Texts, texts_of
from phingpt_bench.results.collect import Run
from phingpt_bench.text.language import current


def html(board: Board, runs: Sequence[Run] = (), *, with_text: bool = False, budget: int = BUDGET) -> str:
    """One HTML file, newline at the end. It opens in the language in force, and can be switched to the others.

    runs: those that the board was built of; without them the page has no explorer. with_text: with the dataset text of
    their rows, which most licences forbid to redistribute; BenchError if it is not available locally. budget:
    characters that packed answers may take; what does not fit is counted on the page.
    """
    sections = [*board.sections, *board.limited]
    texts = texts_of((section.protocol, section.split) for section in sections) if with_text else Texts({}, [])
    rows = packed(board, runs, texts.rows, budget=budget)
    changes = changed(rows.pairs, rows.runs)
    data = page_data(board, bases=rows.bases, answers=rows.sections, changes=changes, texts=texts.licences)
    return document(data, rows.blobs, language=current())
