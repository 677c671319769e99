"""What `verify` counts again: figures beside the scores, costs, the task, and the answers in samples.jsonl."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.board_factory import labels, make_run, write_run
from helpers.paths import ROOT

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest, file_digest
from phingpt_bench.core.jsonio import write_json
from phingpt_bench.results.collect import read_run
from phingpt_bench.results.verify import Checked, verify

Edit = Callable[[dict[str, Any]], object]
RUNS = ROOT / "results"
LABELS = RUNS / "smollm2-135m/runs/phin_fpb/smollm2-135m-instruct-nf4-dq-bfloat16_sentiment-smollm2-135m_0-shot"
HYBRID = RUNS / "gemma-3-270m/runs/phin_fpb/gemma-3-270m-nf4-dq-float32-fpb-gemma-train-0-shot_with_tfidf-lr_lexicon"
MADE_UP = {"family": "sentiment-en", "digest": "0" * 16, "changed": 0.1}


def scores(record: dict[str, Any], **other: float) -> dict[str, Any]:
    return {**record["scores"], **other}


# the run, what is done to its record, the check that fails and what it says
EDITS: dict[str, tuple[Path, Edit, str, str]] = {
    "another metric": (
        LABELS, lambda one: one["protocol"].update(metric="acc"), "record", "protocol.metric: acc, the passport",
    ),
    "made-up rows": (LABELS, lambda one: one["protocol"].update(synthetic=True), "record", "protocol.synthetic: True"),
    "scored by a later version": (
        LABELS, lambda one: one["provenance"].update(scoring=99), "record", "provenance.scoring: 99",
    ),
    "no headline": (LABELS, lambda one: one["scores"].pop("f1_weighted"), "record", "without f1_weighted"),
    "a score of its own": (LABELS, lambda one: one["scores"].update(best=1.0), "scores", "best: the outcomes do not"),
    "cheaper": (LABELS, lambda one: one["evaluation"].update(usd=0.0), "figures", "evaluation.usd: 0, counted again"),
    "faster": (
        LABELS, lambda one: one["evaluation"]["seconds"].update(evaluate=1.0), "figures", "evaluation.usd",
    ),
    "a training for nothing": (LABELS, lambda one: one["training"].update(usd=0.0), "figures", "training.usd: 0"),
    "no ids of seen rows": (
        LABELS, lambda one: one["exposure"].update(ids=[]), "figures", "0 ids of 42 rows",
    ),
    "less risk": (LABELS, lambda one: one["diagnostics"].update(aurc=0.0), "figures", "aurc: 0, counted again"),
    "no risk at half of the rows": (
        LABELS, lambda one: one["diagnostics"]["selective_risk"].update({"0.5": 0.0}), "figures", "selective_risk.0.5",
    ),
    "other metrics under paraphrases": (
        LABELS, lambda one: one.update(paraphrases={**MADE_UP, "scores": [{"acc": 0.9}]}), "figures", "other metrics",
    ),
    "an impossible score under paraphrases": (
        LABELS, lambda one: one.update(paraphrases={**MADE_UP, "scores": [scores(one, acc=7.0)]}),
        "figures", r"scores\[0\].acc: 7.0 cannot be",
    ),
    "fewer paraphrases": (
        LABELS,
        lambda one: one.update(paraphrases={**MADE_UP, "digest": "2188858b58e7cf09", "scores": [one["scores"]]}),
        "figures", "scores: 1, and the family has 12 prompts",
    ),
    "another task": (LABELS, lambda one: one.update(task="phin_tfns"), "task", "protocol.id: fpb/.*says tfns/"),
    "another form": (LABELS, lambda one: one.update(form_of="phin_tfns"), "task", "form_of: phin_tfns, .* says none"),
    "written answers": (
        LABELS, lambda one: one["protocol"].update(extraction="generation"), "task", "extraction: generation",
    ),
    "no rows for people": (
        HYBRID, lambda one: one["diagnostics"]["abstention"][0].update(handed=0.0), "figures", "abstention.0.9.handed",
    ),
    "all are right": (
        HYBRID, lambda one: one["diagnostics"]["abstention"][2].update(accuracy=1.0), "figures", "0.98.accuracy: 1",
    ),
}  # fmt: skip


def failed(folder: Path) -> dict[str, str]:
    (found,) = verify([folder], folder / "adapters")
    assert isinstance(found, Checked)
    return {finding.check: finding.detail for finding in found.findings if finding.ok is False}


@pytest.mark.parametrize("run", [LABELS, HYBRID], ids=["labels", "hybrid"])
def test_a_shipped_run_passes(run: Path) -> None:
    assert failed(run) == {}


@pytest.mark.parametrize(("run", "edit", "check", "said"), EDITS.values(), ids=EDITS)
def test_what_was_edited_is_found(run: Path, edit: Edit, check: str, said: str, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    record = json.loads(path.read_text())
    record["paraphrases"] = None  # their scores would contradict edited ones, too
    edit(record)
    path.write_text(json.dumps(record))
    found = failed(tmp_path)
    assert found.keys() == {check}
    assert re.search(said, found[check])
    if check == "record":
        with pytest.raises(BenchError, match=said):
            read_run(path)


def test_samples_are_those_of_the_outcomes(tmp_path: Path) -> None:
    """Also where someone has put the digests of changed files into the record."""
    rows = labels(0.6, 4)
    lines = [
        {"id": name, "prompt": "p", "continuations": ["a", "b", "c"], "parsed": rows.labels[pred]}
        for name, pred in zip(rows.ids, rows.pred_places, strict=True)
    ]
    requests = digest([[["p", one] for one in "abc"]] * 4)
    path = write_run(tmp_path / "run", make_run(outcomes=rows, prompts=requests))

    def after(change: Callable[[], object]) -> str | None:
        change()
        file = path.with_name("samples.jsonl")
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        record = json.loads(path.read_text())
        record["provenance"]["files"] = {"samples.jsonl": file_digest(file)}
        write_json(path, record)
        return failed(tmp_path).get("answers")

    assert after(lambda: None) is None
    assert "requests" in (after(lambda: lines[0].update(prompt="another")) or "")
    assert "1 answers are not those" in (after(lambda: lines[0].update(parsed="none of them")) or "")
    assert "its rows are not" in (after(lines.reverse) or "")
