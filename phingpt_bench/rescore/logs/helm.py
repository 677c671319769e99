"""HELM's scenario_state.json and display_predictions.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.sentences import joined, sentence, sentence_n

Row = JsonObject


def of_object(value: Row) -> tuple[list[Row], str] | None:
    """The requests of a scenario_state.json."""
    states = value.get("request_states")
    if not isinstance(states, list) or not all(isinstance(state, dict) and "instance" in state for state in states):
        return None
    rows, passed = [], 0
    for state in states:
        instance = state["instance"] if isinstance(state["instance"], dict) else {}
        if _is_variant(state, instance) or state.get("request_mode") == "calibration":
            passed += 1
            continue
        completions = (state.get("result") or {}).get("completions") or [{}]
        text = completions[0].get("text")
        rows.append({**_instance(instance), "answer": _mapped(text, state.get("output_mapping"))})
    return rows, _note("scenario_state", passed)


def of_rows(rows: list[Row], path: str) -> tuple[list[Row], str] | None:
    """A display_predictions.json, with the texts and references of the instances.json next to it where there is one."""
    if not all("instance_id" in row and "predicted_text" in row for row in rows):
        return None
    known = _instances(Path(path).with_name("instances.json"))
    found, passed = [], 0
    for row in rows:
        if _is_variant(row, row):
            passed += 1
            continue
        answer = row.get("mapped_output") or row["predicted_text"]
        found.append({"id": row["instance_id"], **known.get(str(row["instance_id"]), {}), "answer": answer})
    beside = sentence(", texts and references from instances.json") if known else ""
    return found, _note("display_predictions", passed, beside)


def _instances(file: Path) -> dict[str, Row]:
    try:
        instances = json.loads(read_text(file))
    except (BenchError, ValueError, RecursionError):
        return {}
    if not isinstance(instances, list):
        return {}
    return {str(item["id"]): _instance(item) for item in instances if isinstance(item, dict) and "id" in item}


def _instance(instance: Row) -> Row:
    given = instance.get("input")
    right = [
        reference["output"]["text"]
        for reference in instance.get("references") or ()
        if "correct" in (reference.get("tags") or ()) and isinstance(reference.get("output"), dict)
    ]
    return {
        "id": instance.get("id"),
        "text": given.get("text") if isinstance(given, dict) else given,
        "target": right[0] if right else None,
    }


def _is_variant(row: Row, instance: Row) -> bool:
    """Whether a row is a perturbed text, or a further trial with other examples."""
    return bool(instance.get("perturbation")) or bool(row.get("train_trial_index"))


def _mapped(text: Any, mapping: Any) -> Any:
    """The choice that a letter means."""
    return mapping.get(text.strip(), text) if isinstance(mapping, dict) and isinstance(text, str) else text


def _note(name: str, passed: int, beside: str = "") -> str:
    note = sentence("{name}.json of HELM: answers as the model gave them{beside}.", name=name, beside=beside)
    left_out = sentence_n(
        "{n:,} of a perturbed text or a further trial left out.",
        "{n:,} of perturbed texts or further trials left out.",
        passed,
    )
    return joined((note, left_out), " ") if passed else note
