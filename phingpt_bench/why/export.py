"""An explanation as values: words by their places, so that it holds no text unless that was asked for."""

from __future__ import annotations

import dataclasses
from typing import Any

from phingpt_bench.core.jsonio import json_text
from phingpt_bench.why.values import Why

PUBLIC = 10  # rows that a word needs to be named without --with-text: a rare one tells of its row


def public(why: Why, *, with_text: bool) -> dict[str, Any]:
    """The explanation as JSON values.

    Without text the texts and written reasons are left out, of entities also what was written (their places stay), of
    the lexicon's rules the subjects, and of the words by mean those of few rows.
    """
    value = dataclasses.asdict(why)
    if not with_text:
        for row in value["rows"]:
            del row["text"]
            for side in row["sides"]:
                if side["reason"] is not None:
                    del side["reason"]["text"], side["reason"]["changed"]
            for rule in row["rules"]:
                del rule["subject"]
            if why.kind == "spans":
                del row["gold"]
                for side in row["sides"]:
                    del side["answer"], side["prompts"]
                    for part in (*side["targets"], *side["misses"]):
                        part.pop("name", None)
                        part.pop("surface", None)
        value["words"] = [one for one in value["words"] if one["sides"][0]["n"] >= PUBLIC]
    return value


def to_json(why: Why, *, with_text: bool) -> str:
    """The explanation as indented JSON, newline at the end."""
    return json_text(public(why, with_text=with_text))
