"""The YAML tasks under lm-eval: its plain command, standard errors, and our metrics against `score_all`."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from phingpt_bench.core.records import Outcomes
from phingpt_bench.data.ner import TYPES
from phingpt_bench.data.sentiment import LABELS
from phingpt_bench.harness import hooks, manager
from phingpt_bench.harness.baselines import FloorLM
from phingpt_bench.scoring.metrics import METRICS, score_all

ALL = ("phin_demo_sentiment", "phin_demo_ner", "phin_fpb", "phin_tfns", "phin_fin", "phin_finer_ord")


class ClumsyLM(FloorLM):
    """Right, wrong or unreadable by a seeded draw, so that every kind of outcome occurs."""

    def label_scores(self, task, doc):
        draw = random.Random(doc["id"]).random()
        if draw < 0.1:
            return [math.nan] * 3
        gold = manager.gold_index(task, doc)
        return [0.0 if i == (gold if draw < 0.6 else (gold + 1) % 3) else -1.0 for i in range(3)]

    def answer(self, task, doc):
        draw, gold = random.Random(doc["id"]).random(), doc["answer"]
        if draw < 0.5:
            return " " + gold
        wrong = ["none", "", "what?", f"{gold}; ORG: Nowhere", gold.replace("ORG", "PER")]
        return random.Random(doc["id"]).choice(wrong)


def plain_lm_eval(*arguments: str, cwd: Path) -> dict:
    """The results file of one run of lm-eval's own command, in another process and folder."""
    command = [sys.executable, "-m", "lm_eval", "run", "--model", "dummy", "--include_path", str(manager.tasks_dir())]
    root = str(Path(__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), root])}
    done = subprocess.run(
        [*command, *arguments, "--output_path", "out.json"],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(next(cwd.glob("out*.json")).read_text())


def test_plain_lm_eval_runs_the_demonstration_tasks(tmp_path: Path):
    """With few-shot examples too; every metric has a number as its standard error."""
    tasks = ("phin_demo_sentiment", "phin_demo_ner")
    results = plain_lm_eval("--tasks", ",".join(tasks), "--limit", "6", "--num_fewshot", "2", cwd=tmp_path)
    for task, kind in zip(tasks, ("labels", "spans"), strict=True):
        found = results["results"][task]
        for name in (name for name, metric in METRICS.items() if metric.kind == kind):
            assert 0.0 <= found[f"{name},none"] <= 1.0 or name == "mcc"
            assert isinstance(found[f"{name}_stderr,none"], float)
        assert results["n-samples"][task]["effective"] == 6


def test_plain_lm_eval_runs_the_real_tasks(data_mirror: Path, tmp_path: Path):
    results = plain_lm_eval("--tasks", "phin", "--limit", "4", cwd=tmp_path)
    assert set(manager.expand(["phin"])) <= set(results["results"])


@pytest.mark.parametrize("name", ALL)
def test_metrics_through_lm_eval_equal_score_all(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
):
    from lm_eval import simple_evaluate

    if "demo" not in name:
        request.getfixturevalue("data_mirror")
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)  # seconds of asking the system
    task = manager.load_task(name)
    with manager.quiet():
        # a task manager, so that it does not make one over its own 14,000 files
        own = {"task_manager": manager.task_manager(), "limit": 200, "bootstrap_iters": 0}
        results = simple_evaluate(ClumsyLM().fit(task), tasks=[task], **own)
    docs = list(task.test_docs())[:200]
    model = ClumsyLM().fit(task)
    ids = [doc["id"] for doc in docs]
    if task.OUTPUT_TYPE == "multiple_choice":
        pairs = [hooks.read_label(doc, model.label_scores(task, doc)) for doc in docs]
        gold, pred = zip(*pairs, strict=True)
        assert -1 in pred
        outcomes = Outcomes(kind="labels", labels=list(LABELS), ids=ids, gold=list(gold), pred=list(pred))
    else:
        counts = [hooks.read_spans(doc, model.answer(task, doc))[0] for doc in docs]
        outcomes = Outcomes(kind="spans", labels=list(TYPES), ids=ids, counts=counts)
    found = results["results"][name]
    expected = score_all(outcomes)
    assert 0.2 < expected[{"labels": "f1_weighted", "spans": "entity_f1"}[outcomes.kind]] < 0.95
    for metric, value in expected.items():
        assert found[f"{metric},none"] == pytest.approx(value, abs=1e-12)
        assert 0 < found[f"{metric}_stderr,none"] < 0.2


@pytest.mark.parametrize("name", ALL)
def test_yaml_files_say_how_to_run_them_and_name_their_dataset(name: str):
    from phingpt_bench.data import catalogue

    file = manager.tasks_dir() / f"{name}.yaml"
    assert file.read_text().startswith("# lm_eval run --model hf --model_args pretrained=MODEL --include_path tasks")
    config = manager.task_manager().task_index[name].cfg
    entry = catalogue.dataset(config["dataset_kwargs"]["dataset"])
    assert tuple(config["doc_to_choice"]) == entry.labels if entry.kind == "labels" else "doc_to_choice" not in config
    assert config["generation_kwargs"]["do_sample"] is False if entry.kind == "spans" else True
    assert config["fewshot_config"]["sampler"] == "first_n"


def test_documents_reach_the_prompt_unescaped():
    """Jinja must not change what a document says."""
    task = manager.load_task("phin_demo_sentiment")
    text = "L&T <b>{{ rose }}</b> {% if %} “5 %”\\n"
    assert text in manager.render_prompt(task, {**task.test_docs()[0], "text": text})


def test_invalid_counts_as_wrong():
    assert hooks.read_label({"label": "neutral"}, [-1.0, math.nan, -2.0]) == (1, -1)
    assert hooks.read_label({"label": "neutral"}, [-1.0, -math.inf, -2.0]) == (1, -1)
    assert hooks.read_label({"label": "neutral"}, np.array([-1.0, -1.0, -2.0])) == (1, 0)
