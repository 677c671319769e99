"""Output files of batch interfaces: OpenAI (and those that speak like it), Anthropic."""

from __future__ import annotations

from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.rescore.answer_text import text_of

Row = dict[str, object]


def of_rows(rows: list[Row]) -> tuple[list[Row], str] | None:
    """Lines with a "custom_id" and a "response" with a "body" (OpenAI), or a "result" with a "message" (Anthropic)."""
    if not all("custom_id" in row and ("response" in row or "result" in row) for row in rows):
        return None
    found, failed = [], 0
    for row in rows:
        held = row.get("response") if "response" in row else row.get("result")
        body = held if isinstance(held, dict) else {}
        answer = text_of(body.get("body") or body.get("message") or None) if not _failed(row, body) else None
        failed += answer is None
        found.append({"id": row["custom_id"], "answer": answer})
    note = sentence("Output of a batch: ids from 'custom_id', answers of the model.")
    lost = sentence_n("{n:,} request failed: no answer.", "{n:,} requests failed: no answer.", failed)
    return found, joined((note, lost), " ") if failed else note


def _failed(row: Row, body: Row) -> bool:
    status = body.get("status_code", 200)
    return bool(row.get("error")) or (isinstance(status, int) and status >= 400) or body.get("type") in (
        "errored", "canceled", "expired",
    )  # fmt: skip
