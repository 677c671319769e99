"""What the page's script reads: the board as compact JSON values, models and prices once instead of once per row."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from phingpt_bench import __version__
from phingpt_bench.board.cost_values import Payback
from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.page.published import Shelf
from phingpt_bench.page.shared import Shared, ledger_values, short
from phingpt_bench.page.spoken import in_all_languages, in_each_language, script_words
from phingpt_bench.render.board.cost_text import when_of
from phingpt_bench.render.board.legend import entries
from phingpt_bench.render.board.overview import by_model, short_titles
from phingpt_bench.render.measures import NO_STAR, price_text
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.machine import machine_text

SCHEMA = 1
HEADS = {  # the page's heads for what the legend explains under those of other tables, by its name there
    "training": "training, USD",
    "usd": "USD per 1,000",
    "exposure": "train rows in test",
    "flips": METRICS["flip_rate"].title,
    "ece": METRICS["ece"].title,
}


def page_data(
    board: Board,
    *,
    answers: Mapping[str, Any] = MappingProxyType({}),
    changes: Mapping[str, Mapping[int, Any]] = MappingProxyType({}),
    texts: Sequence[Mapping[str, str]] = (),
) -> dict[str, object]:
    """The board as JSON values; each row is a list in the order of `columns`.

    answers: what is known about the packed row data, by
    section key (`answers.packed`). changes: what is resampled of tuned rows and their bases, by section key and place
    of the tuned row (`changes.changed`). texts: title and licence of the datasets whose text the page holds; empty
    where it holds none.
    """
    sections = [*board.sections, *board.limited]
    keys, titles = section_keys(sections), short_titles(sections)
    lines = by_model(sections)
    places = {id(row): place for place, cells in enumerate(lines) for row in cells.values()}
    shared, shelf = Shared(), Shelf()
    drawn: list[dict[str, object]] = []
    columns: list[str] = []
    for section, key, title in zip(sections, keys, titles, strict=True):
        metrics = list(dict.fromkeys(name for row in section.rows for name in row.scores))
        found = {row.run_id: place for place, row in enumerate(section.rows)}
        rows = [_row(row, places[id(row)], found.get(row.base_run or ""), metrics, shared) for row in section.rows]
        columns = list(rows[0]) if rows else columns
        about = _section(section, shelf)
        more: dict[str, object] = {"key": key, "title": title, "metrics": metrics}
        more |= {"rows": [[*row.values()] for row in rows]}
        more |= {"answers": answers.get(key), "changes": changes.get(key, {})}
        drawn.append(about | more)
    return {
        "schema": SCHEMA,
        "version": __version__,
        "languages": script_words(),
        "metrics": {
            name: {"title": metric.title, "higher": metric.higher_is_better} for name, metric in METRICS.items()
        },
        "columns": columns,
        "models": [_model(next(iter(cells.values()))) for cells in lines],
        "prices": in_all_languages(lambda: [price_text(price) for price in shared.prices.values]),
        "machines": in_all_languages(lambda: [clean(machine_text(machine)) for machine in shared.machines.values]),
        "notes": in_all_languages(lambda: [clean(spoken(text)) for text in shared.notes.values]),
        "sections": drawn,
        "published": shelf.values(),
        "legend": in_all_languages(lambda: _legend(board)),
        "older": board.older,
        "texts": [dict(text) for text in texts],
    }


def section_keys(sections: Sequence[Section]) -> list[str]:
    """A stable name of each section, for links: its task, with protocol and limit where that is not enough."""
    tasks = Counter(section.task for section in sections)

    def key(section: Section) -> str:
        if tasks[section.task] == 1:
            return section.task
        return "~".join([section.task, section.protocol, *([str(section.limit)] if section.limit else [])])

    return [key(section) for section in sections]


def _model(row: Row) -> dict[str, object]:
    """What the rows of one model in one setting share. Names are cleaned of controls and overrides."""
    return {
        "name": clean(row.name) or "(no name)",
        "adapter": clean(row.adapter) if row.adapter else None,
        "digest": row.adapter_digest,
        "kind": row.kind,
        "shots": row.shots,
        "chat": row.chat_template,
        "words": clean(row.variant.partition(", ")[2]) or None,  # another prompt, thinking
        "seed": row.seed,
        "base": clean(row.base) if row.base else None,
        "revision": row.base_revision,
        "quantisation": row.quantisation,
        "dtype": row.compute_dtype,
        "served_by": row.served_by,
        "details": list(map(in_each_language, row.details)),
        "parameters": row.parameters,
        "adapter_parameters": row.adapter_parameters,
    }


def _section(section: Section, shelf: Shelf) -> dict[str, object]:
    plain = (
        "task", "protocol", "dataset", "split", "metric", "limit", "n", "synthetic",
    )  # fmt: skip
    return {
        **{name: getattr(section, name) for name in plain},
        "family": section.protocol.split("/")[0],
        "kind": METRICS[section.metric].kind if section.metric in METRICS else None,
        "languages": list(section.languages),
        "licence": section.licence,
        "notes": [in_each_language(note.text) for note in section.notes if note.level == "warning"],
        "remarks": [in_each_language(note.text) for note in section.notes if note.level == "info"],
        "hidden": section.hidden,
        "payback": _payback(section.payback),
        "published": shelf.place(section),
    }


def _row(row: Row, model: int, base: int | None, metrics: Sequence[str], shared: Shared) -> dict[str, Any]:
    """The values by column; model and base are places among the models and among the section's rows."""
    test, interval = row.against_base, row.interval
    only_majority = test is not None and test.only_majority
    warnings = [*(note.text for note in row.notes), *([NO_STAR] if only_majority else [])]
    return {
        "model": model,
        "run": row.run_id,
        "created": row.created,
        "suite": row.suite,
        "rank": row.rank,
        "tied": row.tied,
        "score": short(row.score),
        "low": None if interval is None else short(interval.low),
        "high": None if interval is None else short(interval.high),
        "level": None if interval is None else interval.level,
        "interval_method": None if interval is None else interval.method,
        "is_base": row.is_base,
        "base": base,
        "difference": None if test is None else short(test.value),
        "difference_low": None if test is None else short(test.low),
        "difference_high": None if test is None else short(test.high),
        "p": None if test is None else short(test.p),
        "corrected": None if test is None else short(test.p_holm),
        "at_most": test is not None and test.at_most,
        "test": None if test is None else test.method,
        "significant": row.starred,
        "only_majority": only_majority,
        "no_test": None if test is None or test.reason is None else shared.notes.number(test.reason),
        "beats_floor": row.beats_floor,
        "invalid": short(row.invalid_share),
        "usd_per_1000": short(row.usd_per_1000),
        "frontier": row.frontier,
        "training": ledger_values(row.training, shared),
        "evaluation": ledger_values(row.evaluation, shared),
        "exposure": row.exposure,
        "partly": row.partly_checked,
        "exposed": row.exposed,
        "base_unknown": row.base_unknown,
        "unseen": None if row.unseen is None else [short(row.unseen.score), row.unseen.n],
        "warnings": [shared.notes.number(text) for text in warnings],
        "seeds": [short(score) for score in row.seeds],
        "scores": [short(row.scores.get(name)) for name in metrics],
    }


def _legend(board: Board) -> list[list[str]]:
    """[mark, meaning] of the board's marks. The page marks the front with a sign, and shows sources itself."""
    own = {"frontier": "\u25c6"} | {name: say(head) for name, head in HEADS.items()}
    return [
        [own.get(entry.name or "", entry.mark), entry.text] for entry in entries(board) if entry.name != "published"
    ]


def _payback(payback: Payback | None) -> dict[str, object] | None:
    """When the highest-ranked tuned row becomes cheaper than others; None if nothing is known about any of them."""
    others = [] if payback is None else [other for other in payback.against if other.best is not None]
    if payback is None or not others:
        return None
    return {
        "run": payback.run_id,
        "against": [
            {
                "name": clean(other.name),
                "kind": other.kind,
                "usd": None if other.usd_per_1000 is None else [other.usd_per_1000.low, other.usd_per_1000.high],
                "training": other.training_usd,
                "when": in_all_languages(functools.partial(when_of, other)),
            }
            for other in others
        ],
    }
