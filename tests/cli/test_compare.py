"""`phingpt-bench compare`: which runs a name means, what is asked for is shown, and one line for what cannot be."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from helpers.board_factory import labels, make_run, write_run
from helpers.comparison_factory import ADAPTER, pairs

from phingpt_bench.cli.main import main
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.render.comparison.comparison_blocks import sections
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparison.build import compare
from phingpt_bench.results.comparison.systems import called, resolve, systems
from phingpt_bench.results.comparison.systems import pairs as pairs_of
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.formats import answer_format
from phingpt_bench.text.write_terminal import terminal as render

ONE, OTHER = labels(0.5, 40, seed=1), labels(0.8, 40, seed=2)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """A results folder, laid out as `run` does."""
    folder = tmp_path_factory.mktemp("results")
    for run in pairs():
        record = run.record
        write_run(folder / "runs" / record.task / (record.model.adapter or record.model.name), run)
    return folder


@pytest.fixture
def compared(results, capsys, monkeypatch, tmp_path):
    """Runs `compare` on the folder: (exit code, standard output, standard error)."""
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PHINGPT_BENCH_LANG", "en")

    def run(*argv: object, folder: Path | None = results) -> tuple[int, str, str]:
        code = main(["compare", *map(str, argv), *(["--results", str(folder)] if folder else [])])
        return code, *capsys.readouterr()

    return run


def test_all_tasks_a_line_each_and_one_in_detail_with_the_same_holm(compared):
    code, out, err = compared("base", "adapter-one", "--metric", "acc")
    assert (code, err) == (0, "")
    assert out.startswith("A and B on 4 tasks") and "By label" not in out
    line = next(line for line in out.splitlines() if line.startswith("phin_made_up_gen"))
    p = re.search(r"p[=<]\S+", line)[0]
    code, out, _ = compared("base", "adapter-one", "--metric", "acc", "--task", "phin_made_up_gen")
    assert code == 0 and f"{p} (exact McNemar, Holm over 4 tasks)" in " ".join(out.split())
    assert "Rows fixed" in out and "Rows broken" in out and "By label" in out


def test_a_task_may_be_named_by_its_protocol(compared):
    _, out, _ = compared("base", "adapter-one", "--task", "made-up/v1", "--rows", "0")
    assert "phin_made_up: F1" in out and "phin_made_up_gen: F1" in out and "Rows fixed" not in out


def test_json_holds_all_tasks_in_detail_and_other_forms_go_to_a_file(compared, tmp_path):
    code, out, _ = compared("base", "adapter-one", "--format", "json")
    found = {one["task"]: one for one in json.loads(out)["comparisons"]}
    assert code == 0 and len(found) == 4
    assert len(found["phin_made_up"]["labels"]["rows"]) == 120
    assert found["phin_made_up"]["test"]["p_holm"] >= found["phin_made_up"]["test"]["p"]
    assert found["phin_made_up_ner"]["spans"]["entities"]["exact"]
    assert found["phin_made_up_score"]["numbers"]["rows"][0]["fate"] in ("better", "worse", "equal")
    file = tmp_path / "page.md"
    code, out, err = compared("base", "adapter-one", "--task", "phin_made_up", "--format", "markdown", "--output", file)
    assert (code, out, err) == (0, "", f"wrote {file}\n")
    assert file.read_text().startswith("# phin\\_made\\_up")


def test_the_language_is_asked_for(compared, monkeypatch):
    assert "Por etiqueta" in compared("base", "adapter-one", "--task", "phin_made_up", "--lang", "es")[1]
    monkeypatch.setenv("PHINGPT_BENCH_LANG", "es")
    assert "A y B en 4 tareas" in compared("base", "adapter-one")[1]
    assert compared("base", "adapter-one", "--lang", "xx")[0] == 2


def test_folders_of_runs_find_their_twins_beside_them(compared, results):
    base, tuned = (results / "runs" / "phin_made_up_gen" / name for name in ("Model A", "adapter-one"))
    code, out, _ = compared(base, tuned / "run.json", "--rows", "1", folder=None)
    assert code == 0 and "phin_made_up_gen: F1 weighted" in out and "chosen (phin_made_up): knowledge" in out
    assert "(permutation)" in out  # one task: no Holm
    other = results / "runs" / "phin_made_up" / "Model A"
    code, out, _ = compared(other, base, folder=None)
    assert "! A is of the task phin_made_up, B of phin_made_up_gen" in out
    assert "chosen, not" not in out


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["bsae", "adapter-one"], ["unknown run 'bsae'", "did you mean 'base'?"]),
        (["base@7-shot", "adapter-one"], ["base: unknown setting '7-shot'", "hint"]),
        (["base", "adapter-one", "--task", "phin_mad_up"], ["unknown task 'phin_mad_up'", "did you mean"]),
        (["base", "adapter-one", "--fate", "better", "--task", "phin_made_up"], ["can be 'better'", "fates: fixed"]),
        (["base", "adapter-one", "--metric", "no_such", "--task", "phin_made_up"], ["no_such", "hint"]),
        (["base", "adapter-one", "--rows", "-1"], ["--rows"]),
        (["base", "adapter-one", "--width", "20"], ["a width of 20 columns is too small"]),
        (["base", "adapter-one", "--task", "phin_made_up", "--with-text"], ["no dataset of the catalogue", "hint"]),
        (["base", "tests", "--task", "phin_made_up"], ["unknown run 'tests'"]),
        (["base", "/"], ["no run.json in this folder"]),
    ],
)
def test_bad_input_is_reported_in_a_line_with_exit_code_2(compared, argv, told, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, err = compared(*argv)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) <= 2 and "Traceback" not in err
    for part in told:
        assert part in err


def test_the_text_of_the_dataset_is_shown_only_on_request(compared, tmp_path):
    passport, rows = catalogue.dataset("demo_ner"), catalogue.load("demo_ner")["test"]

    def outcomes(keep: int):
        form = answer_format("lines")
        answers = [form.write(row["text"], answered.gold_spans(row)[:keep], passport.labels) for row in rows]
        read = [answered.written_spans(row, passport.labels, text) for row, text in zip(rows, answers, strict=True)]
        return answered.outcomes_of("spans", passport.labels, [row["id"] for row in rows], read)

    task = {"task": "phin_demo_ner", "protocol": passport.protocol, "synthetic": True}
    write_run(tmp_path / "a", make_run(outcomes=outcomes(1), **task))
    write_run(tmp_path / "b", make_run(outcomes=outcomes(9), **task, **ADAPTER))
    text = next(row for row in rows if len(row["entities"]) > 1)["text"]
    one = compared("base", "adapter-one", "--rows", "99", "--width", "400", folder=tmp_path)
    assert one[0] == 0 and text not in one[1] and "SYNTHETIC" in one[1]
    two = compared("base", "adapter-one", "--rows", "99", "--width", "400", "--with-text", folder=tmp_path)
    plain = re.sub(r"\[(?:PER|ORG|LOC)(?:/\w+)? (.*?)\]", r"\1", two[1])
    assert two[0] == 0 and plain.count(text) == 3  # gold, A and B
    read = json.loads(compared("base", "adapter-one", "--with-text", "--format", "json", folder=tmp_path)[1])
    assert [row["text"] for row in read["comparisons"][0]["spans"]["rows"]] == [row["text"] for row in rows]


def test_a_dataset_that_is_not_available_is_reported(compared, tmp_path, monkeypatch):
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(tmp_path / "nothing"))
    (tmp_path / "nothing").mkdir()
    passport = catalogue.dataset("semeval")  # not on the Hub cache of any test
    task = {"task": "phin_semeval", "protocol": passport.protocol, "limit": 40}
    write_run(tmp_path / "r" / "a", make_run(outcomes=ONE, **task))
    write_run(tmp_path / "r" / "b", make_run(outcomes=OTHER, **task, **ADAPTER))
    code, out, err = compared("base", "adapter-one", "--with-text", folder=tmp_path / "r")
    assert (code, out) == (2, "")
    assert "PHINGPT_BENCH_DATA" in err and len(err.splitlines()) == 2
    assert compared("base", "adapter-one", folder=tmp_path / "r")[0] == 0


def run(**how) -> Run:
    path = Path("runs") / how.get("task", "phin_made_up") / how.pop("folder", "x") / "run.json"
    return make_run(outcomes=how.pop("outcomes", ONE), path=path, **how)


def named(a: str, b: str, runs: list[Run]) -> list[Run]:
    return [system.first for system in resolve(a, b, runs)]


def test_names_mean_what_a_board_shows():
    base, few, chat = run(folder="a_0-shot"), run(shots=5), run(chat=True)
    tuned, tuned_few = run(**ADAPTER), run(**ADAPTER, shots=5)
    floor, limited = (
        run(name="tfidf-lr", kind="floor", folder="floor_tfidf-lr"),
        run(limit=20, outcomes=labels(0.5, 20)),
    )
    runs = [limited, few, chat, base, tuned, tuned_few, floor]
    for name in ("base", "Model A", "BASE", "a_0-shot", "base@0-shot", "base@nf4+dq"):
        assert named(name, "adapter-one", runs) == [base, tuned], name
    for name in ("tfidf-lr", "floor_tfidf-lr"):
        assert named(name, "Model A + adapter-one", runs) == [floor, tuned]
    assert named("base", "adapter-one@5-shot", runs) == [few, tuned_few]  # like with like
    assert named("base@0-shot", "adapter-one@5-shot", runs) == [base, tuned_few]
    for setting in ("0-shot chat", "0-shot-chat", "chat"):
        assert named("base", f"base@{setting}", runs) == [base, chat]
    assert named("base@limit20", "tfidf-lr", runs) == [limited, floor]


def test_another_limit_of_another_task_leaves_a_base_where_it_was(compared, tmp_path):
    """A look at a second task in the same folder must not break a gate on the first."""
    fpb = {"task": "phin_fpb", "limit": 60}
    ner = {"task": "phin_fomc", "limit": 20, "outcomes": labels(0.5, 20)}
    base, tuned, other = run(**fpb), run(**fpb, **ADAPTER), run(**ner)
    assert named("base", "adapter-one", [other, base, tuned]) == [base, tuned]
    other_tuned = run(**ner, **ADAPTER)
    both = [other, other_tuned, base, tuned]
    found = resolve("base", "adapter-one", both, ["phin_fpb"])
    assert [system.first for system in found] == [base, tuned]
    for at, one in enumerate(both):
        write_run(tmp_path / str(at), one)
    assert compared("base", "adapter-one", "--task", "phin_fpb", "--fail-if-worse", folder=tmp_path)[2] == ""
    code, _, err = compared("base", "adapter-one", "--task", "phin_fbp", folder=tmp_path)
    assert code == 2 and "unknown task 'phin_fbp'" in err and "phin_fpb" in err


def test_a_base_is_that_of_the_adapter_and_what_stays_ambiguous_is_listed():
    mine, other = run(revision="1" * 16), run(base="made-up/b", name="Model B", revision="2" * 16)
    tuned = run(**ADAPTER, revision="1" * 16)
    assert named("base", "adapter-one", [other, mine, tuned]) == [mine, tuned]
    again = run(**ADAPTER, revision="1" * 16, digest="f" * 16)
    with pytest.raises(BenchError, match="'adapter-one' may be one of 2") as told:
        resolve("base", "adapter-one", [mine, tuned, again])
    assert told.value.hint == "say which: 'adapter-one@00000000', 'adapter-one@ffffffffffffffff'"
    assert named("base", "adapter-one@ffff", [mine, tuned, again]) == [mine, again]
    seeds = [run(name="random", kind="floor", seed=seed) for seed in (1, 2)]
    assert len(named("random", "adapter-one", [*seeds, tuned])[0].seeds) == 2
    assert named("random@seed2", "adapter-one", [*seeds, tuned]) == [seeds[1], tuned]


def seeds_of(*outcomes) -> list[Run]:
    """Runs of adapters of one recipe, each with a seed of its own."""
    made = []
    for seed, rows in enumerate(outcomes, 1):
        one = run(kind="tuned", adapter=f"adapter-s{seed}", digest=str(seed) * 8, seed=seed, outcomes=rows)
        model = dataclasses.replace(one.record.model, recipe_digest="r" * 16, training_seed=seed)
        made.append(dataclasses.replace(one, record=dataclasses.replace(one.record, model=model)))
    return made


def test_several_seeds_are_compared_as_the_mean_that_a_board_shows():
    base, tuned = run(), seeds_of(labels(0.7, 40, seed=3), labels(0.8, 40, seed=4))
    a, b = (system.first for system in resolve("base", "adapter", [base, *tuned]))
    assert [member.record.model.adapter for member in b.seeds] == ["adapter-s1", "adapter-s2"]
    found = compare(a, b)
    scores = [compare(base, one).b.score for one in tuned]
    assert found.b.score == pytest.approx(sum(scores) / 2)
    assert (found.b.seeds, found.test.method) == (2, "seeds")
    change = found.metrics["f1_weighted"]
    assert (change.difference, change.low, change.high) == (found.test.value, found.test.low, found.test.high)
    assert found.labels == compare(base, tuned[0]).labels  # row by row: of the first
    assert [caveat.values for caveat in found.caveats if caveat.kind == "seeds"] == [
        {"side": "B", "seeds": 2, "seed": 1}
    ]
    assert named("adapter-s2", "adapter-s1", [base, *tuned]) == [tuned[1], tuned[0]]
    assert "adapter, 0-shot, nf4+dq, 2 seeds" in render(sections(found, 1), 120)


def test_two_recipes_under_the_same_names_are_listed_and_none_is_overwritten():
    """Each adapter has other weights, but the names are the same."""
    runs = [run()]
    for recipe in "xy":
        for one in seeds_of(labels(0.7, 40, seed=3), labels(0.8, 40, seed=4)):
            model = dataclasses.replace(
                one.record.model, recipe_digest=recipe * 16, adapter_digest=recipe + one.record.model.adapter_digest
            )
            record = dataclasses.replace(one.record, model=model, run_id=f"{recipe}-{one.record.run_id}")
            runs.append(dataclasses.replace(one, record=record))
    with pytest.raises(BenchError, match="'adapter' may be one of 2") as told:
        resolve("base", "adapter", runs)
    assert told.value.hint == f"say which: 'adapter@{'x' * 16}', 'adapter@{'y' * 16}'"
    assert resolve("base", "adapter@yyyy", runs)[1].first.record.model.recipe_digest == "y" * 16


def test_a_second_run_of_a_system_is_not_overwritten():
    """Runs that only conditions tell apart are two systems, which are listed."""
    runs = [
        run(shots=5, diagnostics=Diagnostics(device=device), folder=device, run_id=device) for device in ("cpu", "cuda")
    ]
    with pytest.raises(BenchError, match="'base' may be one of 2") as told:
        resolve("base", "cpu", runs)
    assert "cpu" in told.value.hint and "cuda" in told.value.hint
    assert named("cpu", "cuda", runs) == runs


def test_every_name_that_is_listed_can_be_said():
    runs = [run(shots=shots, chat=chat, seed=seed) for shots in (0, 5) for chat in (False, True) for seed in (1, 2)]
    known = systems(runs)
    for name, system in zip(called(known), known, strict=True):
        assert resolve(name, name, runs)[0] == system, name


def test_systems_without_a_common_task_are_reported_what_each_has():
    a, b = resolve("base", "adapter-one", [run(task="t1"), run(task="t2", **ADAPTER)])
    with pytest.raises(BenchError, match="no task that both") as told:
        pairs_of(a, b)
    assert told.value.hint == "A has t1; B has t2"


def test_an_adapter_called_base_is_an_adapter_too():
    base, tuned = run(), run(**{**ADAPTER, "adapter": "base"})
    with pytest.raises(BenchError, match="'base' may be one of 2"):
        resolve("base", "Model A", [base, tuned])
    assert named("Model A", "Model A + base", [base, tuned]) == [base, tuned]


def test_the_newest_run_of_a_twin_counts(compared, tmp_path):
    first = dataclasses.replace(pairs()[0].record, created="1999-01-01T00:00:00Z")
    for at, one in enumerate(pairs()[:5]):
        write_run(tmp_path / str(at), one)
    write_run(tmp_path / "old", dataclasses.replace(pairs()[0], record=first))
    code, out, _ = compared("base", "adapter-one", "--task", "phin_made_up", folder=tmp_path)
    assert code == 0 and "written (phin_made_up_gen)" in out
