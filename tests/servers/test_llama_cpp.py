"""llama.cpp's server: it tells no log-probabilities of prompts, which the probe finds, so that labels are written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import read_record
from phingpt_bench.served.ladder import LABELS, PROMPTS
from phingpt_bench.served.lm import ServedLM
from phingpt_bench.served.opened import open_served
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.served.thinking import check_thinking

pytestmark = [pytest.mark.server, pytest.mark.slow]


def spec(url: str, engine: str = "local-completions", **more: object) -> ServedSpec:
    return ServedSpec(engine=engine, model="smollm2", base_url=url, num_concurrent=1, **more)  # type: ignore[arg-type]


def asked(prompt: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(args=(prompt, label)) for label in LABELS]


def test_the_probe_finds_that_prompts_are_not_scored(llama_cpp: str) -> None:
    said: list[str] = []
    opened = open_served(spec(llama_cpp, tokenizer="smollm2-135m-instruct"), said.append)
    found = opened.found["smollm2"]
    assert (found.prompt, found.named, found.best) == (False, False, "top")
    assert any(line.startswith("  prompt log-probabilities: no") for line in said)
    assert (opened.facts.engine, opened.facts.quantisation, opened.context) == ("llama.cpp", "q4_1", 4096)
    with pytest.raises(BenchError, match="cannot compare labels exactly"):
        ServedLM(opened, "smollm2").loglikelihood(asked(PROMPTS[0]))


def test_labels_among_the_first_tokens_are_compared_where_that_is_asked_for(llama_cpp: str) -> None:
    opened = open_served(spec(llama_cpp, labels="bounded"))
    lm = ServedLM(opened, "smollm2")
    answers = lm.loglikelihood([request for prompt in PROMPTS for request in asked(prompt)])
    assert opened.found["smollm2"].top >= 100 and lm.tally.rungs == {"top": 3}
    assert all(max(value for value, _ in answers[at : at + 3]) < 0 for at in (0, 3, 6))


def test_a_template_without_a_switch_for_thinking_is_found(llama_cpp: str) -> None:
    opened = open_served(ServedSpec(engine="local-chat-completions", model="smollm2", base_url=llama_cpp))
    with pytest.raises(
        BenchError, match=r"the server (does not switch thinking|takes no options of its chat template)"
    ):
        check_thinking(opened)


@pytest.mark.parametrize("engine", ["local-completions", "local-chat-completions"])
def test_answers_are_written_and_counted(llama_cpp: str, engine: str) -> None:
    lm = ServedLM(open_served(spec(llama_cpp, engine)), "smollm2")
    settings = {"until": ["\n"], "max_gen_toks": 16}
    answers = lm.generate_until([SimpleNamespace(args=(prompt, settings)) for prompt in PROMPTS])
    assert len(answers) == 3 and all("\n" not in answer for answer in answers)
    assert lm.tally.usage is not None and lm.tally.usage.tokens_in and lm.tally.usage.tokens_out
    assert lm.diagnostics()["seconds_to_first_token"]["n"] == 3


def test_the_written_tasks_run_instead_and_land_on_the_board(
    llama_cpp: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "evaluate", "--model", "local-completions", "--model-args", f"base_url={llama_cpp},model=smollm2",
        "--tasks", "phin_demo_sentiment", "phin_demo_ner", "--limit", "6", "--no-floors", "--results", str(tmp_path),
    ]  # fmt: skip
    assert main(command) == 0
    records = [read_record(file) for file in sorted(tmp_path.glob("runs/*/*/run.json"))]
    assert [record.task for record in records] == ["phin_demo_ner", "phin_demo_sentiment_gen"]
    for record in records:
        assert (record.model.engine, record.model.quantisation) == ("llama.cpp", "q4_1")
        assert record.model.parameters == 134_515_008
        served = record.diagnostics.served
        assert served is not None and served.rungs == {"text": 6} and served.seconds_to_first_token is not None
        assert record.evaluation.tokens_in and record.evaluation.tokens_out
    said = capsys.readouterr()
    assert "phin_demo_sentiment -> phin_demo_sentiment_gen" in said.err and "llama.cpp" in said.out
