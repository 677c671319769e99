"""Seeds and clusters on the board: what is joined, what is tested, what old records still give."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from helpers.board_factory import labels, make_run, write_run
from helpers.seeds import clustered, trained

from phingpt_bench.board.sections import build
from phingpt_bench.board.standing import Calculation
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.jsonio import read_json, write_json
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import Machine
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.data.clusters import clusters_of
from phingpt_bench.render.board.overview import by_model
from phingpt_bench.render.board.row_text import display_name, setting
from phingpt_bench.results.collect import collect
from phingpt_bench.results.comparable import matched_seeds, shared_clusters
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.seeds import mean_ledger, with_seeds_joined
from phingpt_bench.scoring.metrics import METRICS, row_counts
from phingpt_bench.stats.score_interval import interval
from phingpt_bench.stats.seeds import mean_interval, mean_test

BOX = Machine(processor="made-up", cores=1, memory_bytes=None, gpus=[])
FUNCTION = METRICS["f1_weighted"].function


def only(board):
    (section,) = board.sections
    return section


def test_three_trainings_of_one_recipe_are_one_row():
    runs = [trained(seed) for seed in (3, 1, 2)]
    section = only(build([*runs, make_run(outcomes=labels(0.5, seed=9))]))
    tuned, base = section.rows
    assert (tuned.rank, base.rank) == (1, 2)
    assert display_name(tuned) == "Model A + mine"
    assert setting(tuned) == "0-shot, nf4+dq, 3 seeds"
    counts = [row_counts(runs[i].outcomes) for i in (1, 2, 0)]  # by seed
    scores = [float(FUNCTION(rows.sum(0))) for rows in counts]
    assert tuned.seeds == pytest.approx(scores)
    assert tuned.score == pytest.approx(np.mean(scores))
    assert tuned.interval == mean_interval(counts, FUNCTION, bounds=(0, 1))
    test = mean_test([row_counts(labels(0.5, seed=9))], counts, FUNCTION)
    assert (tuned.against_base.value, tuned.against_base.p) == pytest.approx((test.difference, test.p))
    assert tuned.against_base.method == "seeds"
    assert tuned.notes == ()
    assert (base.seeds, base.interval.method) == ((), "bootstrap")


@pytest.mark.parametrize(
    "other",
    [
        {"recipe": "x" * 16}, {"recipe": None}, {"shots": 5}, {"limit": 300}, {"prompts": "1" * 12},
        {"diagnostics": Diagnostics(device="cuda")}, {"quantisation": None}, {"task": "another"},
    ],
)  # fmt: skip
def test_what_differs_in_more_than_the_seed_stays_apart(other):
    assert len(with_seeds_joined([trained(1), trained(2, **other)])) == 2
    assert len(with_seeds_joined([trained(1), trained(2)])) == 1


def test_without_a_known_recipe_only_the_same_adapter_is_joined():
    """Two trainings under one name may be of two recipes, so records of schema 2 stay apart as they did."""
    old = [trained(seed, recipe=None, adapter="mine") for seed in (1, 2)]
    assert len(with_seeds_joined(old)) == 2
    draws = [make_run(kind="tuned", adapter="mine", seed=seed, shots=5) for seed in (1, 2)]
    assert [len(run.seeds) for run in with_seeds_joined(draws)] == [2]


def asked(run, seed: int, *, shots: int = 0, digest: str | None = None):
    """The same training asked again, under another seed of the evaluation."""
    model = run.record.model if digest is None else dataclasses.replace(run.record.model, adapter_digest=digest)
    protocol = dataclasses.replace(run.record.protocol, shots=shots)
    record = dataclasses.replace(
        run.record, seed=seed, model=model, protocol=protocol, created=f"2000-01-{seed:02}", run_id=f"again-{seed}"
    )
    return dataclasses.replace(run, record=record)


@pytest.mark.parametrize("digest", [None, "other-weights"])
def test_trainings_count_and_not_how_often_they_were_asked(digest):
    trainings = [trained(1), trained(2)]
    board = build([*trainings, *(asked(run, seed, digest=digest) for run in trainings for seed in (5, 6))])
    (row,) = only(board).rows
    assert (len(row.seeds), board.older) == (2, 4)
    assert row.interval == only(build(trainings)).rows[0].interval
    assert row.created == "2000-01-06"


@pytest.mark.parametrize("run", [make_run(), trained(1), make_run(kind="tuned", adapter="mine")])
def test_one_model_asked_twice_without_examples_is_no_two_seeds(run):
    (found,) = with_seeds_joined([asked(run, 8), asked(run, 7)])
    assert (found.seeds, found.older, found.record.seed) == ((), 1, 8)


def test_draws_of_examples_are_not_mixed_with_trainings():
    """Two adapters under three draws each are two rows of three; one draw for each is one row of two trainings."""
    draws = [asked(run, seed, shots=5) for run in (trained(1), trained(2)) for seed in (5, 6, 7)]
    found = with_seeds_joined(draws)
    assert [[member.record.seed for member in run.seeds] for run in found] == [[5, 6, 7]] * 2
    assert [run.record.model.adapter for run in found] == ["mine-s1", "mine-s2"]
    assert [len(run.seeds) for run in with_seeds_joined([draws[0], draws[3]])] == [2]


def test_runs_on_other_gold_are_not_joined():
    other = labels(0.8, seed=2)
    other = dataclasses.replace(other, gold=[(g + 1) % 3 for g in other.gold])
    assert len(with_seeds_joined([trained(1), trained(2, outcomes=other)])) == 2


def test_floors_are_joined_and_checks_are_not():
    floors = [make_run("random", "floor", labels(0.3, seed=s), seed=s) for s in (1, 2, 3)]
    checks = [make_run("oracle", "check", labels(1.0), seed=s) for s in (1, 2)]
    assert [len(run.seeds) for run in with_seeds_joined([*floors, *checks])] == [3, 0, 0]


def test_two_recipes_under_the_same_seeds_are_matched():
    one = [trained(seed) for seed in (1, 2)]
    other = [
        trained(seed, recipe="x" * 16, adapter=f"other-{seed}", outcomes=labels(0.6, seed=seed)) for seed in (1, 2)
    ]
    a, b = with_seeds_joined([*one, *other])
    assert matched_seeds(a, b)
    assert not matched_seeds(a, with_seeds_joined([trained(1), trained(3)])[0])
    assert not matched_seeds(one[0], one[1])
    found = Comparer().test(a, b, "f1_weighted", "other")
    before, after = ([row_counts(member.outcomes) for member in run.seeds] for run in (b, a))
    assert found.p == mean_test(before, after, FUNCTION, matched=True).p


def test_costs_are_means_and_peaks_the_largest():
    first = Ledger(seconds={"load": 10.0, "train": 30.0}, tokens_in=100, peak_host_bytes=5, usd=0.2, machine=BOX)
    second = Ledger(seconds={"train": 50.0}, tokens_in=300, peak_host_bytes=9, machine=BOX)
    found = mean_ledger([first, second])
    assert found.seconds == {"load": 5.0, "train": 40.0}
    assert (found.tokens_in, found.peak_host_bytes, found.usd, found.machine) == (200, 9, None, BOX)
    assert mean_ledger([first, first]).usd == pytest.approx(0.2)
    metered = [Ledger(seconds={}, joules={"train": j}, energy_method=how) for j, how in ((2.0, "rapl"), (4.0, "rapl"))]
    assert mean_ledger(metered).joules == {"train": 3.0}
    other = dataclasses.replace(metered[1], energy_method="nvml")
    assert (mean_ledger([metered[0], other]).joules, mean_ledger([metered[0], other]).energy_method) == (None, None)


def test_prompts_of_a_row_of_seeds_are_means_if_every_seed_was_asked():
    def asked(seed, scores, digest="d"):
        run = trained(seed)
        found = Paraphrased(
            family="sentiment",
            digest=digest,
            scores=[{"f1_weighted": score, "accuracy": None} for score in scores],
            changed=0.1 * seed,
        )
        return dataclasses.replace(run, record=dataclasses.replace(run.record, paraphrases=found))

    (row,) = only(build([asked(1, [0.7, 0.5]), asked(3, [0.8, 0.9])])).rows
    assert (row.prompts.low, row.prompts.high, row.prompts.n) == pytest.approx((0.7, 0.75, 2)), "0.75 and 0.70"
    assert row.prompts.changed == pytest.approx(0.2)
    (row,) = only(build([asked(1, [0.7, 0.5]), trained(3)])).rows
    assert row.prompts is None
    (row,) = only(build([asked(1, [0.7]), asked(2, [0.8], digest="other")])).rows
    assert row.prompts is None


def test_the_worst_exposure_of_the_seeds_counts():
    seen = Exposure(exact=200, normalised=0, near=0)
    section = only(build([trained(1), trained(2, exposure=seen), make_run()]))
    assert next(row for row in section.rows if row.seeds).rank is None


def test_intervals_and_tests_respect_clusters():
    base, tuned = clustered(labels(0.5, seed=1)), clustered(labels(0.8, seed=2))
    runs = [make_run(outcomes=base), make_run(kind="tuned", adapter="x", outcomes=tuned)]
    row = only(build(runs)).rows[0]
    assert row.interval == interval(row_counts(tuned), "f1_weighted", FUNCTION, clusters=tuned.clusters)
    assert row.interval.method == "bootstrap-clustered"
    assert row.against_base.method == "permutation-clustered"
    accuracy = only(build(runs, options=Calculation(metric="acc"))).rows[0]
    assert (accuracy.interval.method, accuracy.against_base.method) == ("wilson-clustered", "sign-flip-exact")


def test_an_old_record_takes_the_clusters_of_the_run_it_is_compared_with():
    new, old = make_run(outcomes=clustered(labels(0.8, seed=2))), make_run("B", outcomes=labels(0.5, seed=1))
    order = list(range(300))[::-1]
    turned = dataclasses.replace(
        old.outcomes, **{f: [getattr(old.outcomes, f)[i] for i in order] for f in ("ids", "gold", "pred", "invalid")}
    )
    old = dataclasses.replace(old, outcomes=turned)
    assert shared_clusters(new, old) == new.outcomes.clusters
    assert shared_clusters(old, new) == new.outcomes.clusters[::-1]
    assert shared_clusters(old, old) == []
    found = [Comparer().test(a, b, "f1_weighted", "x") for a, b in ((new, old), (old, new))]
    assert {test.method for test in found} == {"permutation-clustered"}
    coarser = dataclasses.replace(new, outcomes=clustered(new.outcomes, 10))
    assert shared_clusters(new, coarser) == shared_clusters(coarser, new) == coarser.outcomes.clusters


def test_clusters_are_in_the_files_and_old_files_have_none(tmp_path):
    write_run(tmp_path / "new", make_run(outcomes=clustered(labels(0.5))))
    (run,) = collect(tmp_path)
    assert run.outcomes.clusters == [i // 3 for i in range(300)]
    for name, drop in (("outcomes.json", ["clusters"]), ("run.json", ["recipe_digest", "training_seed"])):
        data = read_json(tmp_path / "new" / name)
        for key in drop:
            (data if name == "outcomes.json" else data["model"]).pop(key)
        if name == "run.json":
            data["schema_version"] = 2
        write_json(tmp_path / "new" / name, data)
    (run,) = collect(tmp_path)
    assert run.outcomes.clusters == []
    for wrong, told in (
        ([0, 1], "clusters: 2 values for 300 rows"),
        (["a"] * 300, r"clusters\[0\]: expected a whole number"),
    ):
        data = read_json(tmp_path / "new" / "outcomes.json")
        write_json(tmp_path / "new" / "outcomes.json", {**data, "clusters": wrong})
        with pytest.raises(BenchError, match=told):
            collect(tmp_path)


def test_rows_share_a_cluster_by_document_or_by_text():
    rows = [{"text": "Nokia rose."}, {"text": "NOKIA ROSE"}, {"text": "Shares fell."}, {"text": ""}, {"text": ""}]
    assert clusters_of(rows) == [0, 0, 1, 2, 3]
    assert clusters_of(rows[1:]) == []
    articles = [{"text": "a", "document": 7}, {"text": "b", "document": 7}, {"text": "a", "document": 8}]
    assert clusters_of(articles) == [0, 0, 1]
    assert clusters_of([]) == []
    assert clusters_of([{"text": "!"}, {"text": "?"}]) == []  # nothing is left of them but they are not one text


def test_a_recipe_with_a_seed_less_on_one_task_is_one_family():
    """p is corrected over both tasks, though one has three seeds (mine-s1 to -s3) and the other two of them."""
    runs = [make_run(task=task, outcomes=labels(0.7, seed=9)) for task in ("t1", "t2")]
    runs += [trained(seed, task="t1", outcomes=labels(0.8, seed=seed)) for seed in (1, 2, 3)]
    runs += [trained(seed, task="t2", adapter=f"mine-{seed}0", outcomes=labels(0.8, seed=seed)) for seed in (10, 11)]
    tests = [next(row for row in s.rows if row.seeds).against_base for s in build(runs).sections]
    assert min(t.p_holm for t in tests) == pytest.approx(min(1.0, 2 * min(t.p for t in tests)))


def test_two_recipes_under_the_same_names_stay_two_models():
    runs = [
        trained(seed, recipe=recipe * 16, adapter="mine", task=task)
        for task in ("t1", "t2") for recipe in "xy" for seed in (1, 2)
    ]  # fmt: skip
    board = build(runs)
    lines = by_model(board.sections)
    assert [sorted(cells) for cells in lines] == [[0, 1], [0, 1]]
    assert {row.details for row in only(build(runs[:4])).rows} == {
        ("recipe xxxxxxx", "2 seeds"), ("recipe yyyyyyy", "2 seeds")
    }  # fmt: skip
