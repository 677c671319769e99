"""Every task YAML under lm-eval: its plain command, models that are right or wrong on purpose, examples, metrics."""

from __future__ import annotations

import functools
import json
import math
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers.marks import with_data
from helpers.paths import ROOT
from helpers.tiny import save_tiny

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.data import catalogue
from phingpt_bench.data.examples import MOST
from phingpt_bench.data.normalise import normalise
from phingpt_bench.floors.classical import MeanLM
from phingpt_bench.floors.trivial import MajorityLM
from phingpt_bench.lmeval import hooks, manager
from phingpt_bench.lmeval.documents import DocumentLM, EchoLM, NullLM, OracleLM
from phingpt_bench.lmeval.sample import unreachable
from phingpt_bench.lmeval.taskfiles import read_tasks
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.metrics import METRICS, score_all

FILES = read_tasks([manager.tasks_dir()])
ALL = list(FILES.tasks)
ROWS = 150  # of each task: some 16 headlines with their nine questions, all of the smallest test sets
# undefined, and then nan, where the rows have no readable answer, no label with a pole, or not every type
MAY_BE_NAN = {"f1_valid", "flip_rate", "entity_f1_macro"}
# one task of each shared file and answer form
FORMS = (
    "phin_demo_sentiment", "phin_demo_ner", "phin_fpb", "phin_fiqa_fingpt_gen", "phin_gold", "phin_multifin_es",
    "phin_fin_type_gen", "phin_fin", "phin_finer_ord_json", "phin_fin_tags", "phin_semeval_score",
)  # fmt: skip

WITH_EXAMPLES = ("phin_demo_sentiment", "phin_fiqa_pauri32_gen", "phin_fin_json", "phin_semeval_score")


@pytest.fixture(scope="module", autouse=True)
def read_once():
    """Datasets are read from their files once for all tasks that share them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "load", functools.cache(catalogue.load))
        yield
    loaded.cache_clear()


@functools.cache
def loaded(name: str) -> Any:
    return manager.load_task(name)


@functools.cache
def reason(dataset: str) -> str | None:
    return unreachable(dataset)


def load(name: str) -> Any:
    """The task; skips where its dataset is not at hand."""
    if why := reason(FILES.tasks[name].dataset):
        pytest.skip(why)
    return loaded(name)


def rows_of(task: Any) -> list[int]:
    """The places of some ROWS test rows: evenly spread, or the first where a text has rows for several questions."""
    docs = task.test_docs()
    step = 1 if "question" in docs.column_names else max(1, len(docs) // ROWS)
    return list(range(0, len(docs), step))[:ROWS]


def scores(task: Any, model: DocumentLM) -> dict[str, float | None]:
    """Our scores of a model on `rows_of` a task; that lm-eval's are the same, another test says."""
    return score_all(outcomes(task, model.fit(task)))


def outcomes(task: Any, model: DocumentLM) -> Outcomes:
    """What the hooks make of a fitted model's answers."""
    docs = [task.test_docs()[i] for i in rows_of(task)]
    if task.OUTPUT_TYPE == "multiple_choice":
        answers = [[(score, False) for score in model.label_scores(task, doc)] for doc in docs]
    else:
        answers = [[model.answer(task, doc)] for doc in docs]
    kinds, rows = zip(*map(hooks.read, docs, answers), strict=True)
    return answered.outcomes_of(kinds[0], docs[0].get("labels", ()), [doc["id"] for doc in docs], rows)


def lm_eval_scores(task: Any, model: DocumentLM) -> dict[str, float]:
    """lm-eval's scores of a model on `rows_of` a task."""
    from lm_eval.evaluator import evaluate

    name = task.config.task
    with manager.quiet():
        results = evaluate(model.fit(task), {"tasks": {name: task}}, samples={name: rows_of(task)}, bootstrap_iters=0)
    return {key.split(",")[0]: value for key, value in results["results"][name].items() if key.endswith(",none")}


def plain_lm_eval(model: Path, *arguments: str, cwd: Path) -> dict[str, Any]:
    """The results file of one run of lm-eval's own command with its own hf model, in another process and folder."""
    command = [sys.executable, "-m", "lm_eval", "run", "--include_path", str(manager.tasks_dir())]
    of_model = ["--model", "hf", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    root = str(ROOT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), root])}
    done = subprocess.run(
        [*command, *of_model, *arguments, "--batch_size", "16", "--limit", "2", "--output_path", "out.json"],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(next(cwd.glob("out*.json")).read_text())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("shots", [0, 2])
def test_plain_lm_eval_runs_the_tasks(shots: int, model: Path, tmp_path: Path):
    """All of them, and some with examples too; every metric has a number and a standard error."""
    names = [name for name in (WITH_EXAMPLES if shots else ALL) if not reason(FILES.tasks[name].dataset)]
    results = plain_lm_eval(model, "--tasks", ",".join(names), "--num_fewshot", str(shots), cwd=tmp_path)
    assert set(results["results"]) == set(names)
    for name in names:
        found = results["results"][name]
        assert results["n-samples"][name]["effective"] == 2
        assert results["n-shot"][name] == shots
        metrics = FILES.tasks[name].metrics
        assert catalogue.dataset(FILES.tasks[name].dataset).metric in metrics
        for metric in metrics:
            for value in (found[f"{metric},none"], found[f"{metric}_stderr,none"]):
                assert isinstance(value, float | int), (name, metric, value)
                assert math.isfinite(value) or (math.isnan(value) and metric in MAY_BE_NAN), (name, metric, value)


@pytest.mark.parametrize("name", with_data(ALL))
def test_models_that_are_right_or_wrong_on_purpose(name: str):
    task = load(name)
    passport = catalogue.dataset(FILES.tasks[name].dataset)
    oracle, null, echo = (scores(task, model()) for model in (OracleLM, NullLM, EchoLM))
    if passport.kind == "scores":
        assert oracle["mse"] <= 0.005**2 + 1e-12  # answers have two decimals, some annotations three
        assert oracle["r2"] == pytest.approx(1.0, abs=1e-3)
        assert oracle["cosine"] == pytest.approx(1.0, abs=1e-3)
        assert min(null["mse"], echo["mse"]) > 0.3
        assert scores(task, MeanLM())["r2"] == pytest.approx(0.0, abs=0.1)
        assert max(null["r2"], echo["r2"]) < 0 < oracle["r2"]
        return
    for metric in ("acc", "f1_weighted", "f1_by_question", "entity_f1", "entity_precision", "entity_recall"):
        if metric in FILES.tasks[name].metrics:
            assert oracle[metric] == 1.0
    headline = passport.metric
    assert oracle[headline] == 1.0
    if passport.kind == "spans":
        assert null["entity_f1"] == echo["entity_f1"] == 0.0
        assert scores(task, MajorityLM())["entity_f1"] == 0.0
        return
    if task.OUTPUT_TYPE == "generate_until":
        assert (oracle["invalid_rate"], null["invalid_rate"], null[headline]) == (0.0, 1.0, 0.0)
        assert echo[headline] < 0.3
    else:
        assert null == echo
        first = [task.test_docs()[i]["gold"] == 0 for i in rows_of(task)]
        assert null["acc"] == pytest.approx(sum(first) / len(first))
        assert null[headline] < 0.85  # "no" is right for most questions on gold
    if not task.has_training_docs():
        with pytest.raises(BenchError, match="no training rows"):
            MajorityLM().fit(task)
        return
    most = Counter(task.training_docs()["label"]).most_common(1)[0][0]
    docs = [task.test_docs()[i] for i in rows_of(task)]
    majority = scores(task, MajorityLM())
    assert majority["acc"] == pytest.approx(sum(doc["label"] == most for doc in docs) / len(docs))
    assert majority["mcc"] == 0.0
    assert majority[headline] < 0.85


@pytest.mark.parametrize("name", with_data(n for n in ALL if FILES.tasks[n].config["output_type"] == "generate_until"))
def test_right_answers_survive_the_stop_strings(name: str):
    """Also when the model goes on with another example, as a base model does."""
    task = load(name)
    (stop,) = task.config.generation_kwargs["until"]
    docs = [task.test_docs()[i] for i in rows_of(task)]
    for doc in docs:
        written = f" {task.doc_to_target(doc)}{stop}News: Sales fell.{stop}{task.config.gen_prefix} negative"
        kind, row = hooks.read(doc, [written.split(stop)[0]])
        assert not row.invalid, (doc["id"], row.reason)
        if kind == "spans":
            assert sorted(row.parsed.spans) == sorted(answered.gold_spans(doc))
        else:
            assert row.pred == pytest.approx(row.gold, abs=0.0050001)


@pytest.mark.slow  # the embedded model is converted for its tokenizer: 20 s where none is kept
@pytest.mark.parametrize("name", with_data(n for n in ALL if FILES.tasks[n].config["output_type"] == "generate_until"))
def test_right_answers_fit_into_the_tokens_that_may_be_written(name: str, tokenizer: Any):
    task = load(name)
    docs = list(task.test_docs()) if "tags" in name or "json" in name else [task.test_docs()[i] for i in rows_of(task)]
    answers = [f" {task.doc_to_target(doc)}\n" for doc in docs]
    longest = max(len(ids) for ids in tokenizer(answers, add_special_tokens=False)["input_ids"])
    assert longest <= task.config.generation_kwargs["max_gen_toks"]


@pytest.mark.parametrize("name", with_data(ALL))
def test_examples_of_k_shot_prompts(name: str):
    """k of them, training rows in turns over the labels, the same for every document, none of them a test row."""
    task = load(name)
    if not task.has_training_docs():
        with pytest.raises(AssertionError, match="exceeds the 0"):  # lm-eval would have shown test rows
            manager.render_prompt(task, task.test_docs()[0], shots=1)
        assert task.config.num_fewshot == 0  # so --num_fewshot for a group leaves it alone
        return
    pool, test = list(task.fewshot_docs()), task.test_docs()
    assert len(pool) == MOST
    for k in (1, 5, 20):
        blocks = set()
        for i in (0, len(test) // 2, len(test) - 1):
            bare = manager.render_prompt(task, test[i])
            prompt = manager.render_prompt(task, test[i], shots=k)
            assert prompt.endswith(bare)
            blocks.add(prompt.removesuffix(bare))
        (block,) = blocks
        shown = [manager.render_prompt(task, doc) + f" {_said(task, doc)}" for doc in pool[:k]]
        assert block == "".join(f"{example}\n\n" for example in shown)
        if "label" in pool[0]:
            counts = Counter(doc["label"] for doc in pool[:k])
            assert max(counts.values()) - min(counts[label] for label in pool[0]["labels"]) <= 1
    assert {doc["id"] for doc in pool} <= set(task.training_docs()["id"])


DATASETS = sorted({task.dataset for task in FILES.tasks.values()})


@pytest.mark.parametrize("dataset", with_data(DATASETS))
def test_no_example_is_a_test_row(dataset: str):
    """Also where the published train and test parts share texts."""
    if why := reason(dataset):
        pytest.skip(why)
    splits = hooks.load(dataset)
    if "train" in splits:
        shared = len(set(map(normalise, splits["fewshot"]["text"])) & set(map(normalise, splits["test"]["text"])))
        assert shared == 0


def _said(task: Any, doc: dict[str, Any]) -> str:
    """What a right answer says, without lm-eval: the label's own word in the language of the prompt."""
    if "gold" not in doc:
        return doc["answer"]
    choices = FILES.tasks[FILES.base(task.config.task)].config["doc_to_choice"]
    return choices[doc["gold"]]


class ClumsyLM(DocumentLM):
    """Right, wrong or unreadable by a seeded draw, so that every kind of outcome occurs."""

    def label_scores(self, task, doc):
        draw, k = random.Random(doc["id"] + doc.get("question", "")).random(), len(doc["labels"])
        if draw < 0.1:
            return [math.nan] * k
        gold = doc["gold"]
        return [0.0 if i == (gold if draw < 0.6 else (gold + 1) % k) else -1.0 for i in range(k)]

    def answer(self, task, doc):
        generator = random.Random(doc["id"])
        gold = str(task.doc_to_target(doc))
        if generator.random() < (0.8 if "score" in doc else 0.5):
            return " " + gold
        if "score" in doc:
            return generator.choice(["none", "0", f"{doc['score'] / 2:.3f}"])
        if "gold" in doc:
            return generator.choice(["", "what?", *doc["labels"]])
        return generator.choice(["none", "", "what?", f"{gold}; ORG: Nowhere", gold.replace("ORG", "PER")])


@pytest.mark.parametrize("name", with_data(FORMS))
def test_metrics_through_lm_eval_equal_score_all(name: str):
    """The scores of single documents, summed up by lm-eval, are those of our runner over all outcomes."""
    task, model = load(name), ClumsyLM()
    found = lm_eval_scores(task, model)
    given = outcomes(task, model)
    assert any(given.invalid)
    expected = score_all(given)
    headline = {"labels": "f1_weighted", "spans": "entity_f1", "scores": "cosine"}[given.kind]
    assert 0.2 < expected[headline] < 0.95
    assert set(FILES.tasks[name].metrics) <= set(expected)
    for metric, value in expected.items():
        if metric in FILES.tasks[name].metrics:
            assert found[metric] == pytest.approx(value, abs=1e-12)
            assert 0 < found[f"{metric}_stderr"] < 1


@pytest.mark.parametrize("name", ALL)
def test_yaml_files_say_how_to_run_them_and_agree_with_their_passport(name: str):
    task = FILES.tasks[name]
    text = task.path.read_text(encoding="utf-8")
    command = f"# lm_eval run --model hf --model_args pretrained=MODEL --include_path tasks --tasks {name}\n"
    assert text.startswith(command)
    assert task.path.stem == name
    passport, config = catalogue.dataset(task.dataset), task.config
    if passport.kind == "labels":
        choices = FILES.tasks[FILES.base(name)].config["doc_to_choice"]
        assert len(choices) == len(set(choices)) == len(passport.labels)
    assert (config["output_type"] == "multiple_choice") == bool(config.get("doc_to_choice"))
    if config["output_type"] == "generate_until":
        assert config["generation_kwargs"]["do_sample"] is False
    assert config["fewshot_config"]["sampler"] == "first_n"
    assert (config["training_split"] is not None) == ("train" in passport.rows)
    for entry in config["metric_list"]:
        metric = METRICS[entry["metric"].removesuffix("_stderr")]
        assert metric.kind == passport.kind
        stderr = entry["metric"].endswith("_stderr")
        assert entry["higher_is_better"] is (metric.higher_is_better and not stderr)
        assert entry["aggregation"] == f"phingpt_bench.lmeval.hooks.{entry['metric']}"


@pytest.mark.parametrize("name", [n for n in ALL if FILES.base(n) != n])
def test_another_form_asks_the_same_of_the_same_rows(name: str):
    """So that what two of them differ in is the form of the answer alone."""
    one, other = FILES.tasks[FILES.base(name)].config, FILES.tasks[name].config
    same = ["training_split", "test_split", "fewshot_split", "fewshot_config", "target_delimiter", "process_results"]
    if name.endswith("_gen"):
        same += ["doc_to_text", "gen_prefix", "dataset_kwargs"]
    else:
        assert other["doc_to_text"].split("\n")[0] == one["doc_to_text"].split("\n")[0]
    assert {key: other.get(key) for key in same} == {key: one.get(key) for key in same}


def test_documents_reach_the_prompt_unescaped():
    """Jinja must not change what a document says."""
    task = load("phin_demo_sentiment")
    text = "L&T <b>{{ rose }}</b> {% if %} “5 %”\\n"
    assert text in manager.render_prompt(task, {**task.test_docs()[0], "text": text})


@pytest.mark.data
def test_spanish_prompts_are_answered_in_spanish():
    doc = {"text": "Sube.", "label": "positive", "labels": ["negative", "neutral", "positive"], "gold": 2}
    assert hooks.read(doc, [" positivo"])[1].pred == hooks.read(doc, ["Positive."])[1].pred == 2
    task = load("phin_fpb_es_mt_gen")
    assert task.doc_to_target({**task.test_docs()[0], **doc}) == "positivo"


@pytest.mark.parametrize(
    ("likelihoods", "pred"), [((-1.0, math.nan, -2.0), -1), ((-1.0, -math.inf, -2.0), -1), ((-1.0, -1.0, -2.0), 0)]
)
def test_invalid_counts_as_wrong(likelihoods: tuple[float, ...], pred: int):
    doc = {"id": "a", "text": "", "label": "neutral", "labels": ["negative", "neutral", "positive"], "gold": 1}
    pairs = [(value, False) for value in likelihoods]
    assert hooks.read(doc, pairs)[1].pred == pred
    items = hooks.results(doc, pairs)
    assert hooks.acc([items["acc"]]) == 0.0
