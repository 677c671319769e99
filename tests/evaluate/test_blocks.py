"""Several blocks of examples: each is a run of its own, and their mean is one row with the spread in its interval."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from helpers.board_factory import labels, make_run

from phingpt_bench.board.sections import build
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.examples import examples
from phingpt_bench.evaluate.blocks import block_docs, block_ids, showing
from phingpt_bench.evaluate.tasks import task_facts
from phingpt_bench.evaluate.variant import Variant, drawn
from phingpt_bench.lmeval import manager
from phingpt_bench.render.board.row_text import setting
from phingpt_bench.results.collect import Run, key_of
from phingpt_bench.results.comparable import matched_seeds
from phingpt_bench.results.seeds import with_seeds_joined

NAMES = ["phin_demo_sentiment", "phin_demo_ner"]


def test_a_variant_of_several_blocks_is_so_many_runs():
    found = drawn([Variant(), Variant(shots=5, blocks=3), Variant(shots=5)])
    assert found == [Variant(), Variant(shots=5), Variant(shots=5, block=1), Variant(shots=5, block=2)]
    assert [str(one) for one in found] == ["0-shot", "5-shot", "5-shot block 1", "5-shot block 2"]


@pytest.mark.parametrize("wrong", [{"shots": 5, "blocks": 0}, {"blocks": 2}, {"block": 1}, {"shots": 5, "block": -1}])
def test_blocks_that_cannot_be(wrong: dict[str, Any]):
    with pytest.raises(BenchError, match="block"):
        Variant(**wrong)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_prompts_show_the_rows_of_the_block_and_then_the_usual_ones_again(name: str):
    facts = task_facts(name)
    task, doc = facts.task, facts.task.test_docs()[0]

    def shown() -> str:
        return manager.render_prompt(task, doc, shots=3)

    usual = shown()
    with showing(facts, 0):
        assert shown() == usual
    with showing(facts, 2):
        other = shown()
        rows = [manager.render_prompt(task, one) for one in block_docs(facts, 2)[:3]]
        assert all(row.rstrip() in other for row in rows)
    assert other != usual == shown()
    assert other.endswith(manager.render_prompt(task, doc))
    assert block_ids(facts, 0) == facts.examples
    train = list(task.training_docs())
    expected = examples(train, list(task.eval_docs), facts.dataset.labels, 2)
    assert block_ids(facts, 2) == tuple(row["id"] for row in expected) != facts.examples


def of_block(block: int, score: float, **how: Any) -> Run:
    run = make_run(outcomes=labels(score, seed=block + 10), shots=5, prompts=f"{block:012}", **how)
    protocol = dataclasses.replace(run.record.protocol, block=block)
    record = dataclasses.replace(run.record, protocol=protocol, run_id=f"{run.record.run_id}-{block}")
    return dataclasses.replace(run, record=record)


def test_blocks_are_one_row_with_their_mean_and_their_spread():
    runs = [of_block(block, score) for block, score in enumerate((0.2, 0.8, 0.5))]
    assert len({key_of(run.record) for run in runs}) == 3
    (section,) = build(runs).sections
    (row,) = section.rows
    scores = [run.record.scores["f1_weighted"] for run in runs]
    assert row.seeds == pytest.approx(scores)
    assert row.score == pytest.approx(np.mean(scores))
    assert "3 blocks of examples" in setting(row)
    (single,) = build(runs[:1]).sections[0].rows
    assert row.interval.high - row.interval.low > 3 * (single.interval.high - single.interval.low)


def test_base_and_adapter_with_the_same_blocks_are_paired_by_block():
    base = [of_block(block, 0.4) for block in range(3)]
    tuned = [of_block(block, 0.7, kind="tuned", adapter="x") for block in range(3)]
    tuned = [
        dataclasses.replace(run, record=dataclasses.replace(run.record, model=dataclasses.replace(
            run.record.model, training_seed=7))) for run in tuned
    ]  # fmt: skip
    a, b = with_seeds_joined([*base, *tuned])
    assert matched_seeds(a, b)
    assert not matched_seeds(a, with_seeds_joined(tuned[:2])[0])
    row = next(row for row in build([*base, *tuned]).sections[0].rows if row.kind == "tuned")
    assert row.against_base.method == "seeds" and row.starred


def test_a_block_alone_is_compared_with_the_base_of_the_same_block():
    runs = [of_block(0, 0.4), of_block(2, 0.4, revision="r"), of_block(2, 0.7, kind="tuned", adapter="x", revision="r")]
    (section,) = build(runs[1:]).sections
    assert [row.rank is not None for row in section.rows] == [True, True]
    assert section.rows[0].against_base.reason is None


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_plan_has_a_run_for_each_block_of_bases_adapters_and_served_models(name: str, tmp_path: Any):
    """Each in a folder of its own, with the examples of its block in what makes it done."""
    from phingpt_bench.evaluate.adapters import AdapterFacts
    from phingpt_bench.evaluate.facts import Facts
    from phingpt_bench.evaluate.plan import plan
    from phingpt_bench.evaluate.suite import Suite
    from phingpt_bench.evaluate.tasks import Tasks
    from phingpt_bench.models.base_spec import BaseSpec

    spec, model = BaseSpec(model="org/Model"), make_run().record.model
    variants = [Variant(shots=2, blocks=3)]
    suite = Suite(name="s", tasks=[name], bases=[spec], variants=variants, results=tmp_path)
    entry = AdapterFacts(
        name="a", folder=tmp_path / "a", recipe=None, card=None, digest="d", bases=(spec,), tasks=(name,),
        variants=tuple(variants),
    )  # fmt: skip
    known = Tasks()
    found = Facts(
        known=known, tasks={name: known[name]}, bases={spec: model}, adapters=[entry], floors={}, checks=(), records={},
    )  # fmt: skip
    steps = plan(suite, found)
    assert [(step.adapter, step.variant.block) for step in steps] == [
        (adapter, block) for adapter in (None, "a") for block in range(3)
    ]
    assert len({step.folder for step in steps}) == 6
    assert len({step.fingerprint.examples for step in steps}) == 3
