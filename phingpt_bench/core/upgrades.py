"""Records of earlier schemas as JSON of the present one: plain values in and out, one upgrade step per schema version.

Up to schema 3 parts of a record were sentences, and task names encoded meaning. Only this module reads them. A part
that no version of this program wrote stays unchanged, and is refused when the record is built.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Json = dict[str, object]

GIB = 2**30
DEMO = "phin_demo_"  # the tasks over the demonstration corpus
FORMS = ("_gen", "_json", "_tags")  # endings of tasks that are another form of the task without the ending
NOT_TRAINED = "not trained on this task"
TEXTS = re.compile(r"the texts of (\d+) training rows with those of (\d+) test rows")
IDS = re.compile(r"row ids only \((.*)\)", re.DOTALL)
MACHINE = re.compile(r"(\d+) x ([^,]*), (?:(\d+) GB|memory unknown), (.+)")
VARIANT = re.compile(r"(\d+)-shot( chat)?")
PRICE = ("card", "entry", "count", "usd_per_hour", "source", "read_on", "assumption")
DIAGNOSTICS = (
    "invalid", "reasons", "problems", "misses", "selective_risk", "aurc", "truncated_prompts", "cut_answers",
    "batch_size", "dequantised_once", "device", "probe",
)  # fmt: skip
ENVIRONMENT = ("python", "platform", "git", "packages")


def record(data: Json) -> Json:
    """The JSON of a run record of any schema in the latest one; a record without a version stays unchanged."""
    version = data.get("schema_version")
    while type(version) is int and version in UPGRADES:
        data = UPGRADES[version](data)
        version = data["schema_version"]
    return data


def _from_1(data: Json) -> Json:
    return {**data, "schema_version": 2}  # outcomes gained columns


def _from_2(data: Json) -> Json:
    return {**data, "schema_version": 3}  # models and ledgers got more fields, all of which may be unknown


def _from_3(data: Json) -> Json:
    """Unstructured parts get schema 4's fields; the meaning of task names moves into fields."""
    task = data.get("task")
    changed: Json = {"schema_version": 4}
    if isinstance(task, str):
        changed["form_of"] = next((task.removesuffix(end) for end in FORMS if task.endswith(end)), None)
        if isinstance(protocol := data.get("protocol"), dict):
            title = str(protocol.get("dataset")).lower()
            changed["protocol"] = {**protocol, "synthetic": task.startswith(DEMO) or "synthetic" in title}
    for name, upgrade in (
        ("evaluation", ledger), ("training", ledger), ("exposure", _exposure), ("diagnostics", _diagnostics),
        ("provenance", _provenance),
    ):  # fmt: skip
        if isinstance(part := data.get(name), dict):
            changed[name] = upgrade(part)
    return {**data, **changed}


UPGRADES: Mapping[int, Callable[[Json], Json]] = {1: _from_1, 2: _from_2, 3: _from_3}


def ledger(data: object) -> object:
    """The JSON of a ledger: up to schema 3 its machine was a text and its price had no fixed fields."""
    if not isinstance(data, dict):
        return data
    changed: Json = {}
    if isinstance(machine := data.get("machine"), str):
        changed["machine"] = _machine(machine)
    if isinstance(price := data.get("price"), dict):
        changed["price"] = _chosen(price, PRICE)
    return {**data, **changed}


def card(data: object) -> object:
    """The JSON of an adapter's card; the first had no version, a ledger of schema 3 and an unstructured provenance."""
    if not isinstance(data, dict) or "schema_version" in data:
        return data
    provenance = data.get("provenance")
    if isinstance(provenance, dict):
        provenance = {
            "environment": _chosen(provenance, ENVIRONMENT),
            "rows_too_long": provenance.get("rows left out as too long"),
            "dequantised_once": provenance.get("dequantised once"),
            "adapted_layers": provenance.get("adapted layers", []),
        }
    kept = {**data, "schema_version": 2, "cost": ledger(data.get("cost"))}
    return kept if provenance is None else {**kept, "provenance": provenance}


def _machine(text: str) -> Json | None:
    """The machine in "2 x AMD EPYC, 24 GB, no GPU"; None for another text."""
    found = MACHINE.fullmatch(text)
    if found is None:
        return None
    cores, processor, memory, rest = found.groups()
    gpus: list[str] = []
    for part in rest.split(", "):
        if counted := re.fullmatch(r"(\d+) x (.+)", part):
            gpus += [counted[2]] * int(counted[1])
        elif part != "no GPU":
            return None
    memory_bytes = None if memory is None else int(memory) * GIB
    return {"processor": processor, "cores": int(cores), "memory_bytes": memory_bytes, "gpus": gpus}


def _exposure(data: Json) -> Json:
    kept = _chosen(data, ("exact", "normalised", "near", "ids"))
    compared = data.get("compared")
    if isinstance(compared, str) and (texts := TEXTS.fullmatch(compared)):
        kept["compared"] = {"by": "texts", "training_rows": int(texts[1]), "test_rows": int(texts[2])}
    elif isinstance(compared, str) and (ids := IDS.fullmatch(compared)):
        kept["compared"] = {"by": "ids", "why": ids[1]}
    return kept


def _diagnostics(data: Json) -> Json:
    kept = _chosen(data, DIAGNOSTICS)
    notes = data.get("notes")
    if isinstance(notes, list) and NOT_TRAINED in notes:
        kept["trained_on_task"] = False
    return kept


def _provenance(data: Json) -> Json:
    """The software, the fingerprint, and the notes on later changes, which were texts under names of their own."""
    known = (*ENVIRONMENT, "fingerprint")
    notes = {name: value for name, value in data.items() if name not in known and isinstance(value, str)}
    kept: Json = {"environment": _chosen(data, ENVIRONMENT), "amendments": notes}
    if isinstance(fingerprint := data.get("fingerprint"), dict):
        kept["fingerprint"] = _fingerprint(fingerprint)
    return kept


def _fingerprint(data: Json) -> Json | None:
    """The fingerprint; None if it lacks a part that every run has, so that the run counts as a different one."""
    base, numerics = data.get("base"), data.get("numerics")
    variant = VARIANT.fullmatch(str(data.get("variant")))
    if variant is None or not isinstance(base, list) or not {"template", "setup", "rows"} <= data.keys():
        return None
    kept = _chosen(data, ("template", "setup", "examples", "rows", "adapter", "limit", "seed"))
    kept |= {"shots": int(variant[1]), "chat_template": variant[2] is not None}
    if base[:1] == ["floor"]:
        kept["baseline"] = base[-1]
    else:
        kept |= zip(("base", "base_revision", "quantisation", "compute_dtype"), base, strict=False)
    if isinstance(numerics, list):
        kept |= zip(("device", "dequantise", "batch_size"), numerics, strict=False)
    return kept


def _chosen(data: Json, names: tuple[str, ...]) -> Json:
    return {name: data[name] for name in names if name in data}
