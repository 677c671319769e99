"""Suites and their plans, without a model: strict files, run folders, what counts as done and why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phingpt_bench.core import config
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import GIB, Machine
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.core.paths import share
from phingpt_bench.core.protocol import Protocol
from phingpt_bench.core.provenance import Provenance
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.data import catalogue
from phingpt_bench.evaluate import times
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.earlier import judged
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.plan import plan
from phingpt_bench.evaluate.steps import Step, slug
from phingpt_bench.evaluate.suite import AdapterEntry, Suite, load_suite
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import manager
from phingpt_bench.models import embedded
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.render.plan_blocks import plan_blocks
from phingpt_bench.text.write_terminal import terminal
from phingpt_bench.train.recipe import load_recipe

BASE = BaseSpec(model="org/Some-Model")
IDENTITY = Model(
    name="Some-Model", kind="base", base="org/Some-Model", base_revision="abc", quantisation="nf4+dq",
    compute_dtype="float32",
)  # fmt: skip
MACHINE = Machine(processor="Test", cores=2, memory_bytes=8 * GIB, gpus=[])
SHIPPED = config.shipped_names(share("adapters", "suites"))


@pytest.fixture(autouse=True)
def this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "machine_of", lambda base: MACHINE)


def suite(tmp_path: Path, **changes: object) -> Suite:
    values = {"name": "s", "tasks": ["phin_fpb", "phin_fin"], "bases": [BASE], "results": tmp_path / "r"}
    return Suite(**{**values, **changes})  # type: ignore[arg-type]


def task(name: str, dataset: str, rows: int = 5, requests: int = 3, **changes: object) -> TaskFacts:
    ids = tuple(f"row-{i}" for i in range(rows))
    values = {
        "version": "1.0", "split": "test", "template": "t", "setup": "s", "chat_setup": "c",
        "examples": ("e1", "e2", "e3", "e4", "e5"), "task": None, "ids": ids,
        "extraction": "generation", "form_of": None, "metric": "f1_weighted", "trainable": True,
    }  # fmt: skip
    return TaskFacts(name=name, dataset=catalogue.dataset(dataset), requests=requests, **{**values, **changes})


def adapter(name: str = "a", tasks: tuple[str, ...] = ("phin_fpb",), **changes: object) -> AdapterFacts:
    values = {"folder": Path("adapters") / name, "recipe": None, "card": None, "digest": "d1", "bases": (BASE,)}
    values["variants"] = (Variant(),)
    return AdapterFacts(name=name, tasks=tasks, **{**values, **changes})  # type: ignore[arg-type]


def facts(**changes: object) -> Facts:
    tasks = {"phin_fpb": task("phin_fpb", "fpb"), "phin_fin": task("phin_fin", "fin", requests=1)}
    values = {
        "tasks": tasks, "bases": {BASE: IDENTITY}, "adapters": [], "records": {}, "checks": (),
        "known": Tasks(), "floors": {"labels": ("majority",), "spans": ("crf",)},
    }  # fmt: skip
    return Facts(**{**values, **changes})  # type: ignore[arg-type]


def record_of(step: Step, seconds: float = 10.0, machine: Machine = MACHINE, **fingerprint: Any) -> RunRecord:
    ledger, made = Ledger(seconds={"load": 99.0, "evaluate": seconds}, machine=machine), step.fingerprint
    assert made is not None
    protocol = Protocol(
        id="p", dataset="d", split="test", rows_digest="r", n=step.documents, shots=0, chat_template=False,
        prompt_digest="x", extraction="generation", metric="entity_f1", kind="spans",
    )  # fmt: skip
    return RunRecord(
        run_id="1", created="2026-01-01T00:00:00+00:00", suite="s", task=step.task or "", task_version="1.0",
        model=IDENTITY, protocol=protocol, limit=None, seed=0, scores={}, diagnostics=Diagnostics(), evaluation=ledger,
        provenance=Provenance(fingerprint=replace(made, **fingerprint)),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_suites_name_what_there_is(name: str) -> None:
    shipped = load_suite(name)
    tasks = manager.expand(shipped.tasks)
    for entry in shipped.adapters:
        recipe = load_recipe(entry.recipe or "")
        assert recipe.base.model in {base.model for base in shipped.bases}
        assert set(manager.expand(entry.tasks or shipped.tasks)) <= set(tasks)


def test_the_demo_and_the_real_suite_are_shipped() -> None:
    assert {"demo", "smollm2-135m"} <= set(SHIPPED)


def test_a_misspelt_key_is_reported_with_line_and_nearest(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("name: my\ntasks: [phin_fpb]\nbatchsize: 4\nvariants:\n  - {shot: 5}\n")
    with pytest.raises(BenchError) as error:
        load_suite(str(file))
    assert f"{file}:3: unknown key 'batchsize' (did you mean 'batch_size'?)" in str(error.value)
    assert f"{file}:5: unknown key 'shot' (did you mean 'shots'?)" in str(error.value)


def test_unknown_suite_names_the_nearest() -> None:
    with pytest.raises(BenchError, match="did you mean 'demo'"):
        load_suite("dmo")


def test_missing_suite_file(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no such suite file"):
        load_suite(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tasks": []}, "at least one task"),
        ({"bases": [], "floors": False}, "nothing to evaluate"),
        ({"bases": [BASE, BASE]}, "same base is given twice"),
        ({"variants": [Variant(), Variant()]}, "same variant is given twice"),
        ({"bases": [], "adapters": [AdapterEntry(recipe="demo")]}, "adapters need the base"),
        ({"limit": 0}, "limit is at least 1"),
        ({"name": "a/b"}, "name holds only"),
    ],
)
def test_suites_that_make_no_sense(changes: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=words):
        suite(tmp_path, **changes)


def test_an_adapter_is_a_recipe_or_a_path() -> None:
    with pytest.raises(BenchError, match="either 'recipe' or 'path'"):
        AdapterEntry()
    with pytest.raises(BenchError, match="either 'recipe' or 'path'"):
        AdapterEntry(recipe="a", path=Path("b"))


def test_plan_has_every_row_once(tmp_path: Path) -> None:
    s = suite(tmp_path, variants=[Variant(), Variant(shots=5)])
    steps = plan(s, facts(adapters=[adapter()]))
    assert [
        (step.kind, step.task, step.adapter or (None if step.base else step.model), str(step.variant)) for step in steps
    ] == [
        ("evaluate", "phin_fpb", None, "0-shot"),
        ("evaluate", "phin_fpb", None, "5-shot"),
        ("evaluate", "phin_fpb", "a", "0-shot"),
        ("evaluate", "phin_fin", None, "0-shot"),
        ("evaluate", "phin_fin", None, "5-shot"),
        ("floor", "phin_fpb", "majority", "0-shot"),
        ("floor", "phin_fin", "crf", "0-shot"),
    ]
    assert [step.requests for step in steps] == [15, 15, 15, 5, 5, 0, 0], "a floor is no model that is asked"
    assert steps[0].folder == tmp_path / "r" / "runs" / "phin_fpb" / "some-model-nf4-dq-float32_0-shot"
    assert len({step.folder for step in steps}) == len(steps)


def test_a_limit_or_a_seed_has_its_own_folder_unless_it_changes_nothing(tmp_path: Path) -> None:
    whole = plan(suite(tmp_path), facts())[0]
    small = plan(suite(tmp_path, limit=3), facts())[0]
    same = plan(suite(tmp_path, limit=5), facts())[0]
    seeded = plan(suite(tmp_path, seed=1), facts())[0]
    assert small.folder != whole.folder and small.documents == 3
    assert same.folder == whole.folder and same.fingerprint == whole.fingerprint
    assert seeded.folder != whole.folder


def test_only_leaves_out_other_tasks_and_trainings(tmp_path: Path) -> None:
    entry = adapter(recipe=load_recipe("demo"))
    steps = plan(suite(tmp_path), facts(adapters=[entry]), only=["phin_fin"])
    assert {step.task for step in steps} == {"phin_fin"}


@pytest.mark.parametrize(
    ("examples", "shots", "words", "hint"),
    [
        ((), 3, "task 'phin_fpb' cannot be run 3-shot: it has no examples", "--shots 0"),
        (("e1", "e2"), 3, "task 'phin_fpb' cannot be run 3-shot: it has 2 examples", "at most 2"),
    ],
)
def test_more_shots_than_there_are_examples(
    examples: tuple[str, ...], shots: int, words: str, hint: str, tmp_path: Path
) -> None:
    few = {"phin_fpb": task("phin_fpb", "fpb", examples=examples), "phin_fin": task("phin_fin", "fin")}
    s = suite(tmp_path, variants=[Variant(shots=shots)])
    with pytest.raises(BenchError, match=words) as error:
        plan(s, facts(tasks=few))
    assert hint in (error.value.hint or "")
    with pytest.raises(BenchError, match=words):
        plan(suite(tmp_path), facts(tasks=few, adapters=[adapter(variants=(Variant(shots=shots),))]))
    assert plan(s, facts(tasks=few), only=["phin_fin"])
    enough = suite(tmp_path, variants=[Variant(shots=len(examples))])
    assert plan(enough, facts(tasks=few))


def test_an_untrained_recipe_is_trained_first(tmp_path: Path) -> None:
    steps = plan(suite(tmp_path), facts(adapters=[adapter(recipe=load_recipe("demo"), digest=None)]))
    assert steps[0].kind == "train" and not steps[0].done
    tuned = next(step for step in steps if step.kind == "evaluate" and step.adapter)
    assert tuned.fingerprint is not None and tuned.fingerprint.adapter == "not trained yet"


def test_a_run_with_the_same_fingerprint_is_done(tmp_path: Path) -> None:
    step = plan(suite(tmp_path), facts())[0]
    again = plan(suite(tmp_path), facts(records={step.folder: record_of(step)}))[0]
    assert again.done and again.reason is None
    assert again.seconds == 10.0, "loading is no part of a run's own time"
    forced = plan(suite(tmp_path), facts(records={step.folder: record_of(step)}), force=True)[0]
    assert not forced.done and forced.reason == "asked for with --force"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("template", "other", "prompt has changed"),
        ("setup", "other", "settings have changed"),
        ("rows", digest([]), "other rows"),
        ("base", "org/Other-Model", "another base model"),
        ("base_revision", "other", "another base model"),
        ("compute_dtype", "bfloat16", "another base model"),
        ("adapter", "other", "another adapter"),
        ("shots", 5, "another prompt variant"),
        ("chat_template", True, "another prompt variant"),
        ("limit", 3, "another limit"),
        ("seed", 1, "another seed"),
        ("device", "cuda", "another device"),
        ("batch_size", 1, "another batch size"),
        ("dequantise", None, "another way of unpacking"),
    ],
)
def test_every_part_of_the_fingerprint_counts(key: str, value: object, words: str, tmp_path: Path) -> None:
    step = plan(suite(tmp_path), facts())[0]
    again = plan(suite(tmp_path), facts(records={step.folder: record_of(step, **{key: value})}))[0]
    assert not again.done
    assert words in (again.reason or "")


def test_a_base_whose_wheel_is_missing_is_named_with_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_installed", lambda name, ending: None)
    step = plan(suite(tmp_path), facts())[0]
    known = facts(records={step.folder: record_of(step, base=embedded.GEMMA.wheel_name)})
    reason = plan(suite(tmp_path), known)[0].reason
    assert reason == "its base is not installed here: phingpt-bench models install gemma-3-270m"
    monkeypatch.setattr(embedded, "_installed", lambda name, ending: tmp_path)
    assert plan(suite(tmp_path), known)[0].reason == "it was run with another base model"


def test_a_revision_that_is_not_known_yet_is_not_held_against_a_record(tmp_path: Path) -> None:
    step = plan(suite(tmp_path), facts())[0]
    unknown = facts(bases={BASE: replace(IDENTITY, base_revision=None)}, records={step.folder: record_of(step)})
    assert plan(suite(tmp_path), unknown)[0].done


def test_a_damaged_record_is_made_again(tmp_path: Path) -> None:
    step = plan(suite(tmp_path), facts())[0]
    again = plan(suite(tmp_path), facts(records={step.folder: None}))[0]
    assert not again.done and again.reason == "its record cannot be read"


def test_time_comes_from_this_machine_only(tmp_path: Path) -> None:
    step = plan(suite(tmp_path, limit=2), facts())[0]
    whole = plan(suite(tmp_path), facts(records={step.folder: record_of(step, 4.0)}))[0]
    assert (whole.seconds, whole.scaled) == (10.0, True), "2 of 5 rows took 4 s"
    other = plan(
        suite(tmp_path), facts(records={step.folder: record_of(step, 4.0, machine=replace(MACHINE, cores=4))})
    )[0]
    assert other.seconds is None


def test_the_time_of_paraphrases_counts_where_they_are_asked(tmp_path: Path) -> None:
    step = plan(suite(tmp_path), facts())[0]
    record = record_of(step, 4.0)
    assert judged(replace(step, paraphrases=True), facts(records={step.folder: record}), False).seconds is None
    spent = replace(record.evaluation, seconds={**record.evaluation.seconds, "paraphrases": 50.0})
    prompts = Paraphrased(family="f", digest="d", scores=[], changed=0.0)
    known = facts(records={step.folder: replace(record, evaluation=spent, paraphrases=prompts)})
    assert judged(step, known, False).seconds == 4.0
    assert judged(replace(step, paraphrases=True), known, False).seconds == 54.0


def test_time_under_another_limit_is_that_of_the_same_work(tmp_path: Path) -> None:
    """Records of another task, prompt, model or seed in other folders say nothing of a run's time."""
    first, small = plan(suite(tmp_path), facts())[0], plan(suite(tmp_path, limit=2), facts())[0]
    record = record_of(small, 4.0)
    elsewhere = small.folder.with_name("somewhere")
    assert plan(suite(tmp_path), facts(records={elsewhere: record}))[0].seconds == 10.0
    for other in (
        replace(record, task="phin_fin"),
        replace(record, seed=1),
        replace(record, model=replace(IDENTITY, quantisation=None)),
        replace(record, model=replace(IDENTITY, kind="tuned", adapter="a")),
        replace(record, protocol=replace(record.protocol, shots=5)),
    ):
        assert plan(suite(tmp_path), facts(records={elsewhere: other}))[0].seconds is None
    assert first.seconds is None


def test_checks_come_last_and_have_folders_of_their_own(tmp_path: Path) -> None:
    steps = plan(suite(tmp_path, checks=True), facts(checks=("oracle", "null", "echo")))
    made = [(step.kind, step.model, step.task) for step in steps[-6:]]
    assert made[:3] == [("check", name, "phin_fpb") for name in ("oracle", "null", "echo")]
    assert steps[-1].folder == tmp_path / "r" / "runs" / "phin_fin" / "check_echo"
    done = plan(suite(tmp_path), facts(checks=("oracle",), records={steps[-6].folder: record_of(steps[-6])}))
    assert next(step for step in done if step.model == "oracle").done
    assert "check: oracle" in terminal(plan_blocks(suite(tmp_path, checks=True), steps))


def test_a_plan_says_which_runs_are_not_asked_paraphrases(tmp_path: Path) -> None:
    s = suite(tmp_path, paraphrases=True)
    (first, second, *_) = (step for step in plan(suite(tmp_path), facts()) if step.kind == "evaluate")
    steps = [replace(first, paraphrases=True), replace(second, paraphrases=False)]
    assert f"prompt: {second.task} ({second.variant})" in terminal(plan_blocks(s, steps), 200)
    assert "Without paraphrases" not in terminal(plan_blocks(s, steps[:1]), 200)
    assert "Without paraphrases" not in terminal(plan_blocks(suite(tmp_path), steps), 200)


def test_a_part_without_runs_does_not_say_that_everything_is_there(tmp_path: Path) -> None:
    assert "this part has no runs" in terminal(plan_blocks(suite(tmp_path), []))


def test_two_models_in_one_folder_are_refused(tmp_path: Path) -> None:
    twin = BaseSpec(model="other/Some-Model")
    with pytest.raises(BenchError, match="same folder"):
        plan(suite(tmp_path, bases=[BASE, twin]), facts(bases={BASE: IDENTITY, twin: IDENTITY}))


def test_slug_is_a_file_name() -> None:
    assert slug("Llama 3.1/8B", None, "5-shot chat") == "llama-3.1-8b_5-shot-chat"
    assert slug("../x") == "x"


def test_the_plan_fits_80_columns_and_says_what_is_unknown(tmp_path: Path) -> None:
    s = suite(tmp_path, results=Path("results/s"), variants=[Variant(), Variant(shots=5, chat_template=True)])
    entry = adapter("sentiment-with-a-long-name", recipe=load_recipe("demo"), digest=None)
    first = plan(s, facts(adapters=[entry]))
    step = next(step for step in first if step.kind == "evaluate")
    text = terminal(plan_blocks(s, plan(s, facts(adapters=[entry], records={step.folder: record_of(step, seed=7)}))))
    assert max(map(len, text.splitlines())) <= 80
    assert "phin_fpb, 5 documents" in text
    assert "again: it was run with another" in " ".join(text.split())
    assert "unknown for the rest" in " ".join(text.split())
    assert "1 training and 7 runs with" in " ".join(text.split())
