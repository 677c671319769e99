"""`import phingpt_bench as pb`: quick, typed, and the same values as the command line, in notebooks too."""

from __future__ import annotations

import dataclasses
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.board_factory import example_runs, write_run
from helpers.comparison_factory import pairs
from helpers.paths import ROOT

import phingpt_bench as pb
from phingpt_bench import api
from phingpt_bench.board.cost_values import Against, Payback
from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.cli.main import main
from phingpt_bench.core.describe import field_texts
from phingpt_bench.core.ledgers import Ledger, Price, TokenPrice
from phingpt_bench.core.protocol import Protocol
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.data.demo import load_demo
from phingpt_bench.render.board.board_export import to_csv
from phingpt_bench.rescore.values import Report, Scored, Value
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparison.row_values import Class
from phingpt_bench.results.comparison.values import Comparison, Side
from phingpt_bench.results.difference import Difference
from phingpt_bench.stats.interval import Interval
from phingpt_bench.text.numbers import rounded

HEAVY = ("torch", "transformers", "lm_eval", "datasets", "sklearn", "pandas")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for at, made in enumerate([*example_runs(), *pairs()]):
        write_run(tmp_path / "results" / str(at), made)
    return tmp_path / "results"


def in_a_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_import_is_lazy_and_offers_the_api() -> None:
    code = "import sys, phingpt_bench as pb\nprint(sorted(m for m in sys.modules if m.startswith('phingpt_bench')))"
    assert in_a_process(code) == "['phingpt_bench']"
    assert pb.__all__ == api.__all__ and set(pb.__all__) <= set(dir(pb))
    for name in pb.__all__:
        value = getattr(pb, name)
        assert value is getattr(api, name)
        assert inspect.getdoc(value), name
    with pytest.raises(AttributeError, match="has no attribute 'leaderboards'"):
        pb.leaderboards  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.slow
def test_looking_at_results_loads_no_model_package(results: Path) -> None:
    code = (
        f"import sys, phingpt_bench as pb\npb.tasks()\nb = pb.board({str(results)!r})\nstr(b), b.to_html()\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert in_a_process(code) == "[]"


@pytest.mark.parametrize(
    "cls",
    [
        pb.TaskInfo, Run, RunRecord, Model, Protocol, Ledger, Price, TokenPrice, Board, Section, Row, Payback, Against,
        Difference, Interval, Comparison, Side, Class, Report, Scored, Value,
    ],
    ids=lambda cls: cls.__name__,
)  # fmt: skip
def test_every_field_that_the_api_returns_is_described(cls: type) -> None:
    texts = field_texts(cls)
    assert [field.name for field in dataclasses.fields(cls) if len(texts.get(field.name, "")) < 6] == []


@pytest.mark.slow
def test_functions_keep_their_names_when_their_rooms_are_imported() -> None:
    code = (
        "import phingpt_bench as pb\nimport phingpt_bench.board.rows\nfrom phingpt_bench.train import recipe\n"
        "from phingpt_bench.evaluate.suite import Suite\nimport phingpt_bench.results.collect\n"
        "print(pb.board.__module__, pb.train.__module__, pb.evaluate.__module__, pb.results.collect.__name__)"
    )
    work = "phingpt_bench.api.work"
    assert in_a_process(code) == f"phingpt_bench.api.boards {work} {work} phingpt_bench.results.collect"


def test_tasks() -> None:
    tasks = pb.tasks()
    task = tasks["phin_fpb"]
    assert (task.protocol, task.kind, task.rows) == ("fpb/fingpt-25-seed42/v1", "labels", 1212)
    assert (task.labels, task.metric) == (("negative", "neutral", "positive"), "f1_weighted")
    assert (tasks["phin_fpb_gen"].form_of, tasks["phin_fpb_gen"].extraction) == ("phin_fpb", "generation")
    assert {one.kind for one in pb.tasks(kind="spans")} == {"spans"}
    assert all("es" in (one.language or "") for one in pb.tasks(language="es")) and pb.tasks(language="es")
    entities = str(pb.tasks(kind="spans"))
    assert "phin_fin_tner" in entities and "phin_tfns" not in entities and "(0)" not in entities
    assert tasks.to_frame().loc[lambda frame: frame["name"] == "phin_fpb", "rows"].tolist() == [1212]
    with pytest.raises(pb.BenchError, match="unknown task 'phin_fbp'"):
        tasks["phin_fbp"]


def test_results_are_typed_records(results: Path) -> None:
    runs = pb.load_results(results)
    assert len(runs) + sum(run.older for run in runs) == len(list(results.rglob("run.json"))) > 9
    assert repr(runs) == f"<Results: {len(runs)}>"
    assert [run.record for run in runs] == runs.runs
    frame = runs.to_frame()
    for run, (_, row) in zip(runs, frame.iterrows(), strict=True):
        record = run.record
        assert (row["task"], row["model"], row["n"]) == (record.task, record.model.name, record.protocol.n)
        assert row["score"] == record.scores[record.protocol.metric] == row[f"metric_{record.protocol.metric}"]
    assert "| task |" in runs.to_markdown() and str(runs).count("\n") >= len(runs)
    (results / "0" / "none").mkdir()
    with pytest.raises(pb.BenchError, match=r"no run\.json"):
        pb.load_results(results / "0" / "none")


@pytest.mark.slow
def test_the_board_is_that_of_the_command_line(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = pb.board(pb.load_results(results))
    assert main(["leaderboard", str(results), "--format", "json"]) == 0
    theirs = json.loads(capsys.readouterr().out)
    ours = [(section.task, row.name, row.rank, rounded(row.score)) for section in board for row in section.rows]
    assert ours == [
        (section["task"], row["name"], row["rank"], row["score"])
        for section in (*theirs["sections"], *theirs["limited"])
        for row in section["rows"]
    ]
    assert len(board.rows) == len(ours)
    assert main(["leaderboard", str(results)]) == 0
    assert board.to_text() == capsys.readouterr().out
    assert len(board.to_frame()) == len(to_csv(board.board).splitlines()) - 1


@pytest.mark.slow
def test_a_board_takes_tasks_filters_and_a_folder(results: Path) -> None:
    whole = pb.board(results)
    name = whole[0].task
    one = pb.board(results, tasks=name, kinds=["tuned"], published=False)
    assert [section.task for section in one] == [name] and {row.kind for row in one.rows} == {"tuned"}
    kept = {row.run_id: row.rank for row in whole[name].rows}
    assert all(kept[row.run_id] == row.rank for row in one.rows)
    with pytest.raises(pb.BenchError, match="unknown task"):
        pb.board(results, tasks=["phin_nothing"])


@pytest.mark.slow
def test_a_notebook_gets_html_and_markdown(results: Path) -> None:
    board = pb.board(results)
    html, markdown = board._repr_html_(), board._repr_markdown_()
    assert html.startswith('<div class="phingpt-bench">') and html.count("<table>") == markdown.count("\n| ---")
    for row in board.rows:
        assert row.name in html
    assert "<script" not in html and "<style" not in html


def test_html_holds_no_markup_of_names(tmp_path: Path) -> None:
    run = example_runs()[0]
    write_run(tmp_path / "a", run)
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    record["model"]["name"] = "<img src=x onerror=alert(1)> [a](javascript:alert(1)) **b**"
    (tmp_path / "a" / "run.json").write_text(json.dumps(record))
    for value in (pb.load_results(tmp_path), pb.board(tmp_path)):
        html = value.to_html()
        assert "&lt;img" in html and "<img" not in html and "<a " not in html and "<strong>b" not in html


@pytest.mark.slow
def test_compare_is_that_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for at, made in enumerate(pairs()):
        write_run(tmp_path / str(at), made)
    runs = pb.load_results(tmp_path)
    adapter = next(run.record.model.adapter for run in runs if run.record.model.adapter)
    found = pb.compare("base", adapter, results=runs)
    assert main(["compare", "base", adapter, "--results", str(tmp_path), "--format", "json"]) == 0
    theirs = json.loads(capsys.readouterr().out)["comparisons"]
    assert len(found) == len(theirs) == 4
    assert [(one.task, one.test.value, one.test.p_holm, one.fates) for one in found] == [
        (one["task"], one["test"]["value"], one["test"]["p_holm"], one["fates"]) for one in theirs
    ]
    assert found.to_frame()["difference"].tolist() == [one.test.value for one in found]
    assert main(["compare", "base", adapter, "--results", str(tmp_path)]) == 0
    assert found.to_text() == capsys.readouterr().out
    task = found[0].task
    one = pb.compare("base", adapter, task=task, results=tmp_path)
    assert [(each.task, each.test) for each in one] == [(task, found[task].test)]
    assert "Rows" in str(one) and "<table>" in one._repr_html_()
    with pytest.raises(pb.BenchError, match="unknown task 'phin_x'"):
        pb.compare("base", adapter, task="phin_x", results=runs)


def test_scores_of_answers_in_memory_and_in_a_file(tmp_path: Path) -> None:
    rows = load_demo("sentiment")["test"]
    wrong = {row["id"]: "neutral" if at % 4 == 0 else row["label"] for at, row in enumerate(rows)}
    by_id = pb.score(wrong, task="phin_demo_sentiment")
    assert by_id["acc"].score == sum(wrong[row["id"]] == row["label"] for row in rows) / len(rows)
    assert by_id["acc"].interval is not None
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(json.dumps({"id": key, "answer": value}) for key, value in wrong.items()))
    gold = [row["label"] for row in rows]
    labels = ["negative", "neutral", "positive"]
    pandas = pytest.importorskip("pandas")
    for other in (
        pb.score(file, task="phin_demo_sentiment"),
        pb.score(str(file), task="demo_sentiment"),
        pb.score([{"id": key, "answer": value} for key, value in wrong.items()], task="phin_demo_sentiment"),
        pb.score(list(wrong.values()), gold=gold, labels=labels),
        pb.score(pandas.DataFrame({"reply": list(wrong.values()), "truth": gold}), labels=labels,
                 columns={"answer": "reply", "gold": "truth"}),
    ):  # fmt: skip
        assert {name: one.score for name, one in other.values.items()} == {
            name: one.score for name, one in by_id.values.items()
        }
    assert by_id.to_frame().query("metric == 'acc'")["score"].tolist() == [by_id["acc"].score]
    assert f"{len(rows)} rows scored" in str(by_id) and "<table>" in by_id._repr_html_()


def test_scores_take_the_options_of_reading() -> None:
    coded = pb.score(["0", "2"], gold=["negative", "positive"], labels=["negative", "positive"],
                     codes={"0": "negative", "2": "positive"})  # fmt: skip
    assert coded["acc"].score == 1
    spans = pb.score(
        [{"text": "Nokia Oyj rose.", "answer": "Company: Nokia Oyj", "gold": [{"start": 0, "end": 9, "type": "ORG"}]}],
        entity_types=["ORG", "PER"], type_aliases={"Company": "ORG"},
    )  # fmt: skip
    assert spans["entity_f1"].score == 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: pb.score(["a"], labels=["a", "b"]), "a list of answers needs the right ones"),
        (lambda: pb.score(["a"], gold=["a", "b"], labels=["a", "b"]), "1 answers and 2 right ones"),
        (lambda: pb.score({"x": "a"}, gold=["a"], labels=["a", "b"]), "only a list of texts"),
        (lambda: pb.score([], gold=[], labels=["a", "b"]), "there are no answers"),
        (lambda: pb.score(["a"], gold=["a"], labels=["a", "b"], columns={"answers": "x"}), "no role 'answers'"),
        (lambda: pb.score(["a"], gold=["a"]), "cannot tell which task"),
        (pb.evaluate, "give a suite, or a base (or adapters) and tasks"),
        (lambda: pb.evaluate("demo", tasks=["x"]), "do not go with a suite"),
        (lambda: pb.evaluate("demo", limit=0), "a limit of 0 leaves no row"),
        (lambda: pb.evaluate("dem"), "unknown suite 'dem'"),
        (lambda: pb.plan("demo", overrides={"sedes": 1}), "sedes=1: unknown key 'sedes'"),
        (lambda: pb.plan("demo", overrides={"seeds": 1}), "seeds=1: seeds: expected a list"),
        (lambda: pb.train("demo", overrides={"lora.r": 0}), "lora.r=0: lora.r is at least 1"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_error(call: object, said: str) -> None:
    assert callable(call)
    with pytest.raises(pb.BenchError) as caught:
        call()
    assert said in str(caught.value)


def test_without_pandas_a_frame_is_a_clear_error(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(pb.BenchError, match="pandas is not installed"):
        pb.load_results(results).to_frame()
