"""Logs of other programs are files of answers: their ids, texts and gold with what the model gave."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.rescore.logs import inspect_ai, opencompass
from phingpt_bench.rescore.table import read_table

LABELS = ("--labels", "negative,neutral,positive")
SAID = ["\npositive", "Sales rose.\nPositive", "neutral", "\n\nNegative."]
RIGHT = ["positive", "positive", "neutral", "negative"]


def write(file: Path, content: Any) -> Path:
    """A list as lines where the name says so, else as one JSON value."""
    text = (
        "".join(json.dumps(row) + "\n" for row in content) if file.suffix == ".jsonl" else json.dumps(content, indent=1)
    )
    file.write_text(text, encoding="utf-8")
    return file


def score(capsys: pytest.CaptureFixture[str], file: Path, *options: str) -> dict[str, Any]:
    code = main(["rescore", str(file), *(options or LABELS), "--format", "json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


def accuracy(report: dict[str, Any]) -> float:
    return report["scorers"][0]["scores"]["acc"]["score"]


# ---- HELM


def instance(at: int, text: str | None = None) -> dict[str, Any]:
    return {
        "id": f"id{at}",
        "input": {"text": text or f"t{at}"},
        "split": "test",
        "references": [
            {"output": {"text": label}, "tags": ["correct"] if label == RIGHT[at] else []}
            for label in ("negative", "neutral", "positive")
        ],
    }


def scenario(**more: Any) -> dict[str, Any]:
    states = [
        {
            "instance": instance(at),
            "train_trial_index": 0,
            "request": {"prompt": "x"},
            "request_mode": "original",
            "result": {"success": True, "completions": [{"text": said, "logprob": -1.0, "tokens": []}]},
            **more,
        }
        for at, said in enumerate(SAID)
    ]
    return {"adapter_spec": {"method": "generation"}, "request_states": states}


def test_a_scenario_state_of_helm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = score(capsys, write(tmp_path / "scenario_state.json", scenario()))
    assert accuracy(report) == 1 and "scenario_state.json of HELM" in report["notes"][0]
    table = read_table(tmp_path / "scenario_state.json")
    assert table.columns["id"] == ["id0", "id1", "id2", "id3"] and table.columns["text"][0] == "t0"


def test_helms_letters_mean_their_choices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = scenario(output_mapping={"A": "negative", "B": "neutral", "C": "positive"})
    for request, letter in zip(state["request_states"], [" C", " C", "B", "A"], strict=True):
        request["result"]["completions"][0]["text"] = letter
    assert accuracy(score(capsys, write(tmp_path / "scenario_state.json", state))) == 1


def test_perturbed_texts_and_further_trials_of_helm_are_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = scenario()
    wrong = json.loads(json.dumps(state["request_states"][0]))
    wrong["result"]["completions"][0]["text"] = "negative"
    perturbed = {**wrong, "instance": {**wrong["instance"], "perturbation": {"name": "typos"}}}
    state["request_states"] += [{**wrong, "train_trial_index": 1}, perturbed]
    report = score(capsys, write(tmp_path / "scenario_state.json", state))
    assert accuracy(report) == 1 and "2 of perturbed texts or further trials left out" in report["notes"][0]


def test_display_predictions_of_helm_with_the_instances_beside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"instance_id": f"id{at}", "train_trial_index": 0, "predicted_text": said, "stats": {"exact_match": 0.0}}
        for at, said in enumerate(SAID)
    ]
    file = write(tmp_path / "display_predictions.json", rows)
    with pytest.raises(AssertionError, match="no column looks like a column of gold answers"):
        score(capsys, file)
    write(tmp_path / "instances.json", [instance(at) for at in range(4)])
    report = score(capsys, file)
    assert accuracy(report) == 1 and "texts and references from instances.json" in report["notes"][0]


def test_helm_answers_are_matched_with_a_task_by_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs = catalogue.load("demo_sentiment")["test"]
    states = [
        {
            "instance": {"id": f"id{at}", "input": {"text": doc["text"]}, "references": []},
            "train_trial_index": 0,
            "result": {"completions": [{"text": doc["label"]}]},
        }
        for at, doc in enumerate(docs)
    ]
    file = write(tmp_path / "scenario_state.json", {"request_states": states})
    report = score(capsys, file, "--task", "phin_demo_sentiment")
    assert accuracy(report) == 1 and report["rows"]["matched_by"] == "text" and report["rows"]["all_rows_of_task"]


# ---- Inspect


def sample(at: int, said: Any, epoch: int = 1, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": said, "source": "generate"}
    return {
        "id": at,
        "epoch": epoch,
        "input": f"t{at}",
        "target": RIGHT[at % 4],
        "output": {"model": "m", "choices": [{"message": message, "stop_reason": "stop"}], "completion": "?"},
        "scores": {"match": {"value": "C"}},
        "metadata": {"topic": "steel"},
        **more,
    }


def log(samples: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": 2, "status": "success", "eval": {"task": "x"}, "samples": samples}


def archived(file: Path, samples: list[dict[str, Any]], *, zstandard: bool = False) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps({"version": 2, "status": "success"}))
        archive.writestr("_journal/start.json", "{}")
        for one in samples:
            archive.writestr(f"samples/{one['id']}_epoch_{one['epoch']}.json", json.dumps(one))
    if zstandard:
        file.write_bytes(repacked(file.read_bytes()))
    return file


def repacked(data: bytes) -> bytes:
    """The same archive with its members compressed as newer logs are, which Python's zipfile cannot write."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        sizes = {}
        for entry in old.infolist():
            content = old.read(entry)
            buffer = pa.BufferOutputStream()
            with pa.CompressedOutputStream(buffer, "zstd") as stream:
                stream.write(content)
            packed = buffer.getvalue().to_pybytes()
            new.writestr(entry.filename, packed)
            sizes[entry.filename] = len(content)
        for entry in new.infolist():  # the directory at the end says how members are to be read
            entry.compress_type = 93
            entry.file_size = sizes[entry.filename]
    return out.getvalue()


SHAPES = {
    "text": SAID,
    "parts": [[{"type": "reasoning", "reasoning": "negative"}, {"type": "text", "text": said}] for said in SAID],
}


@pytest.mark.parametrize("said", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("form", ["json", "eval", "zstandard"])
def test_logs_of_inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str], said: list[Any], form: str) -> None:
    samples = [sample(at, one) for at, one in enumerate(said)]
    if form == "json":
        file = write(tmp_path / "log.json", log(samples))
    else:
        file = archived(tmp_path / "log.eval", samples, zstandard=form == "zstandard")
    report = score(capsys, file)
    assert accuracy(report) == 1 and report["rows"]["scored"] == 4
    assert "Log of Inspect" in report["notes"][0] and report["columns"]["gold"]["name"] == "target"


def test_inputs_that_are_chats_and_long_texts_that_are_stored_elsewhere(tmp_path: Path) -> None:
    chat = [{"role": "system", "content": "Classify."}, {"role": "user", "content": "attachment://abc"}]
    one = sample(
        0, "attachment://def", input=chat, attachments={"abc": "the text", "def": "positive"}, target=["positive"]
    )
    table = read_table(archived(tmp_path / "log.eval", [one, sample(1, "neutral")]))
    assert table.columns["text"] == ["the text", "t1"] and table.columns["answer"] == ["positive", "neutral"]
    assert table.columns["target"] == ["positive", "positive"] and table.columns["topic"] == ["steel", "steel"]


def test_epochs_of_inspect_are_several_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = [sample(at, said, epoch) for at in range(4) for epoch, said in ((1, "x"), (2, RIGHT[at]), (3, RIGHT[at]))]
    file = archived(tmp_path / "log.eval", samples)
    assert accuracy(score(capsys, file)) == 0
    assert accuracy(score(capsys, file, *LABELS, "--repeats", "majority")) == 1


def test_damaged_logs_of_inspect_are_refused(tmp_path: Path) -> None:
    file = archived(tmp_path / "log.eval", [sample(0, "x")])
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(BenchError, match=r"not readable as an \.eval log") as error:
        read_table(file)
    assert "inspect log convert" in (error.value.hint or "")
    with pytest.raises(BenchError, match="holds no samples"):
        read_table(archived(tmp_path / "empty.eval", []))


def test_an_archive_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = archived(tmp_path / "log.eval", [sample(0, "x")])
    monkeypatch.setattr(inspect_ai, "MOST", 100)
    with pytest.raises(BenchError, match="at most 100 are read"):
        read_table(file)


@pytest.mark.parametrize("damage", ["password", "compressed"])
def test_an_archive_that_cannot_be_unpacked_is_refused(damage: str, tmp_path: Path) -> None:
    file = tmp_path / "log.eval"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/0_epoch_1.json", json.dumps(sample(0, "positive")))
    data = bytearray(file.read_bytes())
    if damage == "password":
        for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            for at in range(len(data)):
                if data[at : at + 4] == mark:
                    data[at + flags] |= 1
    else:
        at = data.find(b".json") + len(".json")
        data[at : at + 20] = bytes(range(200, 220))
    file.write_bytes(data)
    with pytest.raises(BenchError, match=r"not readable as an \.eval log"):
        read_table(file)


@pytest.mark.parametrize("key", ["\u00b2", "9" * 5000])
def test_a_number_that_is_none_is_no_row_of_opencompass(key: str, tmp_path: Path) -> None:
    row = {"origin_prompt": "x", "prediction": "positive", "gold": "positive"}
    assert opencompass.of_object({key: row, "1": row}) is None
    assert len(opencompass.of_object({"0": row, "1": row})[0]) == 2


def test_a_workbook_is_no_log(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "answers.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(BenchError, match="is a workbook of Excel") as error:
        read_table(tmp_path / "answers.xlsx")
    assert "CSV UTF-8" in (error.value.hint or "")


# ---- OpenCompass, batches


def test_predictions_of_opencompass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {
        str(at): {"origin_prompt": [{"role": "HUMAN", "prompt": "x"}], "prediction": said, "gold": right}
        for at, (said, right) in enumerate(zip(SAID, RIGHT, strict=True))
    }
    assert accuracy(score(capsys, write(tmp_path / "fpb.json", rows))) == 1
    lines = [{"idx": key, **row} for key, row in rows.items()]
    report = score(capsys, write(tmp_path / "fpb.jsonl", lines))
    assert accuracy(report) == 1 and "OpenCompass" in report["notes"][0]


def openai(at: int, said: str) -> dict[str, Any]:
    body = {
        "id": "x",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": said}}],
    }
    return {
        "id": f"batch_req_{at}",
        "custom_id": f"row-{at}",
        "response": {"status_code": 200, "body": body},
        "error": None,
    }


def responses(at: int, said: str) -> dict[str, Any]:
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "message", "content": [{"type": "output_text", "text": said}]},
    ]
    return {
        "custom_id": f"row-{at}",
        "response": {"status_code": 200, "body": {"object": "response", "output": output}},
    }


def anthropic(at: int, said: str) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "negative"}, {"type": "text", "text": said}],
    }
    return {"custom_id": f"row-{at}", "result": {"type": "succeeded", "message": message}}


@pytest.mark.parametrize("make", [openai, responses, anthropic])
def test_output_of_batches(tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Any) -> None:
    docs = catalogue.load("demo_sentiment")["test"]
    rows = [{**make(at, doc["label"]), "custom_id": doc["id"]} for at, doc in enumerate(docs)]
    report = score(capsys, write(tmp_path / "out.jsonl", rows[::-1]), "--task", "phin_demo_sentiment")
    assert accuracy(report) == 1 and report["rows"]["matched_by"] == "id"


def test_requests_that_failed_have_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs = catalogue.load("demo_sentiment")["test"]
    rows = [{**openai(at, doc["label"]), "custom_id": doc["id"]} for at, doc in enumerate(docs)]
    rows[0] |= {"response": {"status_code": 429, "body": {"error": {"message": "positive"}}}}
    rows[1] |= {"response": None, "error": {"code": "expired"}}
    rows[2] = {"custom_id": docs[2]["id"], "result": {"type": "errored", "error": {"message": "positive"}}}
    report = score(capsys, write(tmp_path / "out.jsonl", rows), "--task", "phin_demo_sentiment")
    assert accuracy(report) == pytest.approx((len(docs) - 3) / len(docs))
    assert "3 requests failed: no answer." in report["notes"][0] and report["details"]["reasons"] == {"empty": 3}


def test_an_ordinary_list_is_no_log(tmp_path: Path) -> None:
    for rows in ([{"samples": [1]}], [{"custom_id": "x", "answer": "y"}], [{"instance_id": 1, "answer": "y"}]):
        assert read_table(write(tmp_path / "a.jsonl", rows)).note == ""
