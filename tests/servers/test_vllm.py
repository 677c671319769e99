"""vLLM on a processor, started by this program with the embedded model and a trained adapter: it scores as we do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from phingpt_bench.evaluate.tasks import task_facts
from phingpt_bench.lmeval import manager
from phingpt_bench.models.embedded import SMOLLM2
from phingpt_bench.served.lm import ServedLM
from phingpt_bench.served.opened import Opened, open_served
from phingpt_bench.served.spec import ServedAdapter, ServedSpec
from phingpt_bench.served.thinking import check_thinking

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(1800)]
ROWS = 200
SWITCH = (
    "{% for m in messages %}<|im_start|>{{m.role}}\n{{m.content}}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)
CLOSE = 1e-3  # nats; both sides compute in float32, by other kernels and in another order


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's adapter, after a few steps of training."""
    from phingpt_bench.cli.main import main

    folder = tmp_path_factory.mktemp("adapter") / "demo"
    assert main(["train", "demo", "--limit", "16", "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded model under a chat template with a switch for thinking, as Qwen3's; labels need no template."""
    folder = tmp_path_factory.mktemp("base") / served_base()
    folder.mkdir()
    for file in SMOLLM2.folder().iterdir():
        if file.name != "chat_template.jinja":
            (folder / file.name).symlink_to(file)
    (folder / "chat_template.jinja").write_text(SWITCH, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def served(vllm_python: Path, base: Path, adapter: Path) -> Iterator[Opened]:
    spec = ServedSpec(
        engine="vllm", model=str(base), dtype="float32", max_length=2048, command=str(vllm_python),
        adapters=(ServedAdapter(name="demo", path=adapter),),
    )  # fmt: skip
    opened = open_served(spec)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def questions() -> list[Any]:
    """Each label after each prompt of 200 rows of the demonstration corpus, as lm-eval asks for them."""
    task = task_facts("phin_demo_sentiment").task
    docs = [*task.eval_docs, *task.training_docs()][:ROWS]
    return [
        SimpleNamespace(args=(manager.render_prompt(task, doc), label))
        for doc in docs
        for label in manager.continuations(task, doc)
    ]


@pytest.fixture(scope="module")
def ours(adapter: Path, questions: list[Any]) -> dict[str, list[tuple[float, bool]]]:
    """Our own scores in float32, of the base and with the adapter."""
    from peft import PeftModel

    from phingpt_bench.engine.lm import PhinLM
    from phingpt_bench.models.base_spec import BaseSpec
    from phingpt_bench.models.load import load_base

    loaded = load_base(BaseSpec(quantisation="none", compute_dtype="float32"))
    base = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer).loglikelihood(questions, disable_tqdm=True)
    tuned = PeftModel.from_pretrained(loaded.model, str(adapter)).eval()
    own = PhinLM(pretrained=tuned, tokenizer=loaded.tokenizer).loglikelihood(questions, disable_tqdm=True)
    return {served_base(): base, "demo": own}


def served_base() -> str:
    return "smollm2-135m-instruct"


def labels(answers: list[tuple[float, bool]]) -> list[int]:
    values = [value for value, _ in answers]
    return [max(range(3), key=lambda at: values[start + at]) for start in range(0, len(values), 3)]


@pytest.mark.parametrize("name", [served_base(), "demo"])
def test_labels_score_as_in_our_own_engine(
    served: Opened, questions: list[Any], ours: dict[str, list[tuple[float, bool]]], name: str
) -> None:
    answers = ServedLM(served, name).loglikelihood(questions)
    apart = [abs(one - other) for (one, _), (other, _) in zip(answers, ours[name], strict=True)]
    assert max(apart) < CLOSE
    assert labels(answers) == labels(ours[name])
    assert len(set(labels(answers))) > 1


def test_echoed_prompts_score_as_named_tokens_do(served: Opened, questions: list[Any]) -> None:
    import dataclasses

    lm, name = ServedLM(served, "demo"), "demo"
    named = lm.loglikelihood(questions[:30])
    # without names, echoed one at a time: vLLM's engine ends when it is to score two prompts at once beside adapters
    whole = dataclasses.replace(served.found[name], named=False)
    echoing = ServedLM(dataclasses.replace(served, found={**served.found, name: whole}), name)
    assert [one for one, _ in echoing.loglikelihood(questions[:30])] == pytest.approx(
        [one for one, _ in named], abs=CLOSE
    )
    assert (lm.tally.rungs, echoing.tally.rungs) == ({"named": 10}, {"prompt": 10})


def test_the_server_is_known_by_what_it_says(served: Opened) -> None:
    assert (served.facts.engine, served.context) == ("vllm", 2048)
    assert served.facts.version and served.weights is not None and served.weights.parameters == 134_515_008
    assert served.found["demo"].numbers != served.found[served_base()].numbers
    assert served.link.streams


def test_an_adapter_that_is_not_served_is_refused(served: Opened) -> None:
    from phingpt_bench.core.errors import BenchError

    spec = ServedSpec(
        engine="local-completions", model=served_base(), base_url=served.link.client.root,
        adapters=(ServedAdapter(name="demonstration"),),
    )  # fmt: skip
    with pytest.raises(BenchError, match="unknown served model 'demonstration'"):
        open_served(spec)


def test_answers_are_written_timed_and_counted(served: Opened) -> None:
    task = task_facts("phin_demo_ner").task
    docs = list(task.eval_docs)[:4]
    requests = [
        SimpleNamespace(args=(manager.render_prompt(task, doc), {"until": ["\n"], "max_gen_toks": 32})) for doc in docs
    ]
    lm = ServedLM(served, "demo")
    answers = lm.generate_until(requests)
    assert all("\n" not in answer for answer in answers)
    told = lm.diagnostics()
    assert told["seconds_to_first_token"]["n"] == 4 and lm.tally.usage is not None
    assert lm.tally.usage.tokens_in == sum(len(lm.tok_encode(request.args[0])) for request in requests)


def test_base_and_adapter_of_one_server_land_on_one_board(
    served: Opened, adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a user would, of a server that runs: the adapter by its served name, with its card."""
    from phingpt_bench.cli.main import main
    from phingpt_bench.core.records import read_record

    args = f"base_url={served.link.client.root},model={served_base()},dtype=float32"
    command = [
        "evaluate", "--model", "vllm", "--model-args", args, "--adapter", f"demo={adapter}", "--limit", "8",
        "--tasks", "phin_demo_sentiment", "--no-floors", "--results", str(tmp_path),
    ]  # fmt: skip
    assert main(command) == 0
    base, tuned = (read_record(file) for file in sorted(tmp_path.glob("runs/*/*/run.json")))
    assert (base.model.kind, tuned.model.kind) == ("base", "tuned")
    assert tuned.model.engine == "vllm" and tuned.model.engine_version == served.facts.version
    assert tuned.model.base_revision is not None and tuned.model.adapter_digest is not None
    assert tuned.training is not None and tuned.exposure is not None, "by its card"
    assert tuned.diagnostics.served is not None and tuned.diagnostics.served.rungs == {"named": 8}
    assert "vllm" in capsys.readouterr().out


def test_its_chat_endpoint_switches_thinking(served: Opened) -> None:
    root = served.link.client.root
    opened = open_served(ServedSpec(engine="local-chat-completions", model=served_base(), base_url=root))
    check_thinking(opened)
    tokens = []
    for options in ({}, {"enable_thinking": True}, {"enable_thinking": False}):
        lm = ServedLM(opened, served_base())
        lm.chat_template_args = options
        lm.generate_until([SimpleNamespace(args=("Net sales rose.", {"until": [], "max_gen_toks": 4}))])
        tokens.append(lm.tally.tokens_in)
    assert tokens[0] == tokens[1] < tokens[2], "the empty thought is part of the prompt"
