"""The facts of a benchmark run, its JSON file and its tables of at most 80 columns. Not run by itself."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import textwrap
from pathlib import Path
from typing import Any

from benchmarks.measure import load_average
from phingpt_bench.core import jsonio
from phingpt_bench.core.machine import environment, this_machine
from phingpt_bench.text.machine import machine_text

SCHEMA = 1
PRIVATE = ("out", "model", "tokenizer", "results", "records")  # paths of this machine
SAID = ("largest_difference", "choices", "same_choices", "texts", "same_texts")  # of the answers, in a table


def facts(benchmark: str, args: argparse.Namespace, model: str) -> dict[str, Any]:
    """What was run, where, on which versions, and how busy the machine was when it began."""
    import torch

    return {
        "schema": SCHEMA,
        "benchmark": benchmark,
        "created": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "model": model,
        "settings": {name: value for name, value in vars(args).items() if name not in PRIVATE},
        "threads": torch.get_num_threads(),
        "machine": machine_text(this_machine()),
        "load_average_before": load_average(),
        "environment": dataclasses.asdict(environment()),
    }


def save(out: Path | None, facts: dict[str, Any], results: dict[str, Any]) -> None:
    """Write the file, if one is wanted: after every case, so that an interruption loses one."""
    if out is not None:
        jsonio.write_json(out, {**facts, "load_average_after": load_average(), **results})


def kept(out: Path | None, part: str, name: str) -> dict[str, dict[str, Any]]:
    """What an earlier run left in a file under `part`, by its `name`: a long run can be made in parts."""
    if out is None or not out.is_file():
        return {}
    return {one[name]: one for one in jsonio.read_json(out)[part]}


def heading(facts: dict[str, Any]) -> str:
    """Two lines above the tables."""
    settings = facts["settings"]
    first = f"{facts['model']}, {settings.get('quantisation')}, {settings.get('dtype')}, {facts['threads']} thread(s)"
    return "\n".join(line[:80] for line in (first, f"{facts['machine']}, load {facts['load_average_before']}"))


def case_table(case: dict[str, Any], clock: str) -> str:
    """One case: a line a side."""
    key = "seconds_per_document" if clock == "seconds" else "cpu_seconds_per_document"
    lines = [
        "",
        *textwrap.wrap(f"{case['case']}: {case['title']}", 80),
        f"{case['task']}, {case['documents']} rows; the problem needs {case['tokens_needed']:,} tokens"
        if case["tokens_needed"]
        else f"{case['task']}, {case['documents']} rows",
        f"{'':12}{'ms/row':>9} {'least-most':>15} {'tokens':>10} {'peak MB':>7}  times stock",
    ]
    for name, side in case["sides"].items():
        time, ratio = side[key], side["faster_than_stock"]
        lines.append(
            f"  {name:10}{time['median'] * 1000:9.1f} {between(time, 1000):>15} {side['tokens_forwarded']:>10,} "
            f"{megabytes(side['peak_gpu_bytes'] or side['peak_host_bytes']):>7}  "
            + ("" if name == "stock" else f"{ratio['median']:.2f} ({between(ratio, 1, 2)})")
        )
    for name, reason in case["left_out"].items():
        lines.append(f"  {name:10}{'N/A':>9} {reason}"[:80])
    floor = case["floor"]
    for name, key in (("floor", ""), ("floor-t", "plain_"), ("floor-s", "step_")):
        time, over = floor[f"{key}seconds"], floor[f"ours_over_{key}floor"]
        if time["median"] is not None:
            each = 1000 / case["documents"]
            shown = f"{time['median'] * each:9.1f} {between(time, each):>15} {case['tokens_needed']:>10,}"
            lines.append(f"  {name:10}{shown} {'':>7}  ours: {over['median']:.2f} of it")
    if case["answers"]:
        lines.append(
            "  answers: "
            + ", ".join(f"{k.replace('_', ' ')} {_short(v)}" for k, v in case["answers"].items() if k in SAID)
        )
    return "\n".join(lines)


def several_table(case: dict[str, Any], clock: str) -> str:
    """The case of one base and several adapters, in seconds by the `clock` that its ratios are of."""
    lines = ["", f"{case['case']}: {case['title']}"]
    lines.append(f"{', '.join(case['tasks'])}, {case['documents']} rows each; adapters: {case['adapters']}")
    lines.append(f"{'':12}{'seconds':>9} {'least-most':>17} {'peak MB':>8}   times stock")
    for name, side in case["sides"].items():
        time, ratio = side[clock], side["faster_than_stock"]
        shown = "" if name == "stock" else f"{ratio['median']:.2f} ({between(ratio, 1, 2)})"
        peak = megabytes(side["peak_gpu_bytes"] or side["peak_host_bytes"])
        lines.append(f"  {name:10}{time['median']:9.1f} {between(time):>17} {peak:>8}   {shown}")
    lines.append(f"  our peak memory over that of one stock run: {case['peak_over_one_stock_run']:.2f}")
    return "\n".join(lines)


def between(values: dict[str, Any], factor: float = 1.0, digits: int = 1) -> str:
    """Least and most of a spread."""
    if values["median"] is None:
        return "N/A"
    return f"{values['least'] * factor:.{digits}f}-{values['most'] * factor:.{digits}f}"


def megabytes(count: int | None) -> str:
    """Bytes as MB (10^6)."""
    return "N/A" if count is None else f"{count / 1e6:,.0f}"


def _short(value: float | int) -> str:
    return f"{value:.1e}" if isinstance(value, float) else str(value)
