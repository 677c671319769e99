"""The face of the catalogue: `phingpt-bench tasks` as a user sees it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.core.paths import TASKS_VARIABLE
from phingpt_bench.data import catalogue
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.taskfiles import read_tasks


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["tasks", *arguments]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.out + captured.err


def shown(text: str) -> list[str]:
    """The tasks of a list: the lines that begin with a task and its split rule."""
    return re.findall(r"^  (phin_\w+) +[\w-]*/?v\d", text, flags=re.MULTILINE)


def test_the_list_fits_a_narrow_terminal_and_folds_answer_forms(capsys: pytest.CaptureFixture[str]):
    text, files = said(capsys), read_tasks()
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 120
    assert "\x1b" not in text
    assert sorted(shown(text)) == sorted(name for name in files.tasks if files.base(name) == name)
    (line,) = (line for line in lines if line.startswith("  phin_fpb "))
    assert line.split() == ["phin_fpb", "fingpt-25-seed42/v1", "1,212", "_gen"]
    assert lines[lines.index(line) + 1].strip().startswith("f1_weighted; printed by FinGPT")
    assert "fpb/ (en)" in lines
    (line,) = (line for line in lines if line.startswith("  phin_fin "))
    assert line.split()[-2:] == ["_json", "_tags"]
    assert "36 of 73 tasks shown\n" in text
    assert "phin_fpb_all[_gen] (7)" in text


def test_the_list_can_be_narrowed(capsys: pytest.CaptureFixture[str]):
    everything = shown(said(capsys, "--all"))
    assert sorted(everything) == list(read_tasks().tasks)
    spans = shown(said(capsys, "--kind", "spans"))
    assert "phin_fin" in spans and "phin_finentity_spans" in spans
    assert not {"phin_fpb", "phin_fin_type", "phin_fin_json"} & set(spans)
    spanish = {name for name in shown(said(capsys, "--language", "es")) if "demo" not in name}
    assert spanish == {"phin_fpb_es_mt", "phin_fpb_es_mt_en", "phin_multifin_es", "phin_multifin_es_en"}
    assert said(capsys, "--language", "ES") == said(capsys, "--language", "es")
    assert said(capsys, "--language", "fr") == "No such task. There are tasks over rows in en and es.\n"


def test_tasks_without_a_passport_are_listed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(TASKS_VARIABLE, str(tmp_path))
    (tmp_path / "mine.yaml").write_text("task: mine\ndataset_path: csv\nmetric_list: [{metric: acc}]\n")
    assert "  mine: no protocol, its rows have no passport\n" in said(capsys)


@pytest.mark.slow
def test_a_broken_passport_does_not_hide_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    shipped = manager.tasks_dir() / "passports" / "demo_sentiment.yaml"
    (tmp_path / "passports").mkdir()
    file = tmp_path / "passports" / "mine.yaml"
    text = shipped.read_text().replace("name: demo_sentiment", "name: mine").replace("demo-sentiment/", "mine/")
    stamped = "rows: {train: 462, validation: 66, test: 132}\n"
    assert stamped in text
    file.write_text(text + stamped)
    (tmp_path / "mine.yaml").write_text("task: mine\ndataset_kwargs: {dataset: mine}\ndoc_to_text: A\n")
    monkeypatch.setenv(TASKS_VARIABLE, str(tmp_path))
    assert main(["tasks"]) == 2
    out, err = capsys.readouterr()
    assert "37 of 74 tasks shown\n" in out
    assert "  mine: no protocol, its passport cannot be read, see below\n" in out
    assert "error: the passport of dataset 'mine' cannot be read" in err
    assert "key 'rows' is given twice" in err and "hint: stamped twice? delete the older block (rows, ids" in err
    assert "demo-ner/v1" in said(capsys, "show", "demo_ner")
    assert "delete the older block" in said(capsys, "show", "mine", code=2)
    found = said(capsys, "validate", str(file), code=2)
    assert "FAIL  passport mine  fields: " in found and "delete the older block" in found


@pytest.mark.slow
def test_validate_of_no_yaml_file_is_short(tmp_path: Path):
    """Not followed by a log line for each of our tasks that its folder holds as well."""
    (tmp_path / "README.md").write_text("# A page\n\n- [ ] with: a: colon\n")
    (tmp_path / "phin_fpb.yaml").write_text("task: phin_fpb\ndataset_path: csv\n")
    done = subprocess.run(
        [sys.executable, "-m", "phingpt_bench.cli.main", "tasks", "validate", str(tmp_path / "README.md")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "FAIL" in done.stdout
    assert "verrid" not in done.stdout + done.stderr


def test_the_list_is_quick():
    """Without lm-eval and what comes with it, which take seconds to import."""
    code = (
        "import sys; from phingpt_bench.cli.main import main; main(['tasks']);"
        "heavy = {'lm_eval', 'torch', 'datasets', 'transformers', 'sklearn', 'pandas', 'pyarrow'} & set(sys.modules);"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_task_in_full(capsys: pytest.CaptureFixture[str], data_mirror: Path):
    text = said(capsys, "show", "phin_fin_json")
    passport = catalogue.dataset("fin")
    joined = " ".join(text.split())
    for part in (
        *passport.ids.values(), *passport.digests.values(), passport.protocol, passport.licence, passport.split,
        passport.comparable, *passport.noise, *passport.published_by,
        passport.origin.revision or passport.origin.unpinned,
        "written freely and read as json", "other forms phin_fin phin_fin_tags", "98 rows: PER 216, ORG 56, LOC 39",
        manager.template_digest(manager.load_task("phin_fin_json")),
    ):  # fmt: skip
        assert " ".join(str(part).split()) in joined, part
    assert "0-shot: first training row" in joined
    assert "Entities:[ [{" in text
    facts = [line for line in text[: text.index("Example of")].splitlines() if not line.startswith("file")]
    assert max(len(line) for line in facts if str(manager.tasks_dir()) not in line) <= 80


def test_no_test_row_is_ever_shown(data_mirror: Path, capsys: pytest.CaptureFixture[str]):
    """A dataset without training rows has an invented example, and so has one that is out of reach."""
    text = said(capsys, "show", "phin_nwgi")
    assert "an invented row, as the dataset has no training" in text
    assert "Sentiment:[ strong negative]" in text


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("phin_tfns", "Sentiment:[ negative]"),
        ("phin_fin_tags", "Tagged:[ Anna Lee, head of"),
        ("phin_gold_gen", "Does it say that sales will fall?\nAnswer:[ no"),
        ("phin_multifin_es", "Tema:[ negocios]"),
        ("phin_semeval_score", "for Nokia Oyj, from -1 (very negative) to 1 (very positive)?\nScore:[ -0.50"),
    ],
)
def test_an_example_without_the_data(
    name: str, example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    monkeypatch.setattr("phingpt_bench.data.sources._hub", lambda *_: (_ for _ in ()).throw(OSError("no network")))
    monkeypatch.setattr("phingpt_bench.data.sources._hub_zip", lambda *_: (_ for _ in ()).throw(OSError("no network")))
    text = said(capsys, "show", name)
    assert "an invented row, as dataset" in text
    assert example in text


@pytest.mark.slow
def test_protocols_datasets_groups_and_unknown_names(capsys: pytest.CaptureFixture[str]):
    by_id = said(capsys, "show", "demo-ner/v1")
    assert by_id == said(capsys, "show", "demo_ner")
    assert "phin_demo_ner" in by_id and "Entities:[ " in by_id
    text = said(capsys, "show", "phin_fpb_all")
    assert text.startswith("phin_fpb_all: 7 tasks\n") and "fpb/helm-30-seed121/v1" in text
    assert (
        said(capsys, "show", "phin_fbp", code=2) == "error: unknown task 'phin_fbp'\nhint: did you mean 'phin_fpb'?\n"
    )
    assert "did you mean 'fpb/flare-970/v1'?" in said(capsys, "show", "fpb/flare-907/v1", code=2)


def test_path_and_stamp(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert said(capsys, "path") == f"{manager.tasks_dir()}\n"
    passport = manager.tasks_dir() / "passports" / "demo_sentiment.yaml"
    assert "rows: {train: 462, validation: 66, test: 132}" in said(capsys, "stamp", str(passport))
    assert "the passport is missing" in said(capsys, "stamp", code=2)
    (tmp_path / "mine.yaml").write_text("task: mine\noutput_type: multiple_choice\ndoc_to_text: A\n")
    assert "templates.lock: 1 task\n" in said(capsys, "stamp", str(tmp_path), "--templates")
    assert "a folder of task files" in said(capsys, "stamp", str(passport), "--templates", code=2)


@pytest.mark.slow
def test_validate_exits_with_2_when_a_check_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    (tmp_path / "passports").mkdir()
    file = tmp_path / "passports" / "demo_sentiment.yaml"
    text = (manager.tasks_dir() / "passports" / "demo_sentiment.yaml").read_text()
    file.write_text(text)
    assert "2 checks: none failed, 0 not checked" in said(capsys, "validate", str(tmp_path))
    file.write_text(text.replace("test: 132", "test: 133"))
    found = said(capsys, "validate", str(tmp_path), code=2)
    assert "FAIL  passport demo_sentiment  rows: rows differ" in found
