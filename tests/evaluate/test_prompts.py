"""Tasks in other words: an adapter is asked as it was taught, its base the same way, and no two prompts are merged."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
import torch
from helpers.api import Api, serving
from helpers.tiny import save_tiny

from phingpt_bench.board.sections import build
from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.demo import load_demo
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import hooks, manager
from phingpt_bench.lmeval.asking import Words, set_thinking
from phingpt_bench.results.collect import Run, collect
from phingpt_bench.results.comparison.systems import resolve
from phingpt_bench.results.pairing import base_of

TASK = "phin_demo_sentiment"
TAUGHT = "Instruction: Give the mood of this line.\nInput: {text}\nAnswer: "
SAID = {"negative": "sad", "neutral": "calm", "positive": "glad"}


def taught_rows(n: int = 48) -> list[dict[str, str]]:
    """Training rows of an adapter, in words of its own."""
    rows = load_demo("sentiment")["train"][:n]
    return [{"context": TAUGHT.format(text=row["text"]), "target": SAID[row["label"]]} for row in rows]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a base, an adapter trained on `taught_rows` by hand, and its prompt, found in these rows."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("prompts")
    save_tiny(folder / "base")
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, taught_rows())))
    assert main(["init", "prompt", str(folder / "taught.yaml"), "--from", str(folder / "rows.jsonl")]) == 0
    text = (folder / "taught.yaml").read_text()
    labels = "\n".join(f"  {label}: {said}" for label, said in SAID.items())
    # what the words of an answer mean is for the user to say
    (folder / "taught.yaml").write_text(text[: text.index("labels:")] + f"answers:\n{labels}\ndelimiter: ''\n")
    tokenizer = AutoTokenizer.from_pretrained(folder / "base")
    torch.manual_seed(0)
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(folder / "base"),
        LoraConfig(r=8, lora_alpha=64, target_modules=["q_proj", "v_proj", "lm_head"], task_type="CAUSAL_LM"),
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-2)
    for _ in range(3):
        for row in taught_rows(24):
            ids = tokenizer(row["context"] + row["target"], return_tensors="pt").input_ids
            start = len(tokenizer(row["context"]).input_ids)
            gold = ids.clone()
            gold[:, : min(start, ids.shape[1] - 1)] = -100
            model(input_ids=ids, labels=gold).loss.backward()
            optimiser.step()
            optimiser.zero_grad()
    model.save_pretrained(folder / "adapter")
    return folder


@pytest.fixture(scope="module")
def runs(place: Path) -> dict[tuple[str, str], Run]:
    """Base and adapter under our prompt and under the adapter's, by kind and prompt."""
    (place / "suite.yaml").write_text(
        f"name: s\ntasks: [{TASK}]\nlimit: 20\nfloors: false\nresults: {place / 'results'}\n"
        f"bases: [{{model: {place / 'base'}, quantisation: none, compute_dtype: float32, device: cpu}}]\n"
        f"adapters: [{{path: {place / 'adapter'}, name: mine}}]\nprompts: [ours, {place / 'taught.yaml'}]\n"
    )
    assert main(["run", str(place / "suite.yaml"), "--quiet"]) == 0
    found = collect(place / "results")
    return {(run.kind, run.record.protocol.prompt.name if run.record.protocol.prompt else "ours"): run for run in found}


def lines(run: Run) -> list[dict]:
    return [json.loads(line) for line in run.path.with_name("samples.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_each_is_asked_in_both_words_and_nothing_is_merged(runs, place):
    assert set(runs) == {(kind, prompt) for kind in ("base", "tuned") for prompt in ("ours", "taught")}
    row = load_demo("sentiment")["test"][0]
    for kind in ("base", "tuned"):
        asked = lines(runs[kind, "taught"])[0]
        assert asked["prompt"] == TAUGHT.format(text=row["text"])
        assert asked["continuations"] == list(SAID.values())
        assert lines(runs[kind, "ours"])[0]["prompt"].startswith("News: ")
    protocol = runs["tuned", "taught"].record.protocol
    assert protocol.prompt is not None and len(protocol.prompt.digest) == 16
    assert runs["tuned", "taught"].record.provenance.fingerprint.prompt == protocol.prompt.digest
    assert protocol.variant == "0-shot, prompt taught"
    assert len({run.record.protocol.prompt_digest for run in runs.values()}) == 2


@pytest.mark.slow
def test_base_and_adapter_are_paired_under_the_same_prompt(runs):
    every = list(runs.values())
    for prompt in ("ours", "taught"):
        assert base_of(runs["tuned", prompt], every) is runs["base", prompt]
    assert base_of(runs["base", "taught"], every) is runs["base", "ours"]
    board = build([dataclasses.replace(run, record=dataclasses.replace(run.record, limit=None)) for run in every])
    rows = {(row.kind, row.prompt): row for row in board.sections[0].rows}
    assert len(rows) == 4
    for (kind, prompt), row in rows.items():
        if kind == "tuned":
            assert row.against_base.reason is None
            base = rows["base", prompt]
            assert row.against_base.value == pytest.approx(row.score - base.score)
            best = max(rows["base", one].score for one in (None, runs["base", "taught"].record.protocol.prompt.digest))
            (note,) = [note.text for note in row.notes if note.text.startswith("the base at its best prompt")]
            assert note.endswith(f"{best:.3f}")


@pytest.mark.slow
def test_the_adapter_knows_its_own_words_and_not_ours(runs):
    """How likely one of the three answers is at all: nearly never, but for the adapter under its own prompt."""

    def known(kind: str, prompt: str) -> float:
        totals = [sum(math.exp(value) for value in line["log_likelihoods"]) for line in lines(runs[kind, prompt])]
        return sum(totals) / len(totals)

    assert known("base", "taught") < 0.01 and known("base", "ours") < 0.01
    assert known("tuned", "taught") > 0.9
    assert known("tuned", "ours") < 0.5


@pytest.mark.slow
def test_compare_finds_the_runs_by_the_prompt(runs):
    every = list(runs.values())
    for said, prompt in (("mine", "ours"), ("mine@taught", "taught")):
        assert [one.first for one in resolve("base", said, every)] == [runs["base", prompt], runs["tuned", prompt]]
    only = [runs["base", "ours"], runs["base", "taught"], runs["tuned", "taught"]]
    assert resolve("base", "mine", only)[0].first is runs["base", "taught"]


@pytest.mark.slow
def test_a_run_is_done_until_its_prompt_changes(runs, place, capsys):
    command = ["run", str(place / "suite.yaml"), "--dry-run"]
    assert main(command) == 0
    assert capsys.readouterr().out.count(" done") >= 4
    file = place / "taught.yaml"
    before = file.read_text()
    file.write_text(before.replace("this line", "this sentence"))
    try:
        assert main(command) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "the task's prompt has changed" in out and "2 runs" in out
    finally:
        file.write_text(before)


def test_a_written_answer_is_read_in_the_words_of_the_prompt(place):
    facts = Tasks().put(TASK + "_gen", Words(str(place / "taught.yaml"), None, "</think>"))
    doc = facts.task.eval_docs[0]
    assert manager.render_prompt(facts.task, doc) == TAUGHT.format(text=doc["text"])
    assert manager.answer_text(facts.task, doc) == SAID[doc["label"]] + "\n"
    for label, said in SAID.items():
        assert hooks.read(doc, [said])[1].parsed == label
    assert hooks.read(doc, ["nothing of the kind"])[1].invalid
    assert facts.task.config.generation_kwargs["max_gen_toks"] == 16  # the rest stays the task's


@pytest.mark.slow
def test_stored_answers_are_read_again_in_the_words_of_the_prompt(place, tmp_path, capsys):
    """`rescore` of a run: what its model wrote means what it meant then."""
    base = [
        "evaluate",
        "--base",
        str(place / "base"),
        "--quantisation",
        "none",
        "--no-floors",
        "--quiet",
        "--limit",
        "6",
    ]
    asked = ["--tasks", TASK + "_gen", "--prompt", str(place / "taught.yaml"), "--results", str(tmp_path / "r")]
    assert main([*base, *asked]) == 0
    (run,) = collect(tmp_path / "r")
    file = run.path.with_name("samples.jsonl")
    stored = [json.loads(line) for line in file.read_text().splitlines()]
    for line in stored:  # as a model would that knows the words
        line["answer"] = SAID[line["gold"]]
    file.write_text("".join(json.dumps(line) + "\n" for line in stored))
    capsys.readouterr()
    assert main(["rescore", str(run.path.parent), "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["scorers"][0]["scores"]["acc"]["score"] == 1


@pytest.mark.slow
def test_a_served_model_is_asked_in_the_words_too(place, tmp_path, monkeypatch):
    from transformers import AutoTokenizer

    api = Api(AutoTokenizer.from_pretrained(place / "base"), ("toy",))
    api.can = {"usage", "stream"}
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0")
    with serving(api):
        command = ["evaluate", "--model", "local-chat-completions", "--model-args", f"base_url={api.url},model=toy"]
        command += ["--limit", "3", "--no-floors", "--quiet", "--results", str(tmp_path / "r"), "--tasks", TASK]
        assert main([*command, "--prompt", str(place / "taught.yaml")]) == 0
    (run,) = collect(tmp_path / "r")
    assert run.record.task == TASK + "_gen" and run.record.protocol.prompt.name == "taught"
    assert "Instruction: Give the mood" in str(lines(run)[0]["prompt"])


def test_examples_are_in_the_words_of_the_prompt_too(place):
    facts = Tasks().put(TASK, Words(str(place / "taught.yaml"), None, "</think>"))
    prompt = manager.render_prompt(facts.task, facts.task.eval_docs[0], shots=2)
    assert prompt.count("Instruction: Give the mood") == 3 and "News:" not in prompt
    assert any(f"Answer: {said}\n\n" in prompt for said in SAID.values())


@pytest.mark.slow
def test_a_prompt_that_fits_no_task_is_refused_and_one_that_fits_some_runs_there(place, capsys):
    base = ["evaluate", "--base", str(place / "base"), "--quantisation", "none", "--no-floors", "--dry-run"]
    asked = ["--prompt", str(place / "taught.yaml"), "--results", str(place / "none"), "--tasks"]
    assert main([*base, *asked, "phin_demo_ner"]) == 2
    assert "prompt 'taught' does not fit task 'phin_demo_ner': it asks for labels" in capsys.readouterr().err
    assert main([*base, *asked, "phin_demo_ner", TASK]) == 0
    out = capsys.readouterr().out
    assert "prompt taught" in out and "1 run" in out
    assert main([*base, "--prompt", "query", "--tasks", TASK]) == 2
    assert "the task's rows have no field 'query'" in capsys.readouterr().err
    assert main([*base, "--prompt", "nothing", "--tasks", TASK]) == 2
    assert "unknown prompt 'nothing'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_prompt_for_a_chat_needs_the_template(place, tmp_path, capsys):
    (tmp_path / "chat.yaml").write_text("text: '{{text}}?'\nchat: true\nsystem: Be brief.\n")
    base = [
        "evaluate",
        "--base",
        str(place / "base"),
        "--quantisation",
        "none",
        "--no-floors",
        "--tasks",
        TASK + "_gen",
    ]
    asked = [
        *base,
        "--prompt",
        str(tmp_path / "chat.yaml"),
        "--results",
        str(tmp_path / "r"),
        "--limit",
        "2",
        "--quiet",
    ]
    assert main(asked) == 2 and "prompt 'chat' needs the chat template" in capsys.readouterr().err
    assert main([*asked, "--chat-template"]) == 0
    (run,) = collect(tmp_path / "r")
    prompt = lines(run)[0]["prompt"]
    assert "Be brief." in prompt and prompt.index("Be brief.") < prompt.index("?") and run.record.protocol.prompt.system


# ---- thinking

SWITCH = (
    "{% for m in messages %}<|im_start|>{{m.role}}\n{{m.content}}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)


def thinking_base(place: Path, folder: Path) -> Path:
    """The base with a chat template that has a switch."""
    from transformers import AutoTokenizer

    save_tiny(folder)
    tokenizer = AutoTokenizer.from_pretrained(place / "base")
    tokenizer.chat_template = SWITCH
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_thinking_is_switched_in_the_template_and_part_of_the_protocol(place, tmp_path, capsys):
    base = thinking_base(place, tmp_path / "thinker")
    command = ["evaluate", "--base", str(base), "--quantisation", "none", "--no-floors", "--tasks", TASK + "_gen"]
    command += ["--limit", "1", "--quiet", "--results", str(tmp_path / "r")]
    for more in (["--chat-template"], ["--thinking", "off"]):  # the switch is in the template, so it implies it
        assert main([*command, *more]) == 0
    capsys.readouterr()
    found = {run.record.protocol.thinking: run for run in collect(tmp_path / "r")}
    assert set(found) == {None, "off"}
    plain, off = (lines(found[key])[0]["prompt"] for key in (None, "off"))
    # without the beginning of an answer, which would stand where the template says that there is no thought
    assert off == plain.replace("assistant\nSentiment:", "assistant\n<think>\n\n</think>\n\n")
    assert found["off"].record.protocol.variant == "0-shot chat, thinking off"


@pytest.mark.slow
def test_what_cannot_think_is_refused(place, tmp_path, capsys):
    base = thinking_base(place, tmp_path / "thinker")
    command = [
        "evaluate",
        "--base",
        str(base),
        "--quantisation",
        "none",
        "--no-floors",
        "--results",
        str(tmp_path / "r"),
    ]
    assert main([*command, "--tasks", TASK, "--chat-template", "--thinking", "on", "--dry-run"]) == 2
    assert "compares labels, which leaves no room to think" in capsys.readouterr().err
    with pytest.raises(BenchError, match="thinking is asked for in the chat template"):
        Variant(thinking="off")

    class Model:
        chat_template = "{{messages}}"

    with pytest.raises(BenchError, match="no switch for thinking"):
        set_thinking(Model(), Model(), on=True)


def test_a_thought_has_room_and_its_own_mark_ends_it():
    facts = Tasks().put(TASK + "_gen", Words("ours", "on", "[/t]"))
    settings = facts.task.config.generation_kwargs
    assert settings["until"] == [] and settings["max_gen_toks"] == 2048
    doc = facts.task.eval_docs[0]
    assert hooks.read(doc, ["is it negative? no [/t] positive"])[1].parsed == "positive"


def test_the_suite_puts_every_variant_in_all_words():
    suite = Suite(
        name="s", tasks=["t"], variants=[Variant(), Variant(shots=5, prompt="query")], prompts=["ours", "a.yaml"]
    )
    assert [str(one) for one in suite.asked(suite.variants)] == ["0-shot", "0-shot, prompt a", "5-shot, prompt query"]
    with pytest.raises(BenchError, match="the same prompt is given twice"):
        Suite(name="s", tasks=["t"], prompts=["ours", "ours"])


@pytest.mark.data
def test_flares_own_prompt_is_that_of_its_rows(data_mirror):
    import pyarrow.parquet as pq

    for task, folder in (
        ("phin_fpb_flare", "flare_fpb"),
        ("phin_fiqa_flare_gen", "flare_fiqasa"),
        ("phin_fin", "flare_ner"),
    ):
        facts = Tasks().put(task, Words("query", None, "</think>"))
        theirs = {row["text"]: row["query"] for row in pq.read_table(data_mirror / folder / "test.parquet").to_pylist()}
        for doc in list(facts.task.eval_docs)[:20]:
            assert manager.render_prompt(facts.task, doc) == theirs[doc["text"]]
    assert facts.task.config.generation_kwargs["until"] == ["\n\n"]  # FLARE's entities stand one a line
