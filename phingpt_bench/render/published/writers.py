"""The page of published results as markdown, csv and json."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from phingpt_bench.board.published.values import EVIDENCE, Claims, Published, PublishedCost, PublishedScore, Source
from phingpt_bench.core.jsonio import dumps
from phingpt_bench.render.board import papers
from phingpt_bench.render.board import text as words
from phingpt_bench.render.board.markdown import escape, source_text, table
from phingpt_bench.render.published.page import (
    MARKS,
    TITLE,
    claim_texts,
    cost_text,
    lines_of,
    marks_of,
    method_text,
    note_text,
    rows_text,
    source_marks,
    standing,
)

FIELDS = (
    "protocol", "title", "dataset", "split", "n_test", "ours", "same_rows", "metric_printed", "averaging", "metric",
    "same_metric", "comparability", "model", "size_b", "base", "method", "shots", "value", "printed", "evidence",
    "gpu", "gpu_count", "hours", "usd", "usd_per_gpu_hour", "cost_scope", "cost_evidence", "cost_doubtful", "cost_note",
    "note", "source", "source_title", "arxiv", "table", "repository", "path", "commit", "claim",
)  # fmt: skip
_OF_SCORE = ("model", "size_b", "base", "method", "shots", "value", "printed", "evidence", "same_rows", "note")


def to_markdown(published: Published) -> str:
    """The page as markdown, newline at the end."""
    numbers = source_marks(published)
    parts = ["# Published results", escape(f"{TITLE} {MARKS}")]
    for protocol in published.protocols:
        lines = lines_of(published, protocol)
        ids = [id for id in protocol.metrics if any(id in line.scores for line in lines)]
        about = f"{', '.join(ids)}: {rows_text(protocol)}; {standing(protocol)}. {note_text(protocol)}"
        parts += [f"## {escape(protocol.title)}", escape(about)]
        heads = ["model", "size", "method", *(protocol.metrics[id].head for id in ids), "training", "source", "note"]
        cells = [
            [
                line.first.model, papers.size_text(line.first.size_b), method_text(line.first),
                *(line.scores[id].printed if id in line.scores else "" for id in ids),
                "" if line.cost is None else cost_text(line.cost), marks_of(line, numbers), "; ".join(line.notes),
            ]
            for line in lines
        ]  # fmt: skip
        parts.append(table(heads, cells, (1, *range(3, 3 + len(ids)))))
    if published.sources:
        rows = [f"{numbers[source.key]}. `{source.key}`: {escape(source_text(source))}" for source in published.sources]
        parts += ["## Sources", "\n".join(rows)]
    else:
        parts.append("No published results fit.")
    if published.claims.claims:
        claims = published.claims
        told = [*claim_texts(claims), *claims.caveats]
        about = f"{claims.model} ({claims.method}); {source_text(claims.source)}. Outside every ranking:"
        parts += ["## Claims", escape(about), "\n".join(f"- {escape(line)}" for line in told)]
    return "\n\n".join(parts) + "\n"


def to_csv(published: Published) -> str:
    """One row a number, with a header; unknown is empty. `claim` is true for claims, which have no source to check."""
    file = io.StringIO()
    writer = csv.DictWriter(file, FIELDS, restval="", lineterminator="\n")
    writer.writeheader()
    for record in (*map(_record, published.scores), *_claim_records(published.claims)):
        writer.writerow({name: words.csv_cell(value) for name, value in record.items() if name in FIELDS})
    return file.getvalue()


def to_json(published: Published) -> str:
    """The numbers with all fields, by protocol, and the claims apart, as indented JSON, newline at the end."""
    groups = []
    for protocol in published.protocols:
        scores = [score for score in published.scores if score.protocol.key == protocol.key]
        rows = [
            {
                "protocol": score.id, "source": score.source.key,
                **{name: getattr(score, name) for name in _OF_SCORE},
                "cost": None if score.cost is None else asdict(score.cost),
            }
            for score in scores
        ]  # fmt: skip
        groups.append(asdict(protocol) | {"ours": list(protocol.our_ids), "standing": standing(protocol), "rows": rows})
    claims = asdict(published.claims) if published.claims.claims else None
    sources = [asdict(source) for source in published.sources]
    return dumps({"protocols": groups, "sources": sources, "evidence": EVIDENCE, "claims": claims}, indent=1) + "\n"


def _record(score: PublishedScore) -> dict[str, Any]:
    protocol, metric = score.protocol, score.metric
    return {
        "protocol": score.id, "title": protocol.title, "dataset": protocol.dataset, "split": protocol.split,
        "n_test": protocol.n_test, "ours": " ".join(protocol.our_ids),
        "metric_printed": metric.printed, "averaging": metric.averaging, "metric": metric.metric,
        "same_metric": metric.same_metric, "comparability": protocol.note, "claim": False,
        **{name: getattr(score, name) for name in _OF_SCORE}, **_cost_record(score.cost),
        **_source_record(score.source),
    }  # fmt: skip


def _claim_records(claims: Claims) -> list[dict[str, Any]]:
    shared = {"model": claims.model, "method": claims.method, "evidence": "primary", "claim": True}
    shared |= {"comparability": "; ".join(claims.caveats)} | _cost_record(claims.cost) | _source_record(claims.source)
    return [
        {
            "protocol": claim.protocol, "title": claim.task, "metric_printed": claim.metric, "value": claim.value,
            "printed": claim.printed, "same_rows": False, "same_metric": False,
            "note": f"baseline {claim.baseline:.3f}, {claims.baseline}", **shared,
        }
        for claim in claims.claims
    ]  # fmt: skip


def _cost_record(cost: PublishedCost | None) -> dict[str, Any]:
    if cost is None:
        return {}
    named = {name: getattr(cost, name) for name in ("gpu", "gpu_count", "hours", "usd", "usd_per_gpu_hour")}
    return named | {f"cost_{name}": getattr(cost, name) for name in ("scope", "evidence", "doubtful", "note")}


def _source_record(source: Source) -> dict[str, Any]:
    named = {name: getattr(source, name) for name in ("arxiv", "table", "repository", "path", "commit")}
    return {"source": source.key, "source_title": source.title, **named}
