"""`phingpt-bench import`: results of other programs become records that say what they are, or are left out with why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.lmeval_folder import LABELS, STAMP, TASK, folder, samples, scores
from helpers.paths import ROOT
from helpers.tiny import save_tiny

from phingpt_bench.board.sections import build
from phingpt_bench.cli.main import main
from phingpt_bench.core.records import read_record
from phingpt_bench.data.demo import load_demo
from phingpt_bench.exchange.lmeval_import import model_of
from phingpt_bench.results.collect import collect


@pytest.fixture
def imported(tmp_path, capsys):
    """Runs `import` on a place: (exit code, standard output, standard error, the runs)."""

    def run(place: Path, *argv: str):
        code = main(["import", str(place), "--results", str(tmp_path / "records"), *argv])
        out, err = capsys.readouterr()
        return code, out, err, collect(tmp_path / "records") if (tmp_path / "records").is_dir() else []

    return run


def edited(place: Path, **changes) -> Path:
    """The results file of a folder with other values."""
    file = place / f"results_{STAMP}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    return file


def test_a_folder_becomes_a_record_that_says_what_is_not_known(tmp_path, imported):
    place = folder(tmp_path / "out" / "org__model", 0.8)
    code, out, err, (run,) = imported(tmp_path / "out")
    assert (code, err) == (0, "") and "1 imported, 0 left out" in out
    record, lines = run.record, samples(0.8)
    assert record.scores == scores(lines) and record.protocol.n == len(lines) and record.limit is None
    assert record.evaluation.seconds == {} and record.evaluation.usd is None and record.exposure is None
    assert (record.model.engine, record.model.engine_version, record.model.base) == (
        "lm-eval hf",
        "0.4.13",
        "org/model",
    )
    source = record.provenance.imported
    assert (source.source, source.file) == ("lm-eval", f"results_{STAMP}.json")
    assert record.created.startswith("2026-01-02T03:04:05")
    assert read_record(run.path) == record  # every value passes the checks of a record
    row = build([run]).sections[0].rows[0]
    assert row.usd_per_1000 is None and row.base_unknown
    assert any("imported from lm-eval 0.4.13" in note.text for note in row.notes)
    assert str(tmp_path) not in run.path.read_text() and place.name not in run.path.read_text()


@pytest.mark.slow
def test_models_tasks_and_dates_in_one_folder_stay_apart_and_a_second_import_changes_nothing(tmp_path, imported):
    folder(tmp_path / "out" / "a", 0.5)
    folder(tmp_path / "out" / "b", 0.9, seed=1, model_args={"pretrained": "org/model", "peft": "/x/my-adapter"})
    folder(
        tmp_path / "out" / "b",
        0.6,
        seed=2,
        stamp="2026-02-02T00-00-00.000000",
        model_args="pretrained=org/other,dtype=float32",
    )
    code, out, _, runs = imported(tmp_path / "out")
    assert code == 0 and "3 imported" in out and len(runs) == 3
    assert {(run.record.model.name, run.record.model.adapter) for run in runs} == {
        ("model", None), ("model", "my-adapter"), ("other", None),
    }  # fmt: skip
    before = {path: path.read_bytes() for path in (tmp_path / "records").rglob("*.json")}
    assert imported(tmp_path / "out")[0] == 0
    assert before == {path: path.read_bytes() for path in (tmp_path / "records").rglob("*.json")}
    tuned = next(row for row in build(runs).sections[0].rows if row.adapter)
    assert tuned.against_base.reason is None and tuned.against_base.value > 0.2  # base and adapter are paired


def test_one_task_is_chosen_by_name_and_a_tilde_is_the_home_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder(tmp_path / "out", 0.8)
    assert main(["import", str(tmp_path / "out"), "--task", TASK, "--results=~/r"]) == 0
    assert len(collect(tmp_path / "r")) == 1
    assert main(["import", str(tmp_path / "out"), "--task", "phin_demo_ner", "--results=~/s"]) == 2
    assert (
        "no results of lm-eval, Inspect or HELM for task 'phin_demo_ner'" in capsys.readouterr().err
        and not (tmp_path / "s").exists()
    )


def test_a_limited_run_is_limited(tmp_path, imported):
    folder(tmp_path / "out", 0.5, 30)
    code, out, _, (run,) = imported(tmp_path / "out")
    assert code == 0 and run.record.limit == 30 and "30 rows (limited)" in out


def test_what_differs_from_the_task_is_said(tmp_path, imported):
    place = folder(tmp_path / "out", 0.8)
    file = place / f"results_{STAMP}.json"
    content = json.loads(file.read_text())
    content["results"][TASK]["acc,none"] = 0.123
    content["configs"][TASK]["doc_to_text"] = "{{text}} = "
    edited(place, **{**content, "system_instruction": "Be brief."})
    code, out, _, _ = imported(place)
    assert code == 0
    assert "acc is 0.1230 in the results file, and its samples give 0." in out
    assert "asked with another prompt (version 1.1) than the task has here (version 1.1)" in out
    assert "asked with a system instruction" in out


def changed_line(place: Path, **changes) -> None:
    file = place / f"samples_{TASK}_{STAMP}.jsonl"
    first, *rest = file.read_text().splitlines()
    file.write_text("\n".join([json.dumps({**json.loads(first), **changes}), *rest]) + "\n")


ROW = load_demo("sentiment")["test"][0]


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda place: (place / f"samples_{TASK}_{STAMP}.jsonl").unlink(), "no samples beside the results"),
        (lambda place: changed_line(place, doc={**ROW, "id": "x"}), "this row is none of the task's"),
        (lambda place: changed_line(place, doc={**ROW, "text": "Other."}), "another text than that of row"),
        (lambda place: changed_line(place, doc={**ROW, "label": "none"}), "another label than that of row"),
        (lambda place: changed_line(place, doc=load_demo("sentiment")["test"][1]), "is there twice"),
        (lambda place: changed_line(place, filtered_resps=[["a", "False"]]), "a log-likelihood is not a number"),
        (lambda place: changed_line(place, filtered_resps=[]), "a sample without an answer"),
        (lambda place: changed_line(place, filtered_resps=[["1e300", "False"]] * 3), "a log-likelihood is above 0"),
        (lambda place: changed_line(place, filtered_resps=["positive"]), "its samples hold written answers"),
        (lambda place: changed_line(place, arguments={"a": 1}), "not of the kind that its program writes"),
        (lambda place: edited(place, versions=[1]), "not of the kind that its program writes"),
        (lambda place: edited(place, **{"n-samples": [1]}), "not of the kind that its program writes"),
        (lambda place: (place / f"samples_{TASK}_{STAMP}.jsonl").write_text("[" * 300_000), "RecursionError"),
        (lambda place: (place / f"samples_{TASK}_{STAMP}.jsonl").write_text("{"), ":1: not readable as JSON"),
        (lambda place: (place / f"samples_{TASK}_{STAMP}.jsonl").write_text("{}"), ":1: not a sample of lm-eval"),
        (lambda place: (place / f"results_{STAMP}.json").write_text("{"), "not readable as JSON"),
    ],
)
def test_what_does_not_fit_is_left_out_with_the_reason(tmp_path, imported, break_it, told):
    place = folder(tmp_path / "out", 0.8)
    break_it(place)
    code, out, err, runs = imported(place)
    assert code == 2 and not runs and "nothing could be imported" in err
    assert "left out: " in out and told in out


def test_other_tasks_and_other_files_are_left_out(tmp_path, imported):
    place = folder(tmp_path / "out", 0.8)
    content = json.loads((place / f"results_{STAMP}.json").read_text())
    content["results"]["hellaswag"], content["configs"]["hellaswag"] = {"acc,none": 0.3}, {"task": "hellaswag"}
    edited(place, **content)
    (place / "results.json").write_text(json.dumps({"model": "x", "results": {"phin_fpb": {"acc": 0.5}}}))
    (place / "settings.json").write_text("[1]")
    code, out, _, runs = imported(place)
    assert code == 0 and len(runs) == 1 and "1 imported, 2 left out" in out
    assert "hellaswag: not a task with a protocol here" in out and "scores without rows" in out
    code, _, err, _ = imported(tmp_path / "nothing")
    assert code == 2 and "no such folder" in err
    (tmp_path / "empty").mkdir()
    assert "no results of lm-eval, Inspect or HELM" in imported(tmp_path / "empty")[2]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"pretrained": "org/model"}, "org/model"),
        ({"pretrained": "/home/me/models/llama"}, "llama"),
        ({"pretrained": "./llama/"}, "llama"),
        ({"pretrained": "~/llama"}, "llama"),
        ({"pretrained": r"C:\models\llama"}, "llama"),
        ("pretrained=models/deep/llama,dtype=float32", "llama"),
        ({"model": "gpt-4o-mini"}, "gpt-4o-mini"),
    ],
)
def test_a_record_names_no_place_of_a_machine(arguments, shown):
    assert model_of({"model": "hf", "model_args": arguments}, None).base == shown


def test_what_the_model_arguments_say_of_the_weights():
    said = {"pretrained": "o/m", "load_in_4bit": True, "peft": "o/adapter", "revision": "abc"}
    model = model_of(
        {"model": "hf", "model_args": said, "model_dtype": "torch.bfloat16", "peft_sha": "f" * 8}, "0.4.13"
    )
    assert (model.kind, model.adapter, model.adapter_digest) == ("tuned", "adapter", "f" * 8)
    assert (model.quantisation, model.base_revision, model.compute_dtype) == ("4 bit", "abc", "bfloat16")


# ---- logs of other programs


def inspect_log(n: int, wrong: int = 0) -> dict:
    rows = load_demo("sentiment")["test"][:n]
    said = [LABELS[(LABELS.index(row["label"]) + (at < wrong)) % 3] for at, row in enumerate(rows)]
    return {
        "status": "success",
        "eval": {"model": "openai/gpt-4o", "created": "2026-03-01T00:00:00+00:00", "packages": {"inspect_ai": "0.3.1"}},
        "samples": [
            {"id": row["id"], "epoch": 1, "input": row["text"], "target": row["label"],
             "output": {"choices": [{"message": {"role": "assistant", "content": answer}}]}}
            for row, answer in zip(rows, said, strict=True)
        ],
    }  # fmt: skip


@pytest.mark.slow
def test_a_log_of_inspect_is_matched_with_the_written_task(tmp_path, imported):
    (tmp_path / "log.json").write_text(json.dumps(inspect_log(132, wrong=33)))
    code, out, _, (run,) = imported(tmp_path / "log.json", "--task", TASK)
    record = run.record
    assert code == 0 and record.task == TASK + "_gen" and record.protocol.extraction == "generation"
    assert record.scores["acc"] == pytest.approx(0.75) and record.limit is None
    assert (record.model.base, record.model.engine, record.model.engine_version) == (
        "openai/gpt-4o",
        "inspect",
        "0.3.1",
    )
    assert "asked with the program's own prompts" in out
    code, out, _, _ = imported(tmp_path / "log.json")
    assert code == 2 and "does not say which task of ours its rows belong to (--task NAME" in out
    assert "unknown task" in imported(tmp_path / "log.json", "--task", "phin_nothing")[2]


def test_a_part_of_the_rows_counts_as_limited(tmp_path, imported):
    (tmp_path / "log.json").write_text(json.dumps(inspect_log(20)))
    code, out, _, (run,) = imported(tmp_path / "log.json", "--task", TASK)
    assert code == 0 and run.record.limit == 20 and "the log has no answer to 112 rows of the task" in out


def test_a_scenario_state_of_helm(tmp_path, imported):
    rows = load_demo("sentiment")["test"]
    states = [
        {"instance": {"id": f"id{at}", "input": {"text": row["text"]}, "references": []}, "train_trial_index": 0,
         "request_mode": "original", "result": {"success": True, "completions": [{"text": f" {row['label']}"}]}}
        for at, row in enumerate(rows)
    ]  # fmt: skip
    spec = {"method": "generation", "model_deployment": "together/llama", "max_train_instances": 5}
    (tmp_path / "scenario_state.json").write_text(json.dumps({"adapter_spec": spec, "request_states": states}))
    code, _, _, (run,) = imported(tmp_path, "--task", TASK)
    assert code == 0 and run.record.scores["acc"] == 1
    assert (run.record.model.base, run.record.model.engine, run.record.protocol.shots) == ("together/llama", "helm", 5)


def helm_log(**changes) -> dict:
    """A scenario state with two rows of the task, with other values in each."""
    states = [
        {"instance": {"id": row["id"], "input": {"text": row["text"]}, "references": []},
         "result": {"completions": [{"text": row["label"]}]}, **changes}
        for row in load_demo("sentiment")["test"][:2]
    ]  # fmt: skip
    return {"adapter_spec": {"model": "m"}, "request_states": states}


def inspect_head(**changes) -> dict:
    log = inspect_log(2)
    return {**log, "eval": {**log["eval"], **changes}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("log", "told"),
    [
        (helm_log(result=[1]), "not of the kind that its program writes"),
        (helm_log(result={"completions": {"a": 1}}), "not of the kind that its program writes"),
        (helm_log(instance={"references": 5}), "not of the kind that its program writes"),
        ({**helm_log(), "adapter_spec": {"max_train_instances": 10**30}}, "protocol.shots"),
        ({**helm_log(), "adapter_spec": {"max_train_instances": True}}, "protocol.shots"),
        (inspect_head(created="yesterday"), "is not a time in ISO 8601"),
        (inspect_head(created="9999-01-01T00:00:00+00:00"), "is in the future"),
        (inspect_head(packages={"inspect_ai": {"a": 1}}), "engine_version"),
    ],
)
def test_a_log_that_makes_no_readable_record_leaves_none(tmp_path, capsys, log, told):
    (tmp_path / "log.json").write_text(json.dumps(log))
    assert main(["import", str(tmp_path / "log.json"), "--task", TASK, "--results", str(tmp_path / "records")]) == 2
    out, err = capsys.readouterr()
    assert told in out and "log.json" in out and "nothing could be imported" in err
    assert not list((tmp_path / "records").rglob("*.json*"))


def test_a_name_in_a_log_moves_no_terminal(tmp_path, imported):
    (tmp_path / "log.json").write_text(json.dumps(inspect_head(model="a/\x1b]0;x\x07\u202eb")))
    code, out, _, (run,) = imported(tmp_path / "log.json", "--task", TASK)
    assert code == 0 and not set("\x1b\x07\u202e") & set(out) and run.record.model.kind == "base"


# ---- the real thing


@pytest.mark.slow
def test_what_plain_lm_eval_writes_is_what_evaluate_records(tmp_path, imported):
    """Base under the class `hf` in float32: the same prompts, rows, answers and scores as `evaluate` has."""
    save_tiny(tmp_path / "tiny")
    tasks = ["phin_demo_sentiment", "phin_demo_ner"]
    subprocess.run(
        [sys.executable, "-m", "lm_eval", "run", "--model", "hf", "--device", "cpu", "--limit", "6",
         "--model_args", f"pretrained={tmp_path / 'tiny'},dtype=float32", "--include_path", str(ROOT / "tasks"),
         "--tasks", ",".join(tasks), "--log_samples", "--output_path", str(tmp_path / "out")],
        check=True, capture_output=True,
    )  # fmt: skip
    code, out, _, runs = imported(tmp_path / "out")
    assert code == 0 and len(runs) == 2, out
    suite = tmp_path / "own.yaml"
    suite.write_text(
        f"name: own\ntasks: [{', '.join(tasks)}]\nlimit: 6\nfloors: false\nresults: {tmp_path / 'own'}\n"
        f"bases: [{{model: {tmp_path / 'tiny'}, quantisation: none, compute_dtype: float32, device: cpu}}]\n"
    )
    assert main(["run", str(suite), "--quiet"]) == 0
    mine = {run.record.task: run for run in collect(tmp_path / "own")}
    for run in runs:
        ours = mine[run.record.task]
        assert run.record.protocol == ours.record.protocol
        assert run.record.scores == pytest.approx(ours.record.scores, abs=1e-5)
        assert run.outcomes.pred == ours.outcomes.pred and run.outcomes.ids == ours.outcomes.ids
