"""Published rows for the page: each list once, with sources, the reasons why it is not comparable, and https links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from phingpt_bench.board.published.rows import PublishedRow, Source
from phingpt_bench.board.values import Section
from phingpt_bench.cost.estimate import Usd
from phingpt_bench.page.spoken import in_all_languages, in_each_language
from phingpt_bench.render.board import published_text
from phingpt_bench.text.clean import clean

_ARXIV = re.compile(r"\d{4}\.\d{4,5}")
_GITHUB = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*)(?: \(.*\))?")
_FILE = re.compile(r"[\w./-]+\.\w+")  # a single path; anything else is prose or several files


class Shelf:
    """The published rows of all sections, with what recurs in them kept once."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, str], int] = {}
        self._rows: list[list[dict[str, object]]] = []
        self._sources: dict[str, dict[str, object]] = {}
        self._notes: dict[str, int] = {}

    def place(self, section: Section) -> int | None:
        """Index in `lists` of the section's published rows, or None; sections with one protocol and metric share it."""
        if not section.published:
            return None
        key = section.protocol, section.metric
        if key not in self._lists:
            self._lists[key] = len(self._rows)
            self._rows.append([self._row(row, section.metric, section.published) for row in section.published])
        return self._lists[key]

    def values(self) -> dict[str, object]:
        """The lists of rows, the sources by key, and the notes, translated, which rows refer to by index."""
        notes = [in_each_language(text) for text in self._notes]
        return {"lists": self._rows, "sources": self._sources, "notes": notes}

    def _row(self, row: PublishedRow, metric: str, rows: Sequence[PublishedRow]) -> dict[str, object]:
        value, cost = row.metrics[metric], row.cost
        self._sources.setdefault(value.source.key, _source(value.source))
        return {
            "model": published_text.published_name(row, rows),
            "size": row.size_b,
            "base": row.base,
            "method": row.method,
            "shots": row.shots,
            "score": value.value,
            "printed": value.printed,
            "evidence": row.evidence,
            "same_rows": row.comparison.same_rows,
            "same_metric": row.comparison.same_metric,
            "apart": self._note(row.comparison.note),
            "note": None if row.note is None else self._note(row.note),
            "source": value.source.key,
            "usd": None if cost is None else cost.usd,
            "cost": None if cost is None else in_all_languages(lambda: published_text.published_cost(cost)),
            "on_card": _range(row.training_on_card),
            "estimate": _range(row.usd_per_1000),
            "cost_note": None if cost is None else in_all_languages(lambda: published_text.published_cost_note(cost)),
        }

    def _note(self, text: str) -> int:
        return self._notes.setdefault(text, len(self._notes))


def _range(usd: Usd | None) -> list[float] | None:
    return None if usd is None else [usd.low, usd.high]


def _source(source: Source) -> dict[str, object]:
    return {"title": clean(source.title), "table": source.table, "links": links(source)}


def links(source: Source) -> list[list[str]]:
    """[text, https address] of where a source can be read: arXiv and GitHub, at the commit that was read.

    Only text that matches an arXiv number or a GitHub owner/name becomes a link.
    """
    found = [[f"arXiv {number}", f"https://arxiv.org/abs/{number}"] for number in _ARXIV.findall(source.arxiv or "")]
    repository = _GITHUB.fullmatch(source.repository or "")
    if repository:
        address = f"https://github.com/{repository[1]}"
        if source.commit:
            one_file = source.path if _FILE.fullmatch(source.path or "") else None
            address += f"/blob/{source.commit}/{quote(one_file)}" if one_file else f"/tree/{source.commit}"
        found.append([repository[1], address])
    return found
