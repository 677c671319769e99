"""Files after public bug reports, as they are: each has its right value, or is refused with what to do.

Their kin is in test_everyday_files.py, test_logs.py and test_lm_eval_samples.py, three and more of each kind.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.paths import GOLDEN

from phingpt_bench.cli.main import main

FIELD = GOLDEN / "field"
NULL, REPEATS = (f"samples_phin_demo_ner_2026-01-01T00-00-00.00000{n}.jsonl" for n in (2, 3))
LABELS = ("--labels", "negative,neutral,positive")
CODES = ("--codes", "-1=negative,0=neutral,1=positive")
TYPES = ("--entity-types", "PER,ORG,LOC")
RIGHT: list[tuple[str, tuple[str, ...]]] = [
    *((f"{name}.jsonl", LABELS) for name in ("ans_list", "ans_str", "cjk", "harmony", "hfscores", "label_think")),
    *((f"{name}.json", LABELS) for name in ("inspect", "pandas")),
    ("sep.csv", LABELS),
    ("codes.jsonl", (*LABELS, *CODES)),
    ("codes_gold.jsonl", ("--labels", "0,1")),
    ("codes_int.jsonl", ("--labels", "-1,0,1")),  # labels that begin with a minus
    ("codes_int.jsonl", ("--labels=-1,0,1",)),
    *((f"{name}.jsonl", TYPES) for name in ("gold_label", "hf_ner", "json_as_lines", "json_think", "lines")),
    *((f"{name}.jsonl", TYPES) for name in ("ner_think", "oneline", "typenames")),
    *((f"{name}.jsonl", (*TYPES, "--answer-format", "json")) for name in ("hf_ner", "json_as_lines", "json_think")),
    (REPEATS, ("--answered-only", "--repeats", "majority")),
]


def report(name: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> Any:
    code = main(["rescore", str(FIELD / name), *options, "--scorer", "phin", "--format", "json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


def primary(found: Any) -> float:
    (scorer,) = found["scorers"]
    return scorer["scores"][scorer["primary"]]["score"]


@pytest.mark.parametrize(("name", "options"), RIGHT, ids=[" ".join((name, *opts)) for name, opts in RIGHT])
def test_right_answers_get_the_full_score(name: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert primary(report(name, options, capsys)) == 1


def test_one_row_of_json_lines_is_a_row(capsys: pytest.CaptureFixture[str]):
    found = report("one.jsonl", TYPES, capsys)
    assert (found["rows"]["scored"], primary(found)) == (1, 1)


def test_an_answer_that_is_null_is_invalid_and_the_rest_is_scored(capsys: pytest.CaptureFixture[str]):
    found = report(NULL, ("--answered-only",), capsys)
    assert found["rows"]["scored"] == 6
    assert found["scorers"][0]["scores"]["entity_recall"]["score"] == pytest.approx(13 / 16)  # 3 are in its row


def test_which_of_several_answers_counts_is_said(capsys: pytest.CaptureFixture[str]):
    found = report(REPEATS, ("--answered-only",), capsys)
    assert primary(found) == 0
    assert "first" in " ".join(found["notes"]) and "--repeats majority" in " ".join(found["notes"])


def test_numbers_behind_reasoning(capsys: pytest.CaptureFixture[str], data_mirror: object):
    found = report("score_think.jsonl", ("--task", "phin_fiqa_official_score", "--gold-column", "gold"), capsys)
    assert found["scorers"][0]["scores"]["r2"]["score"] == 1


def test_codes_without_names_are_answered_with_the_option(capsys: pytest.CaptureFixture[str]):
    found = report("codes.jsonl", LABELS, capsys)
    assert primary(found) == 0 and "--codes -1.0=negative" in " ".join(found["notes"])


def test_gold_whose_text_and_offsets_disagree_is_refused_with_both(capsys: pytest.CaptureFixture[str]):
    assert main(["rescore", str(FIELD / "gold_text.jsonl"), *TYPES]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "text[0:4] is 'Noki', the gold entity says 'Nokia'" in err and "add 1" in err


def test_every_file_is_tried():
    tried = {"one.jsonl", NULL, "score_think.jsonl", "gold_text.jsonl", *(name for name, _ in RIGHT)}
    assert {file.name for file in FIELD.iterdir()} == tried
