"""The version of scoring: of how answers are read, and of how what was read is counted.

A version is written into every record. Records keep the scores that they were made with; where a rule changes, runs
that are made or read again bear the new version, and `rescore` shows both. Prompts and answers have versions of their
own: the task's (docs/decisions/0010-versions-of-scoring.md).
"""

from __future__ import annotations

from phingpt_bench.core.sentences import sentence

VERSION = 3
# what a version changed, by kind of answer; nothing for a kind whose scores are as before
CHANGES: dict[int, dict[str, str]] = {
    2: {
        "labels": sentence(
            "reasoning is taken out in every model's marks; class scores, ticked boxes, codes and labels beside "
            "Chinese, Japanese and Korean words are read"
        ),
        "scores": sentence("reasoning is taken out"),
        "spans": sentence(
            "reasoning is taken out; lists over several lines and answers in another form are read; partial and "
            "type-only F1 pair as many entities as there can be"
        ),
    },
    3: {
        "labels": sentence("<analysis> is taken out as reasoning; class scores in pairs and as 3/10 are read"),
        "scores": sentence("<analysis> is taken out as reasoning"),
        "spans": sentence(
            "<analysis> is taken out as reasoning; entities in square brackets, Markdown links, tuples and spaCy's "
            "JSON, after arrows and by offsets alone are read"
        ),
    },
}


def changes_since(version: int, kind: str, written: bool) -> list[str]:
    """What has changed for one kind of answer since a version, oldest first.

    written: False if labels were compared by log-likelihood: how answers are read has no part in them.
    """
    if kind == "labels" and not written:
        return []
    return [found[kind] for number, found in sorted(CHANGES.items()) if number > version and kind in found]
