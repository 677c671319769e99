"""Paraphrases: twelve prompts a task family, asked after a run, in its record and on its row of the board."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from helpers.board_factory import make_run
from helpers.paths import ROOT
from helpers.tiny import save_tiny

from phingpt_bench.board.prompts import prompt_spread
from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.data import catalogue
from phingpt_bench.data.paraphrases import Family, family_of, read_family
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import asking, manager
from phingpt_bench.results.collect import Run
from phingpt_bench.served.spec import ServedSpec

FILES = sorted((ROOT / "adapters" / "prompts").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_family_has_twelve_prompts_that_name_every_label(path: Path) -> None:
    family = read_family(path)
    prompts = family.prompts()
    assert len(prompts) == len({prompt.digest for prompt in prompts}) == 12
    assert sum(prompt.text.startswith("{{text}}") for prompt in prompts) == 9
    for prompt in prompts:
        assert all(family.answers.get(label, label) in prompt.text for label in family.labels)
        assert set(family.about) == prompt.fields
        assert prompt.text == prompt.text.rstrip() and "{1}" not in prompt.text
    assert path.read_text().startswith("# phingpt-bench evaluate")


@pytest.mark.parametrize(
    ("dataset", "fields", "name"),
    [
        ("fpb", ("text",), "sentiment-en"),
        ("finentity", ("text", "entity"), "sentiment-of-entity-en"),
        ("fpb_es_mt", ("text",), "sentiment-es"),
        ("fomc_5768", ("text",), "stance-en"),
        ("multifin_es", ("text",), "topics-es"),
        ("fin", ("text",), "entities-en"),
        ("gold", ("text", "question"), None),
        ("fin_tner", ("text",), None),
        ("nwgi", ("text",), None),
    ],
)
def test_a_task_gets_the_family_of_its_labels_and_language(
    dataset: str, fields: tuple[str, ...], name: str | None
) -> None:
    found = family_of(catalogue.dataset(dataset), fields)
    assert (None if found is None else found[0]) == name


def test_a_bad_family_says_what_is_wrong() -> None:
    good = read_family(FILES[0])
    with pytest.raises(BenchError, match="one does not hold each label once"):
        dataclasses.replace(good, orders=[good.labels[:-1]])
    with pytest.raises(BenchError, match="one does not name every label"):
        dataclasses.replace(good, wordings=["{{text}} {1}"])


def test_served_models_are_not_asked() -> None:
    with pytest.raises(BenchError, match="loaded here"):
        Suite(name="s", tasks=["t"], bases=[ServedSpec(engine="vllm", model="m")], paraphrases=True)


@pytest.mark.slow
def test_few_shot_examples_use_the_paraphrase_too() -> None:
    known = Tasks()
    task = known["phin_demo_sentiment"]
    family = Family(**vars_of(read_family(ROOT / "adapters" / "prompts" / "sentiment-en.yaml")))
    put = asking.under(task.name, family.prompts()[-1], known.manager)
    prompt = manager.render_prompt(put, put.eval_docs[0], shots=2)
    assert prompt.count("Decide whether the following report is neutral, positive or negative") == 3
    assert prompt.endswith("\nDecision:")


def vars_of(family: Family) -> dict[str, Any]:
    return {field.name: getattr(family, field.name) for field in dataclasses.fields(family)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a tiny model on the demo tasks, run without paraphrases first."""
    root = tmp_path_factory.mktemp("paraphrases")
    save_tiny(root / "tiny", hidden_size=32, intermediate_size=64, initializer_range=0.2)
    (root / "suite.yaml").write_text(
        f"name: p\ntasks: [phin_demo_sentiment, phin_demo_ner]\nfloors: false\nlimit: 4\nresults: {root / 'results'}\n"
        f"bases: [{{model: {root / 'tiny'}, quantisation: none, compute_dtype: float32, device: cpu}}]\n"
    )
    assert main(["run", str(root / "suite.yaml"), "--quiet"]) == 0
    return root


@pytest.mark.slow
def test_paraphrases_are_asked_after_the_run_and_once(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def records() -> dict[str, dict[str, Any]]:
        found = [json.loads(path.read_text()) for path in (made / "results").rglob("run.json")]
        return {record["task"]: record for record in found}

    before = records()
    command = ["run", str(made / "suite.yaml"), "--prompts", "paraphrases"]
    capsys.readouterr()
    assert main([*command, "--dry-run"]) == 0
    assert "run without paraphrases" in " ".join(capsys.readouterr().out.split())
    assert main([*command, "--quiet"]) == 0
    capsys.readouterr()
    assert main(["leaderboard", str(made / "results"), "--full"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "(12)" in out and "of the rows change their answer" in out
    after = records()
    for task, family in (("phin_demo_sentiment", "sentiment-en"), ("phin_demo_ner", "entities-en")):
        found = after[task]["paraphrases"]
        assert found["family"] == family and len(found["scores"]) == 12
        assert 0 <= found["changed"] <= 1
        assert after[task]["scores"] == before[task]["scores"]  # the headline stays that of the task's prompt
        assert after[task]["evaluation"]["tokens_in"] == before[task]["evaluation"]["tokens_in"]
        assert after[task]["evaluation"]["seconds"]["paraphrases"] > 0
    assert main([*command, "--quiet"]) == 0
    assert {task: record["run_id"] for task, record in records().items()} == {
        task: record["run_id"] for task, record in after.items()
    }


@pytest.mark.slow
def test_a_paraphrase_scores_as_a_prompt_file_of_its_words(made: Path, tmp_path: Path) -> None:
    """The fast way, all prompts together, against a run of its own under one of them."""
    from phingpt_bench.data.prompt_file import as_yaml

    if not any(json.loads(path.read_text())["paraphrases"] for path in (made / "results").rglob("run.json")):
        assert main(["run", str(made / "suite.yaml"), "--prompts", "paraphrases", "--quiet"]) == 0
    record = next(
        record
        for path in (made / "results").rglob("run.json")
        if (record := json.loads(path.read_text()))["task"] == "phin_demo_sentiment"
    )
    prompt = read_family(ROOT / "adapters" / "prompts" / "sentiment-en.yaml").prompts()[7]
    (tmp_path / "seven.yaml").write_text(as_yaml(prompt))
    suite = (made / "suite.yaml").read_text().replace(str(made / "results"), str(tmp_path / "results"))
    (tmp_path / "suite.yaml").write_text(f"{suite}prompts: [{tmp_path / 'seven.yaml'}]\n")
    assert main(["run", str(tmp_path / "suite.yaml"), "--only", "phin_demo_sentiment", "--quiet"]) == 0
    (own,) = (json.loads(path.read_text()) for path in (tmp_path / "results").rglob("run.json"))
    assert own["scores"]["acc"] == pytest.approx(record["paraphrases"]["scores"][7]["acc"])
    assert own["scores"]["brier"] == pytest.approx(record["paraphrases"]["scores"][7]["brier"], abs=1e-3)


def asked(run: Run, scores: list[float | None], digest: str = "d") -> Run:
    found = Paraphrased(family="f", digest=digest, scores=[{"acc": score} for score in scores], changed=0.25)
    return dataclasses.replace(run, record=dataclasses.replace(run.record, paraphrases=found))


def test_a_tuned_row_says_under_how_many_prompts_it_is_better() -> None:
    base, tuned = make_run(kind="base"), make_run(kind="tuned")
    low, high = asked(base, [0.5, 0.6, None]), asked(tuned, [0.7, 0.6, 0.8])
    spread = prompt_spread(high, low, "acc")
    assert spread is not None
    assert (spread.low, spread.high, spread.n, spread.better, spread.compared) == (0.6, 0.8, 3, 1, 2)
    other = prompt_spread(high, asked(base, [0.5, 0.5, 0.5], "other"), "acc")
    assert other is not None and other.better is None
    assert prompt_spread(tuned, low, "acc") is None
    assert prompt_spread(asked(tuned, [None]), low, "acc") is None


def test_a_prompt_of_the_users_is_not_paraphrased() -> None:
    from phingpt_bench.evaluate.paraphrased import family_for

    task = Tasks()["phin_demo_sentiment"]
    assert family_for(task, Variant(prompt="mine.yaml")) is None
    found = family_for(task, Variant())
    assert found is not None and found[0] == "sentiment-en"
