"""Served models with thinking on and off, and the mark that ends a thought: checked, recorded, used again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.api import Api, serving
from transformers import AutoTokenizer

from phingpt_bench.cli.main import main
from phingpt_bench.core.protocol import Protocol
from phingpt_bench.models.embedded import SMOLLM2
from phingpt_bench.results.collect import collect
from phingpt_bench.served import client

pytestmark = pytest.mark.slow

TASK = "phin_demo_sentiment"
SWITCH = (
    "{% for m in messages %}[{{m.role}}] {{m.content}}\n{% endfor %}[assistant]\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(client, "PAUSE", 0.01)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "sk-0")
    with serving(Api(AutoTokenizer.from_pretrained(SMOLLM2.folder()), ("toy",), "stream usage switch")) as found:
        yield found


def evaluate(api: Api, tmp_path: Path, *more: str, engine: str = "local-chat-completions", args: str = "") -> int:
    given = f"base_url={api.url},model=toy" + (f",{args}" if args else "")
    command = ["evaluate", "--model", engine, "--model-args", given, "--results", str(tmp_path / "r"), *more]
    return main([*command, "--limit", "6", "--no-floors", "--quiet"])


def protocols(tmp_path: Path) -> dict[str | None, Protocol]:
    return {run.record.protocol.thinking: run.record.protocol for run in collect(tmp_path / "r")}


def test_a_chat_endpoint_is_asked_with_thinking_on_and_off(api: Api, tmp_path: Path) -> None:
    for value in ("on", "off"):
        assert evaluate(api, tmp_path, "--tasks", TASK, "--thinking", value) == 0
    found = protocols(tmp_path)
    assert {one.variant for one in found.values()} == {"0-shot chat, thinking on", "0-shot chat, thinking off"}
    asked = [body.get("chat_template_kwargs") for body in api.asked("/v1/chat/completions")]
    assert asked.count({"enable_thinking": True}) > 6 < asked.count({"enable_thinking": False})
    on, off = sorted(collect(tmp_path / "r"), key=lambda run: run.record.protocol.thinking == "off")
    assert on.outcomes.pred == off.outcomes.pred, "the thought is no part of the answer"
    assert not any(on.outcomes.invalid) and on.record.diagnostics.invalid == 0


@pytest.mark.parametrize(
    ("can", "why"),
    [
        ("stream usage", "a prompt has 50 tokens with thinking on and off"),
        ("stream", "a prompt has the same answer with thinking on and off"),
    ],
)
def test_a_server_that_ignores_the_switch_is_refused(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], can: str, why: str
) -> None:
    api.can = set(can.split())
    assert evaluate(api, tmp_path, "--tasks", TASK, "--thinking", "on") == 2
    error = capsys.readouterr().err
    assert f"the server does not switch thinking: {why}" in error and "leave --thinking out" in error
    assert not (tmp_path / "r").exists(), "before the first score"


def test_a_server_that_refuses_options_of_its_template_is_refused(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.refused = {"chat_template_kwargs"}
    assert evaluate(api, tmp_path, "--tasks", TASK, "--thinking", "off") == 2
    assert "the server takes no options of its chat template" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["openai-chat-completions", "anthropic-chat-completions"])
def test_an_api_without_a_template_says_why_it_cannot(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    assert evaluate(api, tmp_path, "--tasks", TASK, "--thinking", "on", engine=engine) == 2
    assert f"{engine} takes no options of a chat template" in capsys.readouterr().err
    assert not api.requests


def test_for_completions_the_template_is_rendered_here(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(api, tmp_path, "--tasks", f"{TASK}_gen", "--thinking", "off", engine="local-completions") == 2
    assert "no switch for thinking (enable_thinking)" in capsys.readouterr().err, "no tokenizer, no template"
    tokenizer: Any = AutoTokenizer.from_pretrained(SMOLLM2.folder())
    tokenizer.chat_template = SWITCH
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    args = f"tokenizer={tmp_path / 'tokenizer'}"
    assert evaluate(api, tmp_path, "--tasks", f"{TASK}_gen", "--thinking", "off", engine="local-completions", args=args) == 0  # fmt: skip # noqa: E501
    assert api.asked("/v1/completions")[-1]["prompt"].endswith("[assistant]\n<think>\n\n</think>\n\n")
    assert protocols(tmp_path).keys() == {"off"}


def test_the_mark_of_a_thought_is_recorded_and_the_answers_are_read_with_it_again(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.can = {"usage"}
    api.say = lambda text: "It is negative, is it not? [done] positive"
    assert evaluate(api, tmp_path, "--tasks", TASK) == 0
    assert evaluate(api, tmp_path, "--tasks", TASK, "--thinking-end", "[done]") == 0, "another mark, another run"
    (run,) = collect(tmp_path / "r")
    assert run.record.protocol.thinking_end == "[done]"
    assert {run.outcomes.labels[at] for at in run.outcomes.pred} == {"positive"}  # type: ignore[call-overload]
    capsys.readouterr()
    assert main(["rescore", str(run.path.parent), "--format", "json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scorers"][0]["scores"]
    assert scores["acc"]["score"] == pytest.approx(run.record.scores["acc"])
    assert evaluate(api, tmp_path, "--tasks", TASK, "--thinking-end", "[done]", "--dry-run") == 0
    assert "nothing to do" in capsys.readouterr().out.lower()


def test_labels_that_are_compared_have_no_thought(api: Api, tmp_path: Path) -> None:
    api.can = {"echo", "usage"}
    args = f"tokenizer={SMOLLM2.folder()}"
    assert evaluate(api, tmp_path, "--tasks", TASK, "--thinking-end", "[done]", engine="local-completions", args=args) == 0  # fmt: skip # noqa: E501
    (run,) = collect(tmp_path / "r")
    assert run.record.protocol.thinking_end is None
