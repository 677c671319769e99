"""Published results for other programs: csv with one row a number, json with everything."""

from __future__ import annotations

from dataclasses import asdict

from phingpt_bench.board.published.values import EVIDENCE, Claims, Published, PublishedCost, PublishedScore, Source
from phingpt_bench.core.jsonio import json_text
from phingpt_bench.render.published.listing_text import standing
from phingpt_bench.text.write_csv import csv_text

FIELDS = (
    "protocol", "title", "dataset", "split", "n_test", "ours", "same_rows", "metric_printed", "averaging", "metric",
    "same_metric", "comparability", "model", "size_b", "base", "method", "shots", "value", "printed", "evidence",
    "gpu", "gpu_count", "hours", "usd", "usd_per_gpu_hour", "cost_scope", "cost_evidence", "cost_doubtful", "cost_note",
    "note", "source", "source_title", "arxiv", "table", "repository", "path", "commit", "claim",
)  # fmt: skip
_OF_SCORE = ("model", "size_b", "base", "method", "shots", "value", "printed", "evidence", "same_rows", "note")


def to_csv(published: Published) -> str:
    """One row a number, with a header; unknown is empty. `claim` is true for claims, which have no source to check."""
    return csv_text(FIELDS, [*map(_record, published.scores), *_claim_records(published.claims)])


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
    return json_text({"protocols": groups, "sources": sources, "evidence": EVIDENCE, "claims": claims})


def _record(score: PublishedScore) -> dict[str, object]:
    protocol, metric = score.protocol, score.metric
    return {
        "protocol": score.id, "title": protocol.title, "dataset": protocol.dataset, "split": protocol.split,
        "n_test": protocol.n_test, "ours": " ".join(protocol.our_ids),
        "metric_printed": metric.printed, "averaging": metric.averaging, "metric": metric.metric,
        "same_metric": metric.same_metric, "comparability": protocol.note, "claim": False,
        **{name: getattr(score, name) for name in _OF_SCORE}, **_cost_record(score.cost),
        **_source_record(score.source),
    }  # fmt: skip


def _claim_records(claims: Claims) -> list[dict[str, object]]:
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


def _cost_record(cost: PublishedCost | None) -> dict[str, object]:
    if cost is None:
        return {}
    named = {name: getattr(cost, name) for name in ("gpu", "gpu_count", "hours", "usd", "usd_per_gpu_hour")}
    return named | {f"cost_{name}": getattr(cost, name) for name in ("scope", "evidence", "doubtful", "note")}


def _source_record(source: Source) -> dict[str, object]:
    named = {name: getattr(source, name) for name in ("arxiv", "table", "repository", "path", "commit")}
    return {"source": source.key, "source_title": source.title, **named}
