"""`phingpt-bench why` on runs of a tiny model and an adapter on it, in the terminal, as markdown and as JSON."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.tiny import save_tiny

from phingpt_bench.cli.main import main
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.evaluate.suite import Variant
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.lmeval.asking import THINKING_END, Words
from phingpt_bench.render.why_blocks import why_blocks
from phingpt_bench.results.comparison.asked import runs_of
from phingpt_bench.text.write_terminal import terminal
from phingpt_bench.why.explain import explained

pytestmark = pytest.mark.slow
SUITE = """\
name: w
tasks: [phin_demo_sentiment, phin_demo_ner]
bases: [{{model: {root}/tiny, quantisation: none, compute_dtype: float32, device: cpu}}]
adapters: [{{path: {root}/adapters/mine, trained_on: []}}]
floors: false
limit: 8
results: {root}/results
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, an adapter of random weights, and the results of both on the demo tasks."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    root = tmp_path_factory.mktemp("why")
    base = save_tiny(root / "tiny", hidden_size=32, intermediate_size=64, initializer_range=0.2)
    torch.manual_seed(1)
    config = peft.LoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj", "v_proj"])
    model = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    with torch.no_grad():
        for weight in (weight for weight in model.parameters() if weight.requires_grad):
            weight.add_(torch.randn_like(weight) * 0.5)
    model.save_pretrained(root / "adapters" / "mine")
    (root / "suite.yaml").write_text(SUITE.format(root=root))
    assert main(["run", str(root / "suite.yaml"), "--quiet"]) == 0
    return root


def ask(made: Path, *arguments: str) -> int:
    folders = ["--results", str(made / "results"), "--adapters", str(made / "adapters"), "--base", str(made / "tiny")]
    return main(["why", *arguments, *folders])


def asked_json(made: Path, *arguments: str) -> dict[str, Any]:
    out = made / "why.json"
    assert ask(made, *arguments, "--format", "json", "--output", str(out)) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_two_runs_are_explained_on_one_axis(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentiment = ["base", "mine", "--task", "phin_demo_sentiment", "--rows", "all"]
    assert ask(made, *sentiment, "--limit", "3", "--faithfulness") == 0
    out = capsys.readouterr().out
    assert "all: 3 of 8 rows" in out and "log-odds of" in out and "Do the k first words matter? mine" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert ask(made, *sentiment, "--limit", "1", "--format", "markdown") == 0
    assert "| word" in capsys.readouterr().out
    found = asked_json(made, *sentiment, "--limit", "3")
    assert found["systems"] == ["tiny", "mine"] and len(found["rows"]) == 3
    for row in found["rows"]:
        assert "text" not in row
        one, other = (side["targets"][0] for side in row["sides"])
        assert (one["name"], one["against"]) == (other["name"], other["against"])
        assert row["sides"][1]["answer"] == one["name"]
        assert len(one["changes"]) == len(row["words"]) == len(row["sides"][0]["scores"]) - 1
        assert one["changes"] != other["changes"]
    assert "text" in asked_json(made, *sentiment, "--limit", "1", "--with-text")["rows"][0]


def test_two_folders_of_one_name_are_told_apart(made: Path) -> None:
    (run,) = (made / "results" / "runs" / "phin_demo_sentiment").glob("*mine*")
    other = made / "copy" / "runs" / "phin_demo_sentiment" / run.name
    shutil.copytree(run, other)
    found = asked_json(made, str(run), str(other), "--rows", "all", "--limit", "1")
    assert found["systems"] == [str(run), str(other)]


def test_entities_are_explained_by_piece(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Asker, "answers", lambda _, rows: [" ORG: Nokia; 111 ( 111"] * len(rows))
    assert ask(made, "mine", "--task", "phin_demo_ner", "--limit", "2") == 0
    out = capsys.readouterr().out
    assert "log-" in out and "misses:" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    row = asked_json(made, "mine", "--task", "phin_demo_ner", "--limit", "1")["rows"][0]
    assert "gold" not in row and "name" not in row["sides"][0]["targets"][0]
    assert len(row["sides"][0]["targets"]) == 1, "what names no entity is not explained"
    monkeypatch.setattr(Asker, "answers", lambda _, rows: [" 111 ( 111"] * len(rows))
    assert ask(made, "mine", "--task", "phin_demo_ner", "--limit", "2", "--faithfulness") == 0
    out = capsys.readouterr().out
    assert "111 ( 111" in out and "no likelihoods" not in out


def test_reasons_are_written_once(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from phingpt_bench.engine.lm import PhinLM

    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(made / "cache"))
    asked = ["base", "mine", "--task", "phin_demo_sentiment", "--rows", "all", "--limit", "2", "--reasons"]
    assert ask(made, *asked) == 0
    out = capsys.readouterr().out
    assert "Are the reasons true?" in out and "2 reasons written by the model" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert len(list((made / "cache" / "why").glob("*.jsonl"))) == 2, "base and adapter are two models"
    monkeypatch.setattr(PhinLM, "generate_until", lambda *_, **__: pytest.fail("a text is written again"))
    found = asked_json(made, *asked)
    assert [one["read"]["n"] for one in found["reasons"]] == [2, 2]
    assert all("text" not in side["reason"] for row in found["rows"] for side in row["sides"])
    assert ask(made, "mine", "--task", "phin_demo_ner", "--limit", "1", "--reasons") == 2
    assert "asks for entities" in capsys.readouterr().err


def test_a_page_is_written_and_needs_a_file(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = made / "why.html"
    arguments = ["base", "mine", "--task", "phin_demo_sentiment", "--rows", "all", "--limit", "2", "--format", "html"]
    assert ask(made, *arguments, "--output", str(file)) == 0
    assert '"n":2' in file.read_text(encoding="utf-8").replace(" ", "")
    capsys.readouterr()
    assert ask(made, *arguments) == 2
    assert "add --output why.html" in capsys.readouterr().err
    assert ask(made, *arguments, "--serve", "--output", str(file)) == 2
    assert "writes no file" in capsys.readouterr().err


def test_live_answers_are_those_that_are_stored(made: Path) -> None:
    for task in ("phin_demo_sentiment", "phin_demo_ner"):
        runs = runs_of("base", "mine", task, made / "results")
        found, live = explained(
            runs, Tasks(), made / "adapters", rows=["all"], limit=1, base=str(made / "tiny")
        )  # fmt: skip
        row = found.rows[0]
        whole, without = (live.ask(row.id, words) for words in ({}, {1: ""}))
        assert [side.answer for side in whole] == [side.answer for side in row.sides]
        for stored, asked in zip(row.sides, without, strict=True):
            assert asked.scores == [pytest.approx(stored.scores[2], abs=1e-3)] if stored.scores else not asked.scores
        nothing = live.ask(row.id, dict.fromkeys(range(len(row.words)), ""))
        assert len(nothing) == 2, "all words are left out"
        with pytest.raises(LookupError):
            live.ask(row.id, {len(row.words): "more"})


def test_a_run_that_was_asked_paraphrases_is_put_in_them_again(made: Path) -> None:
    asked = Paraphrased(family="sentiment-en", digest="0" * 16, scores=[{"acc": 0.5}] * 12, changed=0.5)
    base, mine = runs_of("base", "mine", "phin_demo_sentiment", made / "results")
    mine = dataclasses.replace(mine, record=dataclasses.replace(mine.record, paraphrases=asked))
    found, _ = explained([base, mine], Tasks(), made / "adapters", rows=["all"], limit=2, base=str(made / "tiny"))
    assert len(found.prompts) == 12 and found.prompts[0].startswith("{{text}}")
    for row in found.rows:
        assert row.sides[0].prompts == [] and len(row.sides[1].prompts) == 12
        assert set(row.sides[1].prompts) <= set(found.labels)
    lines = terminal(why_blocks(found), 80)
    assert "mine under 12 other prompts: " in lines and "base under" not in lines


@pytest.fixture(scope="module")
def in_own_words(made: Path) -> Path:
    """A prompt file under which base and adapter have runs, too."""
    file = made / "desk.yaml"
    file.write_text(
        "text: 'Headline: {{text}} How does the desk react?'\nlabels: [negative, neutral, positive]\n"
        "answers: {negative: bearish, neutral: flat, positive: bullish}\n"
    )
    (made / "desk-suite.yaml").write_text(SUITE.format(root=made) + f"prompts: [{file}]\n")
    assert main(["run", str(made / "desk-suite.yaml"), "--quiet", "tasks=[phin_demo_sentiment]"]) == 0
    return file


def test_runs_with_a_prompt_file_are_explained_in_its_words(made: Path, in_own_words: Path) -> None:
    named = ["base@desk", "mine@desk", "--task", "phin_demo_sentiment", "--rows", "all", "--limit", "2"]
    own = asked_json(made, *named, "--prompt", str(in_own_words))
    ours = asked_json(made, "base", "mine", *named[2:])
    for row, other in zip(own["rows"], ours["rows"], strict=True):
        assert row["id"] == other["id"]
        assert row["sides"] != other["sides"]
    runs = runs_of("base@desk", "mine@desk", "phin_demo_sentiment", made / "results")
    for at, run in enumerate(runs):
        answers = dict(zip(run.outcomes.ids, run.outcomes.pred, strict=True))
        assert [own["labels"][answers[row["id"]]] for row in own["rows"]] == [
            row["sides"][at]["answer"] for row in own["rows"]
        ]


def test_the_system_message_of_a_prompt_is_put_in_front_again(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text("text: '{{text}} Mood?'\nsystem: You work on a desk.\n")
    task = Tasks().put("phin_demo_sentiment", Words(str(file), None, THINKING_END))
    turns: list[list[dict[str, str]]] = []

    def template(messages: list[dict[str, str]], **_: object) -> str:
        turns.append(messages)
        return json.dumps(messages)

    lm = SimpleNamespace(apply_chat_template=template, loglikelihood=lambda asked, **_: [(0.0, True) for _ in asked])
    row = dict(next(iter(task.task.eval_docs)))
    Asker(lm, task, Variant(chat_template=True, prompt=str(file))).labels([(row, row["text"])])
    assert turns[0][0] == {"role": "system", "content": "You work on a desk."}


def test_a_prompt_that_is_not_the_runs_is_refused(
    made: Path, in_own_words: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["base@desk", "mine@desk", "--task", "phin_demo_sentiment"]
    assert ask(made, *named) == 2
    assert "give its file, as it was: --prompt desk.yaml" in capsys.readouterr().err
    other = made / "other" / "desk.yaml"
    other.parent.mkdir()
    other.write_text(in_own_words.read_text().replace("react", "answer"))
    assert ask(made, *named, "--prompt", str(other)) == 2
    assert "other words, so the answers would be others" in capsys.readouterr().err
    (ours,) = runs_of("base", None, "phin_demo_sentiment", made / "results")
    (mine,) = runs_of("mine@desk", None, "phin_demo_sentiment", made / "results")
    folders = [str(run.path.parent) for run in (ours, mine)]
    assert ask(made, *folders, "--rows", "all", "--prompt", str(in_own_words)) == 2
    assert "two prompts: the task's own, desk" in capsys.readouterr().err


def test_rows_of_a_run_with_a_prompt_file_are_asked_again(
    made: Path, in_own_words: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["verify", str(made / "results"), "--rerun", "4", "--all", "--base", str(made / "tiny")]
    again += ["--adapters", str(made / "adapters")]
    assert main([*again, "--prompt", str(in_own_words)]) == 0
    assert capsys.readouterr().out.count("0 of 4 rows are answered differently") == 6
    assert main(again) == 0
    out = capsys.readouterr().out
    assert out.count("0 of 4 rows are answered differently") == 4 and out.count("the prompt 'desk'") == 2


def test_an_adapter_that_is_elsewhere_says_which_option_names_its_folder(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["why", "base", "mine", "--task", "phin_demo_sentiment", "--results", str(made / "results")]
    assert main([*named, "--base", str(made / "tiny"), "--adapters", str(made)]) == 2
    err = capsys.readouterr().err
    assert "the adapter 'mine' of the run is not here" in err and "--adapters DIR" in err


def test_what_cannot_be_explained_says_why(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["mine"], "has runs of 2 tasks"),
        (["mine", "--task", "phin_demo_sentiment", "--rows", "flips"], "only one was given"),
        (["mine", "--task", "phin_demo_sentiment", "--rows", "nowhere"], "no row 'nowhere'"),
        (["mine", "--task", "phin_demo_sentiment", "--limit", "-1"], "--limit must be at least 0"),
        (["another", "--task", "phin_demo_sentiment"], "unknown run 'another'"),
    ):
        assert ask(made, *arguments) == 2
        assert said in capsys.readouterr().err
