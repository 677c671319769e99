"""One cell that fails does not stop the others, and empty answers are a result that is counted and shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.tiny import save_tiny

import phingpt_bench as pb
from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.writing import generate

pytestmark = pytest.mark.slow
SENTIMENT, NER = "phin_demo_sentiment", "phin_demo_ner"


@pytest.fixture
def evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    model = save_tiny(tmp_path / "tiny", hidden_size=32, intermediate_size=64)

    def called(*tasks: str) -> tuple[int, str, str]:
        words = ["evaluate", "--base", str(model), "--quantisation", "none", "--no-floors", "--limit", "3"]
        code = main([*words, "--tasks", *tasks, "--results", str(tmp_path / "r")])
        out, err = (" ".join(text.split()) for text in capsys.readouterr())
        return code, out, err

    return called


def recorded(tmp_path: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(file.read_text(encoding="utf-8")) for file in tmp_path.rglob("run.json")]
    return {record["task"]: record for record in found}


def test_empty_answers_are_counted_and_shown(
    evaluate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "generate_texts", lambda lm, prompts, *_, **__: [" \n"] * len(prompts))
    code, out, err = evaluate(NER, SENTIMENT)
    records, said = recorded(tmp_path), "all 3 written answers are empty (a chat model needs the chat template)"
    assert (code, set(records)) == (0, {NER, SENTIMENT})
    assert said in out and said in err
    assert records[NER]["diagnostics"]["empty_answers"] == 3 and records[NER]["scores"]["entity_f1"] == 0
    assert records[SENTIMENT]["diagnostics"]["empty_answers"] is None
    assert main(["leaderboard", str(tmp_path / "r"), "--explain", "tiny", NER]) == 0
    assert said in " ".join(capsys.readouterr().out.split())


def test_a_run_that_fails_leaves_the_others_their_turn(
    evaluate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise BenchError("the pen is dry", hint="take another")

    with monkeypatch.context() as patch:
        patch.setattr(generate, "generate_texts", fails)
        code, out, err = evaluate(NER, SENTIMENT)
        assert (code, set(recorded(tmp_path))) == (1, {SENTIMENT})
        assert f"1 cell failed: {NER}: tiny 0-shot: the pen is dry" in out
        assert f"{NER}: tiny 0-shot: failed: the pen is dry; the other runs continue" in err
        code, _, err = evaluate(NER)  # with no other it is an error like each
        assert code == 2 and f"error: {NER}: tiny 0-shot: the pen is dry hint: take another" in err
        with pytest.raises(BenchError, match="the pen is dry"):
            pb.evaluate(base=str(tmp_path / "tiny"), tasks=[NER, SENTIMENT], limit=2, results=tmp_path / "api")
        assert SENTIMENT in {file.parts[-3] for file in (tmp_path / "api").rglob("run.json")}
    assert evaluate(NER, SENTIMENT)[0] == 0 and set(recorded(tmp_path)) == {NER, SENTIMENT}
