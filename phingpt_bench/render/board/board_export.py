"""The board for other programs: csv with one row per model and task, json with everything."""

from __future__ import annotations

import dataclasses

from phingpt_bench.board.costs import assumed_per_hour
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.jsonio import json_text
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.render.board.published_text import published_cost_note
from phingpt_bench.render.measures import seconds_of
from phingpt_bench.text.language import ENGLISH, speaking
from phingpt_bench.text.numbers import rounded
from phingpt_bench.text.write_csv import csv_text

SCHEMA_VERSION = 2  # 2: notes with their level, machines by their parts
FIELDS = (
    "section", "task", "protocol", "dataset", "languages", "licence", "split", "synthetic", "limit", "n", "metric",
    "rank", "tied", "model", "adapter", "adapter_digest", "kind", "variant", "details", "shots", "chat_template",
    "seed", "base", "base_revision", "quantisation", "compute_dtype", "served_by", "score", "low", "high", "level",
    "interval_method", "is_base", "difference", "difference_low", "difference_high", "p", "p_holm", "p_at_most",
    "test_method", "no_test_reason", "beats_floor", "invalid_share", "run_on_share", "cut_inputs", "training_seconds",
    "training_usd", "training_note", "training_usd_per_gpu_hour", "training_on_card_low", "training_on_card_high",
    "evaluation_seconds", "evaluation_usd", "usd_per_1000", "estimate_per_1000_low", "estimate_per_1000_high",
    "frontier", "parameters", "exposure_exact", "exposure_normalised", "exposure_near", "exposure_contained",
    "exposure_translated", "base_training_known", "unseen_score", "unseen_rows", "warnings", "run_id", "suite",
    "created", "tags", "size_b", "method", "evidence", "same_rows", "same_metric", "comparability", "source",
    "source_arxiv",
    "source_repository", "source_path", "source_commit", "note",
)  # fmt: skip


WHERE = (  # of the section, in each row
    "task", "protocol", "dataset", "licence", "split", "synthetic", "limit", "n", "metric",
)  # fmt: skip


def to_json(board: Board) -> str:
    """The board with all its fields, as indented JSON, newline at the end. Numbers are `rounded`, unknown is null."""
    return json_text({"schema_version": SCHEMA_VERSION, **rounded(dataclasses.asdict(board))})


def to_csv(board: Board) -> str:
    """One row per model and task, published rows included, with a header.

    Numbers have ten significant digits, with a point; unknown is empty; true and false are lower case. After FIELDS
    come the other metrics as `metric_<name>`. `section` is ranked, limited or published.
    """
    rows = records(board)
    metrics = sorted({name for row in rows for name in row if name.startswith("metric_")})
    return csv_text((*FIELDS, *metrics), rows)


def records(board: Board) -> list[dict[str, object]]:
    """A flat row per model and task, published rows included, with the names of `to_csv`; unknown is None or absent."""
    with speaking(ENGLISH):  # the note of a published cost is made of sentences
        return [record for section in (*board.sections, *board.limited) for record in _records(section)]


def _records(section: Section) -> list[dict[str, object]]:
    where = {name: getattr(section, name) for name in WHERE} | {"languages": " ".join(section.languages)}
    kind = "ranked" if section.limit is None else "limited"
    return [
        *({"section": kind, **where, **_run(row)} for row in section.rows),
        *({"section": "published", **where, **_published(row, section.metric)} for row in section.published),
    ]


def _run(row: Row) -> dict[str, object]:
    same = (
        "rank", "tied", "adapter", "adapter_digest", "kind", "variant", "shots", "chat_template", "seed", "base",
        "base_revision", "quantisation", "compute_dtype", "served_by", "score", "is_base", "beats_floor",
        "invalid_share", "run_id", "suite", "created", "usd_per_1000", "frontier", "parameters",
    )  # fmt: skip
    record: dict[str, object] = {"model": row.name, "n": row.n, **{name: getattr(row, name) for name in same}}
    record["tags"] = " ".join(row.tags)
    if row.interval is not None:
        record |= {"low": row.interval.low, "high": row.interval.high, "level": row.interval.level}
        record["interval_method"] = row.interval.method
    if (test := row.against_base) is not None:
        record |= {"difference": test.value, "difference_low": test.low, "difference_high": test.high, "p": test.p}
        record |= {
            "p_holm": test.p_holm,
            "p_at_most": test.at_most,
            "test_method": test.method,
            "no_test_reason": test.reason,
        }
    record |= _cost("training", row.training) | _cost("evaluation", row.evaluation)
    record |= {f"exposure_{kind}": count for kind, count in (row.exposure or {}).items()}
    if row.kind in ("base", "tuned"):
        record["base_training_known"] = not row.base_unknown
    record |= {
        "run_on_share": row.answering.run_on,
        "cut_inputs": None if row.answering.cut is None else round(row.answering.cut),
    }
    if row.unseen is not None:
        record |= {"unseen_score": row.unseen.score, "unseen_rows": row.unseen.n}
    record |= {"details": ", ".join(row.details), "warnings": "; ".join(note.text for note in row.notes)}
    return record | {f"metric_{name}": value for name, value in row.scores.items()}


def _cost(kind: str, ledger: Ledger | None) -> dict[str, object]:
    return {} if ledger is None else {f"{kind}_seconds": seconds_of(ledger), f"{kind}_usd": ledger.usd}


def _published(row: PublishedRow, metric: str) -> dict[str, object]:
    value = row.metrics[metric]
    record: dict[str, object] = {
        "model": row.model, "kind": "published", "base": row.base, "method": row.method, "shots": row.shots,
        "size_b": row.size_b, "score": value.value, "evidence": row.evidence, "same_rows": row.comparison.same_rows,
        "same_metric": row.comparison.same_metric, "comparability": row.comparison.note, "source": value.source.title,
        "note": row.note,
        **{f"source_{name}": getattr(value.source, name) for name in ("arxiv", "repository", "path", "commit")},
    }  # fmt: skip
    if row.cost is not None:
        record["training_seconds"] = None if row.cost.hours is None else round(3600 * row.cost.hours, 3)
        record |= {"training_usd": row.cost.usd, "training_note": published_cost_note(row.cost)}
        record["training_usd_per_gpu_hour"] = assumed_per_hour(row.cost)
    for name, usd in (("training_on_card", row.training_on_card), ("estimate_per_1000", row.usd_per_1000)):
        if usd is not None:
            record |= {f"{name}_low": usd.low, f"{name}_high": usd.high}
    return record | {f"metric_{name}": entry.value for name, entry in row.metrics.items()}
