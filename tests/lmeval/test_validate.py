"""`tasks validate` finds what it promises to find, and passes our own tasks."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue, stamp
from phingpt_bench.data.copies.gate import Gate
from phingpt_bench.lmeval import manager, templates
from phingpt_bench.lmeval.validate import validate

BASE = (manager.tasks_dir() / "demo" / "phin_demo_sentiment.yaml").read_text().replace("../", "")
OWN_METRIC = "  - {metric: hits, aggregation: mean, higher_is_better: true}\n"
OWN = BASE + "process_results: !function own.results\nmetric_list:\n" + OWN_METRIC
OWN_FUNCTIONS = """
def results(doc, answers):
    scores = [score for score, _ in answers]
    return {"hits": float(scores.index(max(scores)) == ["negative", "neutral", "positive"].index(doc["label"]))}


def mean(items):
    return sum(items) / len(items)
"""
NER = (manager.tasks_dir() / "demo" / "phin_demo_ner.yaml").read_text().replace("../", "")


NO_SPLITS = "training_split: null\nvalidation_split: null\nfewshot_split: null\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("_labels_yaml", "_spans_yaml"):
        (tmp_path / name).write_text((manager.tasks_dir() / name).read_text())
    (tmp_path / "own.py").write_text(OWN_FUNCTIONS)
    return tmp_path


def failures(folder: Path, text: str, tokenizer=None) -> dict[str, str]:
    """What fails for a task file with this text, by name of the check."""
    text = text.replace("phin_demo_sentiment", "mine").replace("phin_demo_ner", "mine")
    (folder / "mine.yaml").write_text(text)
    return {
        check.name: check.detail for check in validate(folder, tokenizer=tokenizer, trusted=True) if check.ok is False
    }


@pytest.mark.slow
def test_our_demonstration_tasks_pass(tokenizer):
    checks = list(validate(None, ["phin_demo_sentiment", "phin_demo_ner"], tokenizer))
    assert [check for check in checks if not check.ok] == []
    names = {"rows", "test rows", "load", "template", "render", "few-shot", "tokens", "tokens, chat", "metrics"}
    assert {check.name for check in checks} == names
    tokens = {check.task: check.detail for check in checks if check.name == "tokens"}
    assert tokens["phin_demo_sentiment"] == "tokens: negative 1, neutral 1, positive 1"


@pytest.mark.slow
def test_real_tasks_pass(data_mirror: Path, tokenizer):
    checks = list(
        validate(None, ["phin_tfns", "phin_multifin_es_gen", "phin_fin_tags", "phin_semeval_score"], tokenizer)
    )
    assert len(checks) == 4 * 9
    assert [check for check in checks if not check.ok] == []


def test_a_dataset_out_of_reach_is_not_checked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    monkeypatch.setattr("phingpt_bench.data.sources._hub", lambda *_: (_ for _ in ()).throw(OSError("no network")))
    checks = list(validate(None, ["phin_tfns"]))
    assert [(check.name, check.ok) for check in checks] == [("rows", None), ("load", None)]
    for check in checks:
        assert check.detail.startswith("not checked: dataset zeroshot/twitter-financial-news-sentiment")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "detail", "text"),
    [
        ("load", "unknown dataset 'demo_sentimnt'", BASE.replace("dataset: demo_sentiment", "dataset: demo_sentimnt")),
        ("keys", "mine.yaml:11: unknown key 'metrics_list' (did you mean 'metric_list'?)", BASE + "metrics_list: []\n"),
        ("keys", "mine.yaml:12: unknown key 'fewshot_config.samplr'", BASE + "fewshot_config:\n  samplr: first_n\n"),
        ("load", "KeyError", BASE + "test_split: tst\n"),
        ("load", "undefined", BASE.replace("{{text}}", "{{txt}}")),
        ("render", "same prompt", BASE.replace("{{text}}", "")),
        ("render", "not among the choices", BASE + "doc_to_choice: [Negative, Neutral, Positive]\n"),
        ("render", "white space", BASE + 'gen_prefix: "Sentiment: "\n'),
        ("render", "stop string", NER + 'generation_kwargs: {until: [";"], do_sample: false}\n'),
        ("few-shot", "there are 32 examples", BASE + "num_fewshot: 1000\n"),
        ("few-shot", "test split", BASE + "fewshot_split: test\n"),
        ("few-shot", "would be test rows", BASE + NO_SPLITS),
        ("metrics", "TypeError", BASE + "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n"),
        ("metrics", "'f1_makro' is in metric_list", OWN + OWN_METRIC.replace("hits", "f1_makro")),
        ("metrics", "'hits' has no standard error", OWN.replace(": mean", ": !function own.mean")),
        ("metrics", "'hits' is 1 for right answers and 0 for wrong", OWN.replace("better: true", "better: false")),
    ],
)  # fmt: skip
def test_mistakes_are_found(check: str, detail: str, text: str, folder: Path):
    assert detail in failures(folder, text)[check]


@pytest.mark.parametrize(
    ("include", "hint"),
    [
        ("_labels_yaml", "include _topics_yaml instead of _labels_yaml"),
        ("[_labels_yaml, _written_yaml]", "include _written_topics_yaml instead of _written_yaml"),
    ],
)
def test_labels_without_known_poles_are_reported_what_to_include(include: str, hint: str, folder: Path, monkeypatch):
    """flip_rate of labels without a polarity."""
    known = {"negative": "bajista", "neutral": "neutro", "positive": "alcista"}
    (folder / "passports").mkdir()
    rows = [{"text": f"{known[mood]} {i}", "label": known[mood]} for i in range(9) for mood in known]
    data = folder / "data" / "bolsa"
    data.mkdir(parents=True)
    (data / "test.csv").write_text("text,label\n" + "".join(f"{row['text']},{row['label']}\n" for row in rows))
    passport = folder / "passports" / "bolsa.yaml"
    passport.write_text(
        "name: bolsa\nprotocol: bolsa/given/v1\ntitle: Bolsa\nkind: labels\nlanguage: es\n"
        "labels: [bajista, neutro, alcista]\nmetric: f1_weighted\nnoise: []\nsplit: as given\ncomparable: With none.\n"
        "origin: {folder: bolsa, paper: none, licence: CC0 1.0, unpinned: made up}\n"
        "reader: table\noptions: {files: {test: test.csv}, text: text, label: label}\n"
    )
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(folder / "data"))
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(folder))
    passport.write_text(passport.read_text() + stamp.as_yaml(stamp.stamp(passport)))
    (folder / "_written_yaml").write_text((manager.tasks_dir() / "_written_yaml").read_text())
    text = BASE.replace("dataset: demo_sentiment", "dataset: bolsa") + NO_SPLITS + "num_fewshot: 0\n"
    text = text.replace("include: _labels_yaml", f"include: {include}")
    text += "fewshot_config: {sampler: first_n, samples: []}\n"
    found = failures(folder, text + ("" if "written" in include else "doc_to_choice: [bajista, neutro, alcista]\n"))
    assert hint in found["metrics"] and "bajista, neutro, alcista" in found["metrics"]


@pytest.mark.slow
def test_a_users_own_metrics_pass(folder: Path):
    assert failures(folder, OWN) == {}


@pytest.mark.slow
def test_labels_that_tokenise_otherwise_or_begin_one_another(folder: Path, tokenizer):
    choices = "doc_to_choice: [negative, neutral, neutral news]\ndoc_to_target: 0\n"
    found = failures(folder, BASE + choices, tokenizer)["tokens"]
    assert "the tokens of ' neutral' begin those of ' neutral news'" in found
    joined = BASE + 'target_delimiter: ""\ngen_prefix: "Mood: posi"\ndoc_to_choice: [tive, a, b]\ndoc_to_target: 0\n'
    assert "has other tokens after the prompt" in failures(folder, joined, tokenizer)["tokens"]
    twice = "doc_to_choice: [negative, neutral, neutral]\ndoc_to_target: 0\n"
    assert "given twice" in failures(folder, BASE + twice, tokenizer)["tokens"]


@pytest.mark.slow
def test_yaml_errors_do_not_hide_the_other_tasks(folder: Path):
    (folder / "bad.yaml").write_text("task: bad\nx: [1\ny: 2\n")
    (folder / "mine.yaml").write_text(BASE.replace("phin_demo_sentiment", "mine"))
    checks = list(validate(folder, trusted=True))
    assert [(c.name, c.ok) for c in checks if c.task.endswith("bad.yaml:3")] == [("yaml", False)]
    assert {c.ok for c in checks if c.task == "mine"} == {True, None}


@pytest.mark.slow
def test_one_file(folder: Path):
    (folder / "other.yaml").write_text(BASE.replace("phin_demo_sentiment", "other"))
    (folder / "mine.yaml").write_text(BASE.replace("phin_demo_sentiment", "mine"))
    assert {check.task for check in validate(folder / "mine.yaml")} == {"mine"}


def test_bad_arguments(tmp_path: Path):
    with pytest.raises(BenchError, match="no such file or folder"):
        list(validate(tmp_path / "nowhere"))
    with pytest.raises(BenchError, match="holds no task"):
        list(validate(tmp_path))
    with pytest.raises(BenchError, match="did you mean 'phin_fpb'"):
        list(validate(None, ["phin_fbp"]))


def test_an_unknown_key_of_an_included_file_is_reported_with_its_place(folder: Path):
    shared = folder / "_labels_yaml"
    shared.write_text("gen_prefx: no\n" + shared.read_text())
    assert f"{shared}:1: unknown key 'gen_prefx' (did you mean 'gen_prefix'?)" in failures(folder, BASE)["keys"]


@pytest.mark.slow
def test_an_edited_prompt_is_found(folder: Path):
    (folder / "mine.yaml").write_text(BASE.replace("phin_demo_sentiment", "mine"))
    templates.write_lock(folder)
    assert "template" not in failures(folder, BASE)
    assert "under the same version" in failures(folder, BASE.replace("Is this", "Is it"))["template"]


PASSPORT = (manager.tasks_dir() / "passports" / "demo_sentiment.yaml").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "detail", "text"),
    [
        ("rows", "rows differ from what 'phingpt-bench tasks stamp", PASSPORT.replace("test: 132", "test: 131")),
        ("rows", "counts differ", PASSPORT.replace("positive: ", "positive: 1", 1)),
        ("fields", "unknown key 'licenze'", PASSPORT + "licenze: none\n"),
        ("fields", "its name is 'demo_sentimnt'", PASSPORT.replace("name: demo_sentiment", "name: demo_sentimnt")),
        ("fields", "YAML syntax", PASSPORT + "labels: [\n"),
    ],
)
def test_mistakes_of_passports_are_found(name: str, detail: str, text: str, tmp_path: Path):
    assert text != PASSPORT
    (tmp_path / "passports").mkdir()
    file = tmp_path / "passports" / "demo_sentiment.yaml"
    file.write_text(PASSPORT)
    rows, copies = validate(tmp_path)
    assert rows.ok and rows.detail == "train 462, validation 66, test 132"
    assert copies.ok and copies.name == "test rows"
    file.write_text(text)
    for checks in (validate(tmp_path), validate(file)):
        (check,) = checks
        assert (check.name, check.ok) == (name, False)
        assert detail in check.detail


def test_texts_with_several_labels_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "rows.csv").write_text(
        "text,label\n" + "".join(f"text number {n},a\n" for n in range(40)) + "text number 7,b\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["init", "task", "rows.csv", "--language", "en", "--contradictions", "keep"]) == 0
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(tmp_path / "my_tasks"))
    *_, answers = validate(tmp_path / "my_tasks" / "passports" / "rows.yaml")
    assert (answers.name, answers.ok) == ("answers", True)
    assert answers.detail == "1 text has several labels in one part: text number 7"


@pytest.mark.slow
def test_a_form_of_no_task_is_found(folder: Path):
    assert failures(folder, BASE.replace("metadata:\n", "metadata:\n  form_of: phin_demo_sentimen\n"))["form"] == (
        "metadata.form_of names no task: 'phin_demo_sentimen'"
    )


def test_copies_are_those_that_a_board_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Phrases that all parts share make no row a copy: what is rare is counted over all of them."""
    who = ("Banco Sol", "Iberia Tech", "Naturgas", "Grupo Peralta", "Inditec", "Endusa", "Ferrovia", "Repsal")
    how = ("sube", "crece", "mejora", "cae", "pierde", "recorta", "presenta", "publica", "celebra", "mantiene")
    what = ("ingresos", "ventas", "resultados", "junta", "dividendo", "exportaciones", "cartera")
    when = ("en el primer trimestre", "en 2024", "este lunes", "tras el verano", "en Chile")
    every = [" ".join(words) for words in itertools.product(who, how, what, when)]
    lines = [f"{text},l{n % 2}\n" for n, text in enumerate(["text", *random.Random(7).sample(every, 90)])]
    (tmp_path / "rows.csv").write_text("".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "task", "rows.csv", "--text", "text", "--label", "l0"]) == 0
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(tmp_path / "my_tasks"))
    passport = tmp_path / "my_tasks" / "passports" / "rows.yaml"
    splits = catalogue.read(catalogue.read_passport(passport))
    training = [*splits["train"], *splits["validation"]]
    n = len(Gate({"rows": splits}).search(training)["rows"])
    assert n < len(Gate({"rows": {"test": splits["test"]}}).search(training)["rows"])
    _, copies = validate(passport)
    assert f"0 are training rows, too, and {n} are changed copies" in copies.detail
