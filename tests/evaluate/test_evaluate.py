"""Runs end to end on a tiny random model: files, resume, refusals, and that the base is the base."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.tiny import save_tiny

from phingpt_bench.cli.main import main
from phingpt_bench.core import jsonio
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import KINDS
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.data import catalogue
from phingpt_bench.evaluate import job
from phingpt_bench.evaluate import run as engine
from phingpt_bench.evaluate.adapters import Training
from phingpt_bench.evaluate.answers import check_scores, read_answers
from phingpt_bench.evaluate.facts import gather
from phingpt_bench.evaluate.plan import plan
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import AdapterEntry, Suite
from phingpt_bench.evaluate.tasks import Tasks, task_facts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.live.display import Display
from phingpt_bench.live.events import Advanced, Event, Planned, Priced, Said, Scored, StageEnded, StageStarted
from phingpt_bench.lmeval import manager
from phingpt_bench.models import adapter
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.results.calibrated import calibrated
from phingpt_bench.results.collect import collect, read_run
from phingpt_bench.scoring import answered, version
from phingpt_bench.scoring.placed import placed
from phingpt_bench.train.recipe import load_recipe
from phingpt_bench.train.run import train

pytestmark = pytest.mark.slow

SENTIMENT, NER = "phin_demo_sentiment", "phin_demo_ner"
LIMIT = 4
PLANNED = ["evaluate", "--base", "smollm2-135m-instruct", "--tasks", SENTIMENT, "--dry-run"]
FILES = ("run.json", "outcomes.json", "samples.jsonl")

LABELS = ["negative", "neutral", "positive"]


class World:
    """A folder with a tiny base and a recipe for it; its adapter is trained on a few rows when a suite first asks."""

    def __init__(self, root: Path):
        self.root = root
        model = save_tiny(root / "tiny", hidden_size=32, intermediate_size=64)
        self.base = BaseSpec(model=str(model), compute_dtype="float32", device="cpu")
        self.recipe = root / "tiny-adapter.yaml"
        self.recipe.write_text(
            f"name: tiny-adapter.v1\ntasks: [{SENTIMENT}]\n"
            f"base: {{model: {model}, compute_dtype: float32, device: cpu}}\n"
        )
        self.trained = 0
        self.readings: list[Path] = []  # folders of task files that were read for the suite `whole`
        self.adapter = root / "adapters" / "tiny-adapter.v1"
        self.known = Tasks()
        self.training = Training(load=load_recipe, folder=lambda recipe: self.adapter, train=self._train)

    def _train(self, recipe: Any, out: Path, **options: Any) -> Path:
        self.trained += 1
        return train(recipe, out, **options)

    def suite(self, results: Path, **changes: Any) -> Suite:
        values = {"name": "t", "tasks": [SENTIMENT], "bases": [self.base], "floors": False, "limit": LIMIT}
        return Suite(**{**values, "results": results, **changes})

    def run(self, suite: Suite, **options: Any) -> list[Path]:
        return engine.run(suite, gather(suite, self.training, self.known), self.training, **options).done

    def plan(self, suite: Suite) -> list[Step]:
        return plan(suite, gather(suite, self.training, self.known))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def whole(world: World) -> Suite:
    """A suite that has been run: base under two variants, adapter, floors, on both kinds of task."""
    suite = world.suite(
        world.root / "whole",
        tasks=[SENTIMENT, NER],
        variants=[Variant(), Variant(shots=2)],
        adapters=[AdapterEntry(recipe=str(world.recipe))],
        floors=True,
    )
    world.known = Tasks()  # as a command makes it
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manager, "check_syntax", counted(world.readings, manager.check_syntax))
        made = world.run(suite)
    assert len(made) == 3 + 3 + 5 + 1, "two bases and an adapter on each task, five floors and one"
    return suite


def counted(calls: list[Path], function: Callable[[Path], None]) -> Callable[[Path], None]:
    def called(folder: Path) -> None:
        calls.append(folder)
        function(folder)

    return called


def test_task_files_are_read_once_for_training_evaluation_exposure_and_floors(whole: Suite, world: World) -> None:
    assert world.trained >= 1 and world.readings == [manager.tasks_dir()]


def record(folder: Path) -> dict[str, Any]:
    return jsonio.read_json(folder / "run.json")


def folder_of(suite: Suite, task: str, part: str) -> Path:
    (found,) = [path for path in (suite.results_folder / "runs" / task).iterdir() if part in path.name]
    return found


def test_every_run_has_its_three_files_and_the_board_reads_them(whole: Suite) -> None:
    folders = list((whole.results_folder / "runs").glob("*/*"))
    assert len(folders) == 12
    for folder in folders:
        assert sorted(file.name for file in folder.iterdir()) == sorted(FILES)
    assert {run.record.model.kind for run in collect(whole.results_folder)} == {"base", "tuned", "floor"}


def test_samples_hold_every_request_and_outcomes_no_text(whole: Suite) -> None:
    rows = {task: list(task_facts(task).task.eval_docs)[:LIMIT] for task in (SENTIMENT, NER)}
    for task, docs in rows.items():
        for folder in (whole.results_folder / "runs" / task).iterdir():
            lines = [json.loads(line) for line in (folder / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
            assert [line["id"] for line in lines] == [doc["id"] for doc in docs]
            assert all(doc["text"] in line["prompt"] for doc, line in zip(docs, lines, strict=True))
            if task == SENTIMENT:
                assert all(line["continuations"] == [" negative", " neutral", " positive"] for line in lines)
                assert all(len(line["log_likelihoods"]) == 3 for line in lines)
            else:
                assert all(isinstance(line["answer"], str) for line in lines)
                found = placed(read_run(folder / "run.json").outcomes)  # which checks them against the counts
                assert found.gold == [answered.gold_spans(doc) for doc in docs]
                assert [list(map(list, spans)) for spans in found.predicted] == [
                    [span[:3] for span in line["parsed"]] for line in lines
                ]
            outcomes = (folder / "outcomes.json").read_text(encoding="utf-8")
            assert not any(word in outcomes for doc in docs for word in doc["text"].split() if len(word) > 8)


def test_base_and_adapter_are_both_asked_without_a_text_and_get_contextual_rows(whole: Suite) -> None:
    runs = [run for run in collect(whole.results_folder) if run.task == SENTIMENT and run.kind in ("base", "tuned")]
    priors = {run.kind: run.record.diagnostics.content_free for run in runs if "0-shot" in run.record.protocol.variant}
    assert sorted(priors) == ["base", "tuned"] and priors["base"] != priors["tuned"]
    assert all(calibrated(run, "contextual") is not None for run in runs)


def test_a_record_says_what_was_run(whole: Suite, world: World) -> None:
    tuned = record(folder_of(whole, SENTIMENT, "tiny-adapter"))
    assert tuned["model"]["kind"] == "tuned" and tuned["model"]["adapter"] == "tiny-adapter.v1"
    assert tuned["model"]["quantisation"] == "nf4+dq" and tuned["limit"] == LIMIT
    assert tuned["protocol"]["extraction"] == "label-loglikelihood" and tuned["protocol"]["metric"] == "f1_weighted"
    assert tuned["diagnostics"]["probe"]["largest_logit_difference"] > 0
    assert tuned["diagnostics"]["probe"]["off_equals_bare_base"] is True
    assert tuned["training"] == jsonio.read_json(world.adapter / adapter.CARD)["cost"]
    assert {kind: tuned["exposure"][kind] for kind in KINDS} == dict.fromkeys(KINDS, 0)
    assert tuned["exposure"]["base"] is None
    assert tuned["exposure"]["compared"]["by"] == "texts" and tuned["protocol"]["synthetic"] is True
    elsewhere = record(folder_of(whole, NER, "tiny-adapter"))
    assert elsewhere["diagnostics"]["trained_on_task"] is False
    assert tuned["diagnostics"]["trained_on_task"] is True
    assert elsewhere["protocol"]["extraction"] == "generation" and elsewhere["protocol"]["kind"] == "spans"
    assert set(elsewhere["diagnostics"]["misses"]) >= {"boundary", "missed", "hallucinated"}
    base = record(folder_of(whole, SENTIMENT, "float32_2-shot"))
    assert base["protocol"]["shots"] == 2 and base["exposure"] is None and base["training"] is None
    assert {run["provenance"]["scoring"] for run in (tuned, elsewhere, base)} == {version.VERSION}
    floor = record(folder_of(whole, SENTIMENT, "majority"))
    assert floor["training"]["seconds"]["train"] >= 0 and floor["model"]["base"] is None
    fitted = record(folder_of(whole, SENTIMENT, "tfidf-lr"))["exposure"]["compared"]
    assert fitted == {"by": "texts", "training_rows": 528, "test_rows": LIMIT, "why": None}
    assert floor["exposure"]["compared"]["training_rows"] == 0, "it learns from labels alone"


def test_tokens_and_seconds_are_measured_and_loading_is_booked_once(whole: Suite) -> None:
    runs = [record(folder) for folder in (whole.results_folder / "runs").glob("*/tiny*")]
    assert sum("load" in run["evaluation"]["seconds"] for run in runs) == 1
    for run in runs:
        assert run["evaluation"]["seconds"]["evaluate"] > 0
        assert run["evaluation"]["tokens_in"] > LIMIT
    shots = {run["protocol"]["shots"]: run["evaluation"]["tokens_in"] for run in runs if run["task"] == SENTIMENT}
    assert shots[2] > shots[0]


class Recorder(Display):
    """Keeps what it is told, by stage."""

    watched = True

    def __init__(self) -> None:
        self.planned: list[str] = []
        self.stages: dict[str, list[Event]] = {}
        self.said: list[str] = []
        self.priced = False

    def tell(self, event: Event) -> None:
        if isinstance(event, Planned):
            self.planned = [*self.stages, *(stage.key for stage in event.stages)]
        elif isinstance(event, StageStarted):
            self.stages[event.stage.key] = [event]
        elif isinstance(event, Said):
            self.said.append(event.text)
        elif isinstance(event, Priced):
            self.priced = True
        else:
            next(reversed(self.stages.values())).append(event)


def test_what_is_shown_is_what_is_recorded_and_changes_nothing(whole: Suite, world: World, tmp_path: Path) -> None:
    suite = replace(whole, results=tmp_path)
    recorder = Recorder()
    made = world.run(suite, display=recorder)
    assert recorder.priced and recorder.planned == list(recorder.stages), "another order than planned"
    assert [key for key in recorder.stages if key.split()[0] in ("load", "probe")] == list(recorder.stages)[:2]
    for folder in made:
        told = recorder.stages[str(folder)]
        scores = [event for event in told if isinstance(event, Scored)]
        metric = record(folder)["protocol"]["metric"]
        assert scores[-1].final and scores[-1].value == record(folder)["scores"][metric]
        if len(scores) > 1:  # a learned baseline that was kept says only the last
            assert not scores[-2].final and replace(scores[-2], final=True) == scores[-1], (
                "the running score at the end"
            )
        assert len(scores) > 1 or folder.name.startswith("floor_")
        assert sum(event.count for event in told if isinstance(event, Advanced)) == LIMIT == told[0].stage.total
        tokens = [record(folder)["evaluation"][name] or 0 for name in ("tokens_in", "tokens_out")]
        assert sum(event.tokens for event in told if isinstance(event, Advanced)) == sum(tokens)
        assert told[-1] == StageEnded()
        quiet = whole.results_folder / folder.relative_to(tmp_path)
        assert record(quiet)["scores"] == record(folder)["scores"]
        for name in ("outcomes.json", "samples.jsonl"):
            assert (quiet / name).read_bytes() == (folder / name).read_bytes()


def test_answers_in_lm_evals_own_way_are_reported_in_the_end(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phingpt_bench.engine.writing.generate.why_not", lambda lm, settings: "a test")
    recorder = Recorder()
    (folder,) = world.run(world.suite(tmp_path, tasks=[NER]), display=recorder)
    told = recorder.stages[str(folder)]
    assert sum(event.count for event in told if isinstance(event, Advanced)) == LIMIT
    assert [event.final for event in told if isinstance(event, Scored)] == [False, True]


def test_what_is_done_is_not_done_again(whole: Suite, world: World) -> None:
    assert all(step.done for step in world.plan(whole))
    before = world.trained
    assert world.run(whole) == []
    assert world.trained == before


def test_the_base_scores_the_same_without_any_adapter(whole: Suite, world: World, tmp_path: Path) -> None:
    bare = world.suite(tmp_path / "bare", tasks=[SENTIMENT, NER])
    world.run(bare)
    for task in (SENTIMENT, NER):
        with_adapters, without = folder_of(whole, task, "float32_0-shot"), folder_of(bare, task, "float32_0-shot")
        for file in ("samples.jsonl", "outcomes.json"):
            assert (with_adapters / file).read_bytes() == (without / file).read_bytes()
    tuned = folder_of(whole, SENTIMENT, "tiny-adapter") / "samples.jsonl"
    assert tuned.read_bytes() != (folder_of(bare, SENTIMENT, "0-shot") / "samples.jsonl").read_bytes()


def interrupt_at(call: int, function: Callable[..., Any]) -> Callable[..., Any]:
    calls = 0

    def interrupted(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return function(*args)

    return interrupted


def test_an_interrupted_run_goes_on_where_it_stopped(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = world.suite(tmp_path / "r", variants=[Variant(), Variant(shots=1), Variant(shots=2)])
    with monkeypatch.context() as patch:
        patch.setattr(job, "check_scores", interrupt_at(2, job.check_scores))
        with pytest.raises(KeyboardInterrupt):
            world.run(suite)
    kept = f"stopped: 1 of 3 runs are kept in {suite.results_folder}; the same command resumes\n"
    assert capsys.readouterr().err.endswith(kept)
    first = folder_of(suite, SENTIMENT, "0-shot")
    assert [step.done for step in world.plan(suite)] == [True, False, False]
    before = (first / "run.json").read_bytes()
    made = world.run(suite)
    assert first not in made and len(made) == 2
    assert (first / "run.json").read_bytes() == before
    assert all(step.done for step in world.plan(suite))


def test_a_run_that_stops_while_writing_is_not_done(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = world.suite(tmp_path / "r")
    (folder,) = world.run(suite)
    with monkeypatch.context() as patch:
        patch.setattr(jsonio, "write_bytes", interrupt_at(3, jsonio.write_bytes))
        with pytest.raises(KeyboardInterrupt):
            world.run(suite, force=True)
    assert not (folder / "run.json").exists(), "the old record must not stand beside new samples"
    assert world.run(suite) == [folder]


def test_a_changed_fingerprint_is_run_again_and_says_why(world: World, tmp_path: Path) -> None:
    suite = world.suite(tmp_path / "r")
    (folder,) = world.run(suite)
    old = record(folder)
    old["provenance"]["fingerprint"]["template"] = "another"
    jsonio.write_json(folder / "run.json", old)
    (step,) = world.plan(suite)
    assert not step.done and step.reason == "the task's prompt has changed"
    assert world.run(suite) == [folder]
    assert record(folder)["provenance"]["fingerprint"]["template"] != "another"


@pytest.fixture
def trained(whole: Suite, world: World, tmp_path: Path) -> Path:
    """A copy of the trained adapter that a test may spoil."""
    import shutil

    return Path(shutil.copytree(world.adapter, tmp_path / "copy"))


def spoil(folder: Path, **changes: Any) -> None:
    card = jsonio.read_json(folder / adapter.CARD)
    jsonio.write_json(folder / adapter.CARD, {**card, **changes})


def refused(world: World, tmp_path: Path, folder: Path, words: str, **changes: Any) -> BenchError:
    suite = world.suite(tmp_path / "r", adapters=[AdapterEntry(path=folder)], **changes)
    with pytest.raises(BenchError, match=words) as error:
        world.run(suite)
    assert not (tmp_path / "r").exists(), "nothing is evaluated before everything is known to fit"
    return error.value


def test_an_adapter_trained_under_another_prompt_is_refused(trained: Path, world: World, tmp_path: Path) -> None:
    spoil(trained, templates={SENTIMENT: "another"})
    error = refused(world, tmp_path, trained, f"another prompt of task '{SENTIMENT}'")
    assert "train it again" in (error.hint or "")


def test_an_adapter_for_another_base_is_refused(trained: Path, world: World, tmp_path: Path) -> None:
    refused(world, tmp_path, trained, "for another base", bases=[replace(world.base, quantisation="none")])
    spoil(trained, base_revision="another")
    refused(world, tmp_path, trained, "for another base.* revision another")


def test_an_adapter_trained_with_the_chat_template_is_refused_without(
    trained: Path, world: World, tmp_path: Path
) -> None:
    spoil(trained, chat_template=True)
    refused(world, tmp_path, trained, "trained with the chat template")


def test_a_missing_adapter_folder_is_an_error(world: World, tmp_path: Path) -> None:
    refused(world, tmp_path, tmp_path / "nowhere", "no such adapter folder")


def test_an_adapter_of_an_older_recipe_is_not_taken_for_the_present_one(
    trained: Path, world: World, tmp_path: Path
) -> None:
    recipe = tmp_path / "other.yaml"
    recipe.write_text(world.recipe.read_text() + "epochs: 3\n")
    suite = world.suite(tmp_path / "r", adapters=[AdapterEntry(recipe=str(recipe))])
    training = replace(world.training, folder=lambda recipe: trained)
    with pytest.raises(BenchError, match="another version of recipe"):
        gather(suite, training, world.known)


def test_an_adapter_that_changes_nothing_gets_no_score(trained: Path, world: World, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(trained / adapter.WEIGHTS)
    save_file(
        {key: tensor * 0 if "lora_B" in key else tensor for key, tensor in weights.items()}, trained / adapter.WEIGHTS
    )
    refused(world, tmp_path, trained, "changes nothing")


def test_scores_that_differ_from_lm_evals_are_a_defect() -> None:
    outcomes = Outcomes(kind="labels", labels=["a", "b"], ids=["1", "2"], gold=[0, 1], pred=[0, 1], invalid=[False] * 2)
    right = {"acc,none": 1.0, "f1_weighted,none": 1.0, "f1_macro,none": 1.0, "mcc,none": 1.0}
    assert check_scores(outcomes, right)["acc"] == 1.0
    with pytest.raises(RuntimeError, match="f1_macro"):
        check_scores(outcomes, {**right, "f1_macro,none": 1.0 - 1e-6})
    assert check_scores(outcomes, {"acc,none": 1.0})["mcc"] == 1.0, "a task of one's own may list fewer metrics"
    with pytest.raises(RuntimeError, match="mcc"):
        check_scores(outcomes, {**right, "mcc,none": "N/A"})


def test_an_undefined_score_is_none_where_lm_eval_has_nan() -> None:
    outcomes = Outcomes(kind="spans", labels=["PER"], ids=["1"], counts=[[[0, 0, 0], [0, 0, 0]]], invalid=[False])
    names = ("entity_f1", "entity_precision", "entity_recall", "entity_f1_macro")
    assert check_scores(outcomes, {f"{name},none": float("nan") for name in names})["entity_f1"] is None


def test_a_log_likelihood_that_is_not_finite_is_invalid_and_still_json() -> None:
    sample = {
        "doc_id": 0, "doc": {"id": "1", "text": "x", "label": "neutral", "labels": LABELS},
        "arguments": [("p", " a")] * 3,
        "filtered_resps": [(-1.0, False), (float("nan"), False), (float("-inf"), False)],
    }  # fmt: skip
    answers = read_answers(catalogue.dataset("fpb"), [sample])
    assert answers.outcomes.pred == [-1] and answers.outcomes.invalid == [True] and answers.diagnostics.invalid == 1
    assert json.loads(jsonio.dumps(answers.lines[0]))["log_likelihoods"] == [-1.0, None, None]


def test_dry_run_writes_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = ["evaluate", "--base", world.base.model, "--tasks", SENTIMENT, "--limit", "2", "--no-floors"]
    assert main([*flags, "--dry-run"]) == 0
    assert "phin_demo_sentiment, 2 documents" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert main(flags) == 0
    shown = capsys.readouterr()
    assert "phin_demo_sentiment: tiny 0-shot: F1 weighted 0.000 on 2 documents" in shown.err
    assert "Limited to 2 rows" in shown.out
    assert main([*flags, "--quiet"]) == 0
    shown = capsys.readouterr()
    assert shown.err == "" and "To do" not in shown.out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["run", "smolm2-135m"], "did you mean 'smollm2-135m'"),
        (["run", "demo", "--only", "phin_demo_nr"], "did you mean 'phin_demo_ner'"),
        (["run", "demo", "--only", "phin_fpb"], "unknown task of this suite 'phin_fpb'"),
        (["run", "demo", "--limit", "0"], "not a whole number of at least 1"),
        (["evaluate", "--base", "smollm2-135m-instruct", "--tasks", "phin_demo_sentimen"], "did you mean"),
        (["evaluate", "--base", "x", "--tasks", SENTIMENT, "--adapter", "no", "--dry-run"], "no such adapter folder"),
        (["evaluate", "--base", "x", "--tasks", SENTIMENT, "--shots", "-1"], "shots is at least 0"),
        ([*PLANNED, "--trained-on", "fpb:train+tset"], "has no split 'tset'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    error = capsys.readouterr().err
    assert words in error and "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_dataset_is_reported_before_anything_is_done(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(tmp_path))
    (tmp_path / "flare_ner").mkdir()
    (tmp_path / "flare_ner" / "test.parquet").write_text("not parquet")
    (tmp_path / "flare_ner" / "train.parquet").write_text("not parquet")
    (tmp_path / "flare_ner" / "valid.parquet").write_text("not parquet")
    assert main(["evaluate", "--base", world.base.model, "--tasks", "phin_fin", "--results", str(tmp_path / "r")]) == 2
    assert "not readable as parquet" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_inputs_that_are_cut_are_told_while_it_works_and_on_the_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    short = save_tiny(tmp_path / "short", hidden_size=32, intermediate_size=64, max_position_embeddings=64)
    command = ["evaluate", "--base", str(short), "--quantisation", "none", "--tasks", SENTIMENT, "--shots", "2"]
    assert main([*command, "--no-floors", "--limit", "3"]) == 0
    captured = capsys.readouterr()
    cut = json.loads(next(tmp_path.rglob("run.json")).read_text())["diagnostics"]["truncated_prompts"]
    assert cut
    said = f"{cut} inputs lost their beginning"
    assert said in " ".join(captured.err.split()) and said in " ".join(captured.out.split())
