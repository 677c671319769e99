"""`phingpt-bench export`: a model card's metadata, lm-eval's files (which come back as they went), CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml
from helpers.board_factory import example_runs, labels, make_run, seen, write_run
from helpers.lmeval_folder import TASK, folder
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results

from phingpt_bench.cli.main import main
from phingpt_bench.results.collect import collect


@pytest.fixture
def exported(tmp_path, capsys, monkeypatch):
    """Runs `export` on runs: (exit code, standard output, standard error)."""
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))

    def run(runs, *argv: str):
        for at, one in enumerate(runs):
            write_run(tmp_path / "results" / str(at), one)
        code = main(["export", str(tmp_path / "results"), *argv])
        return code, *capsys.readouterr()

    return run


@pytest.mark.slow
def test_a_model_card_has_metadata_that_the_hub_reads_and_an_honest_table(exported, tmp_path):
    card = tmp_path / "README.md"
    code, _, err = exported(example_runs(), "--to", "hf-model-index", "--model", "adapter-one", "--output", str(card))
    assert code == 0, err
    read = ModelCard.load(card)
    (entry,) = read.data.eval_results
    assert read.data.model_name == "adapter-one" and entry.metric_type == "f1"
    assert entry.metric_value == pytest.approx(0.85, abs=0.05)
    assert entry.dataset_args["rows"] == 300
    text = card.read_text()
    assert "| phin\\_made\\_up\\_sentiment | 300 | F1 weighted | 0-shot | 0.4" in text
    assert "p=0.00" in text or "p\\<0.001" in text
    assert "20" not in text.split("Evaluation")[1].split("\n")[3]  # the limited run is no result


def test_every_task_and_prompt_has_an_entry_of_its_own(exported):
    runs = []
    for task in ("phin_a", "phin_a_gen"):
        for shots in (0, 5):
            same = {"task": task, "protocol": "made-up/v1", "shots": shots}
            runs += [make_run(outcomes=labels(0.5, seed=1), **same)]
            runs += [make_run(kind="tuned", adapter="mine", outcomes=labels(0.8, seed=2), **same, exposure=seen())]
    code, out, _ = exported(runs, "--to", "hf-model-index")
    index = yaml.safe_load(out.split("---")[1])["model-index"]
    assert code == 0 and len(index[0]["results"]) == 4
    assert len(model_index_to_eval_results(index)[1]) == 4


def test_what_is_no_fair_score_is_in_the_table_alone(exported):
    ids = labels(0.9).ids[:100]
    runs = [
        make_run(),
        make_run(kind="tuned", adapter="mine", outcomes=labels(0.9, seed=2), exposure=seen("exact", ids)),
    ]
    code, out, _ = exported(runs, "--to", "hf-model-index")
    assert code == 0 and yaml.safe_load(out.split("---")[1])["model-index"][0]["results"] == []
    assert "100 of 300 test rows have a copy in its training, which is too many for a fair score: phin" in out
    assert "What the base was trained on is not known" in out


@pytest.mark.slow
def test_names_are_asked_for_where_they_are_needed(exported):
    code, _, err = exported(example_runs(), "--to", "hf-model-index")
    assert code == 2 and "adapters have whole runs here" in err and "adapter-two" in err
    code, _, err = exported(example_runs(), "--to", "hf-model-index", "--model", "adapter-onne")
    assert code == 2 and "did you mean 'adapter-one'" in err
    code, _, err = exported(example_runs(), "--to", "lm-eval")
    assert code == 2 and "--output FOLDER" in err
    code, _, err = exported(example_runs(), "--to", "lm-eval", "--output", "x", "--model", "nothing")
    assert code == 2 and "unknown model 'nothing'" in err


def test_limited_runs_make_no_model_card_and_the_error_says_why(exported):
    short = make_run(kind="tuned", adapter="short", outcomes=labels(0.8), limit=300)
    for argv in (["--model", "short"], []):
        code, _, err = exported([short], "--to", "hf-model-index", *argv)
        assert code == 2 and "all runs here have --limit" in err and "without --limit" in err
    whole = make_run(kind="tuned", adapter="whole", outcomes=labels(0.8))
    code, _, err = exported([short, whole], "--to", "hf-model-index", "--model", "short")
    assert code == 2 and "the runs of 'short' have --limit" in err


def test_what_evaluate_writes_is_found_without_naming_it(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "results" / "local" / "a", make_run(kind="tuned", adapter="mine", outcomes=labels(0.8)))
    assert main(["export", "--to", "hf-model-index", "--model", "mine"]) == 0
    assert "model-index" in capsys.readouterr().out


def test_csv_is_that_of_the_board(exported):
    code, out, _ = exported(example_runs(), "--to", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0 and {row["adapter"] for row in rows} >= {"adapter-one", "adapter-two", "adapter-three"}


@pytest.mark.slow
def test_what_goes_out_for_lm_eval_comes_back_as_it_went(tmp_path, capsys):
    """lm-eval's files -> records -> lm-eval's files -> records: the same protocol, outcomes and scores."""
    folder(tmp_path / "a", 0.7, 40)
    folder(tmp_path / "b", 0.9, 40, model_args={"pretrained": "org/model", "peft": "mine"})
    assert main(["import", str(tmp_path), "--results", str(tmp_path / "one")]) == 0
    assert main(["export", str(tmp_path / "one"), "--to", "lm-eval", "--output", str(tmp_path / "out")]) == 0
    files = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.json*"))
    assert len(files) == 4 and {path.parts[0] for path in files} == {"org__model", "org__model__mine"}
    content = json.loads((tmp_path / "out" / next(path for path in files if path.suffix == ".json")).read_text())
    assert content["results"][TASK]["acc_stderr,none"] > 0
    capsys.readouterr()
    assert main(["import", str(tmp_path / "out"), "--results", str(tmp_path / "two")]) == 0
    assert "another prompt" not in capsys.readouterr().out
    first, second = (sorted(collect(tmp_path / name), key=lambda run: run.kind) for name in ("one", "two"))
    for before, after in zip(first, second, strict=True):
        assert after.record.protocol == before.record.protocol and after.outcomes == before.outcomes
        assert (after.record.scores, after.record.limit) == (before.record.scores, 40)
        assert after.record.model.adapter == before.record.model.adapter


@pytest.mark.slow
def test_another_prompt_comes_back_as_another_prompt(tmp_path: Path) -> None:
    """lm-eval's files have no place for it: without it the run would count as one with the task's own prompt."""
    folder(tmp_path / "a", 0.7, 40, model_args={"pretrained": "org/model", "peft": "mine"})
    assert main(["import", str(tmp_path), "--results", str(tmp_path / "one")]) == 0
    (path,) = (tmp_path / "one").rglob("run.json")
    record = json.loads(path.read_text())
    prompt = {"name": "mine", "digest": "a" * 16, "system": True, "answers": {"positive": "glad"}}
    record["protocol"].update(prompt=prompt, block=2, thinking="off", thinking_end="</t>")
    record["model"].update(trained_elsewhere=True)
    path.write_text(json.dumps(record))
    assert main(["export", str(tmp_path / "one"), "--to", "lm-eval", "--output", str(tmp_path / "out")]) == 0
    assert main(["import", str(tmp_path / "out"), "--results", str(tmp_path / "two")]) == 0
    (before,), (after,) = collect(tmp_path / "one"), collect(tmp_path / "two")
    assert after.record.protocol == before.record.protocol and after.record.protocol.variant.endswith("prompt mine")
    assert after.record.model.trained_elsewhere
    (file,) = (tmp_path / "out").rglob("results_*.json")
    content = json.loads(file.read_text())
    content["phingpt_bench"]["asked"]["block"] = -1
    file.write_text(json.dumps(content))
    assert main(["import", str(tmp_path / "out"), "--results", str(tmp_path / "three")]) == 2


def test_runs_without_samples_have_scores_alone_and_floors_are_none_of_lm_evals(exported, tmp_path: Path):
    code, _, err = exported(example_runs(), "--to", "lm-eval", "--output", str(tmp_path / "out"))
    models = [run for run in collect(tmp_path / "results") if run.kind in ("base", "tuned")]
    assert code == 0 and f"wrote {len(models)} results and 0 samples files" in err
    assert len(list((tmp_path / "out").rglob("results_*.json"))) == len(models)
