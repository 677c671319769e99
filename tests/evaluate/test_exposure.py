"""Exposure of floors, bases and adapters: by texts, by what is declared, by row id, and unknown without any."""

from __future__ import annotations

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import KINDS
from phingpt_bench.core.jsonio import write_text
from phingpt_bench.data import training_sets
from phingpt_bench.data.copies import hashes
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.floors.registry import floor_models
from phingpt_bench.models.base_spec import BaseSpec

SENTIMENT, NER = "phin_demo_sentiment", "phin_demo_ner"
NONE = dict.fromkeys(KINDS, 0)


@pytest.fixture(scope="module")
def known() -> Tasks:
    return Tasks()


@pytest.fixture(scope="module")
def tests(known):
    """The test rows of the sentiment task."""
    return list(known[SENTIMENT].task.eval_docs)


@pytest.fixture
def exposures(known):
    def made(**trained_on):
        return Exposures(known, {name: known[name] for name in (SENTIMENT, NER)}, trained_on)

    return made


@pytest.fixture
def leaky(known, tests, monkeypatch):
    """A task whose training rows hold two of its test rows, one of them changed."""
    task = known[SENTIMENT].task
    copies = [tests[0], {**tests[1], "id": "changed", "text": tests[1]["text"] + " https://t.co/abc"}]
    monkeypatch.setattr(task, "training_docs", lambda: [*copies, *known[NER].task.training_docs()])
    return known[SENTIMENT]


def test_a_floor_is_checked_against_the_rows_that_it_was_fitted_to(exposures, leaky, tests):
    found = exposures().of_floor(leaky, None, reads=True)
    assert found.counts == {**NONE, "exact": 1, "normalised": 1}
    assert found.ids == [tests[0]["id"], tests[1]["id"]]
    assert (found.compared.by, found.compared.test_rows, found.partly) == ("texts", len(tests), False)
    assert exposures().of_floor(leaky, 1, reads=True).counts == {**NONE, "exact": 1}
    labels_alone = exposures().of_floor(leaky, None, reads=False)
    assert (labels_alone.counts, labels_alone.compared.training_rows) == (NONE, 0)


def test_which_floors_read_texts():
    made = {name: model() for kind in ("labels", "spans", "scores") for name, model in floor_models(kind).items()}
    reading = {name for name, model in made.items() if model.reads_texts}
    assert reading == set(made) - {"majority", "random", "mean", "lexicon"}, "these learn from no text"
    assert {"tfidf-lr", "crf", "tfidf-ridge"} <= reading


def test_a_base_is_unknown_until_somebody_says_what_it_was_trained_on(exposures, known, tests):
    task = known[SENTIMENT]
    assert exposures().of_base("made-up/model", task, None) is None
    nothing = exposures(**{"made-up/model": []}).of_base("made-up/model", task, None)
    assert (nothing.counts, nothing.base.sets, nothing.base.source) == (NONE, [], None)
    on_test = exposures(**{"made-up/model": ["demo_sentiment:test"]}).of_base("made-up/model", task, 5)
    assert (on_test.counts, on_test.ids) == ({**NONE, "exact": 5}, [row["id"] for row in tests[:5]])
    assert on_test.base.sets == ["demo_sentiment:test"]
    with pytest.raises(BenchError, match="neither a dataset"):
        exposures(**{"made-up/model": ["no such set"]}).of_base("made-up/model", task, None)


def test_a_published_base_is_known_by_its_hub_id_and_the_user_has_the_last_word(exposures, known, monkeypatch):
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    monkeypatch.setattr(
        "phingpt_bench.data.catalogue.load", lambda name, path=None: (_ for _ in ()).throw(BenchError("is not here"))
    )
    model, task = "TheFinAI/finma-7b-nlp", known[SENTIMENT]
    found = exposures().of_base(model, task, None)
    own = training_sets.published()["finma"]
    assert (found.base.source, found.base.sets) == (own.source, training_sets.entries(own))
    assert found.partly and found.base.unread == [f"{name}: is not here" for name in own.trained_on]
    assert exposures(**{model: []}).of_base(model, task, None).base.sets == []


def test_a_base_is_known_by_hashes_as_far_as_they_go(exposures, known, tests, tmp_path):
    texts = [tests[0]["text"], tests[1]["text"].upper(), f"{tests[2]['text']} Indeed."]
    task, found = known[SENTIMENT], {}
    for near in (False, True):
        file = tmp_path / f"{near}.txt"
        write_text(file, "\n".join(hashes.lines(texts, near=near)) + "\n")
        found[near] = exposures(model=[str(file)]).of_base("model", task, None)
    assert found[False].counts == {"exact": 0, "normalised": 2}
    assert found[True].counts == {"exact": 0, "normalised": 2, "near": 1, "translated": 0}
    assert found[True].base.sets == ["3 row hashes"]
    assert all(one.compared.by == "hashes" and one.partly for one in found.values())


def test_an_adapter_has_seen_its_own_rows_and_those_of_its_base(exposures, leaky, tests):
    own = {SENTIMENT: [tests[0]["id"], "changed"]}
    alone = exposures().of_adapter(own, "model", leaky, None)
    assert (alone.counts, alone.base) == ({**NONE, "exact": 1, "normalised": 1}, None)
    assert alone.compared.training_rows == 2
    together = exposures(model=["demo_sentiment:test"]).of_adapter(own, "model", leaky, 3)
    assert together.counts == {**NONE, "exact": 3}
    assert together.base.sets == ["demo_sentiment:test"]
    assert exposures().of_adapter({}, "model", leaky, None).counts == NONE


def test_an_adapter_whose_rows_are_gone_is_checked_by_row_id(exposures, known, tests):
    found = exposures().of_adapter({SENTIMENT: [tests[0]["id"], "gone"]}, "model", known[SENTIMENT], None)
    assert (found.counts, found.ids) == ({"exact": 1}, [tests[0]["id"]])
    assert found.compared.by == "ids"
    assert "2 training rows" in found.compared.why
    assert found.partly


def test_a_suite_declares_for_its_own_bases_alone():
    spec = BaseSpec(model="made-up/model")
    assert Suite(name="t", tasks=["x"], bases=[spec], trained_on={"made-up/model": ["fpb"]}).trained_on
    with pytest.raises(BenchError, match="not among the bases"):
        Suite(name="t", tasks=["x"], bases=[spec], trained_on={"made-up/modle": ["fpb"]})
