"""Floor and check models: on the demonstration tasks, and on the real ones where the data mirror is at hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.marks import with_data
from lm_eval.api.instance import Instance

from phingpt_bench.core.errors import BenchError
from phingpt_bench.floors import crf
from phingpt_bench.floors.classical import MeanLM, RidgeLM, TfidfLM, seen
from phingpt_bench.floors.crf import CrfLM
from phingpt_bench.floors.lexicon import BAD, DOWN, GOOD, NEGATIVE, POSITIVE, UP, hits, knows, plain
from phingpt_bench.floors.registry import floor_models
from phingpt_bench.floors.trivial import MajorityLM, RandomLM
from phingpt_bench.lmeval import hooks, manager
from phingpt_bench.lmeval.documents import EchoLM, NullLM, OracleLM
from phingpt_bench.scoring.answered import gold_spans, outcomes_of
from phingpt_bench.scoring.entities import Span
from phingpt_bench.scoring.metrics import score_all

LABELS = ("phin_demo_sentiment", "phin_fpb", "phin_tfns")
SPANS = ("phin_demo_ner", "phin_fin", "phin_finer_ord")


def load(name: str, request: pytest.FixtureRequest) -> Any:
    if "demo" not in name:
        request.getfixturevalue("data_mirror")
    return manager.load_task(name)


def scores(task: Any, model: Any) -> dict[str, float]:
    """lm-eval's scores of a fitted model on the whole test split."""
    from lm_eval.evaluator import evaluate

    with manager.quiet():
        results = evaluate(model.fit(task), {"tasks": {task.config.task: task}}, bootstrap_iters=0)
    return {key.split(",")[0]: value for key, value in results["results"][task.config.task].items() if "," in key}


@pytest.mark.slow
@pytest.mark.parametrize("name", with_data(LABELS))
def test_check_models_on_label_tasks(name: str, request: pytest.FixtureRequest):
    """Through lm-eval and over all test rows; tests/lmeval/test_tasks.py has all tasks."""
    task = load(name, request)
    oracle = scores(task, OracleLM())
    assert {oracle[metric] for metric in ("acc", "f1_weighted", "f1_macro", "mcc")} == {1.0}
    assert oracle["acc_stderr"] == oracle["flip_rate"] == 0.0
    majority, null, echo = (scores(task, model) for model in (MajorityLM(), NullLM(), EchoLM()))
    gold = [doc["label"] for doc in task.test_docs()]
    train = [doc["label"] for doc in task.training_docs()]
    assert majority["acc"] == pytest.approx(gold.count(max(set(train), key=train.count)) / len(gold))
    assert majority["mcc"] == 0.0
    for metric in ("acc", "f1_weighted", "f1_macro"):
        assert null[metric] <= majority[metric]
    assert null == echo


@pytest.mark.parametrize("name", with_data(SPANS))
def test_check_models_on_entity_tasks(name: str, request: pytest.FixtureRequest):
    """The answer format can say every gold span of every row (docs/decisions/0002)."""
    task = load(name, request)
    oracle = scores(task, OracleLM())
    for metric in ("f1", "precision", "recall", "f1_macro", "f1_partial", "f1_type"):
        assert oracle[f"entity_{metric}"] == 1.0
    for model in (MajorityLM(), NullLM(), EchoLM()):
        assert scores(task, model)["entity_f1"] == 0.0


@pytest.mark.data
def test_floors_write_the_label_that_they_would_choose(request: pytest.FixtureRequest):
    chosen, written = load("phin_fiqa_pauri32", request), load("phin_fiqa_pauri32_gen", request)
    for floor in (MajorityLM, RandomLM, TfidfLM):
        one, other = scores(chosen, floor()), scores(written, floor())
        assert (other["acc"], other["f1_macro"]) == (one["acc"], one["f1_macro"])
        assert other["invalid_rate"] == 0.0


@pytest.mark.data
def test_the_crf_has_the_same_scores_in_every_answer_form(request: pytest.FixtureRequest):
    """So what a model scores between forms is the model's trouble with the form."""
    names = ("phin_fin", "phin_fin_json", "phin_fin_tags")
    tasks, model = {name: load(name, request) for name in names}, CrfLM()
    model.GRID, model.ITERATIONS = ((0.1, 0.1),), 30
    model.fit(tasks["phin_fin"])
    found = {}
    for name, task in tasks.items():
        model.models[name] = model.models["phin_fin"]
        rows = [hooks.read(doc, [model.answer(task, doc)])[1] for doc in task.test_docs()]
        assert not any(row.invalid for row in rows)
        outcomes = outcomes_of("spans", ["PER", "ORG", "LOC"], task.test_docs()["id"], rows)
        found[name] = score_all(outcomes)["entity_f1"]
    assert 0.5 < found["phin_fin"] < 1.0
    assert set(found.values()) == {found["phin_fin"]}


@pytest.mark.parametrize("name", with_data(["phin_fiqa_official_score", "phin_semeval_score"]))
def test_floors_of_scores(name: str, request: pytest.FixtureRequest):
    task, ridge = load(name, request), RidgeLM()
    mean, learnt = scores(task, MeanLM()), scores(task, ridge)
    assert mean["r2"] == pytest.approx(0.0, abs=0.05)
    assert mean["r2"] < learnt["r2"] < 0.8
    assert learnt["mse"] < mean["mse"]
    assert ridge.chosen[name]["alpha"] in RidgeLM.GRID
    assert all(-1 <= float(ridge.answer(task, doc)) <= 1 for doc in task.test_docs().select(range(20)))


def test_a_bag_of_words_sees_what_is_asked_about():
    assert seen({"text": "Sales fell.", "entity": "Nokia", "question": "Up?", "label": "no"}) == "Up? Nokia Sales fell."
    assert seen({"text": "Sales fell.", "label": "no"}) == "Sales fell."


@pytest.mark.slow
def test_floors_on_the_demonstration_corpus():
    """Learnt floors beat the majority, and the corpus is not so easy that they solve it."""
    task = manager.load_task("phin_demo_sentiment")
    tfidf = TfidfLM()
    learnt, majority = scores(task, tfidf), scores(task, MajorityLM())
    assert majority["f1_weighted"] < learnt["f1_weighted"] < 1.0
    assert tfidf.fit_seconds["phin_demo_sentiment"] > 0
    assert tfidf.chosen["phin_demo_sentiment"]["C"] in TfidfLM.GRID
    assert scores(task, TfidfLM()) == learnt
    task, model = manager.load_task("phin_demo_ner"), CrfLM()
    found = scores(task, model)
    assert 0.2 < found["entity_f1"] < 1.0
    doc = task.test_docs()[0]
    assert CrfLM().fit(task).answer(task, doc) == model.answer(task, doc)


@pytest.mark.slow
def test_settings_are_chosen_on_validation_and_test_is_never_read(monkeypatch: pytest.MonkeyPatch):
    task = manager.load_task("phin_demo_sentiment")
    monkeypatch.setattr(task, "test_docs", lambda: pytest.fail("the test split was read"))
    model = TfidfLM().fit(task)
    monkeypatch.setattr(task, "validation_docs", list)
    with pytest.raises(BenchError, match="needs training and validation rows"):
        TfidfLM().fit(task)
    doc = task.training_docs()[0]
    assert sum(np.exp(model.label_scores(task, doc))) == pytest.approx(1.0)


@pytest.mark.data
def test_the_tfidf_floor_reaches_its_known_level(request: pytest.FixtureRequest):
    """Financial PhraseBank, FinGPT's split: 0.777 weighted F1 (C chosen on validation, then fitted on both)."""
    assert scores(load("phin_fpb", request), TfidfLM())["f1_weighted"] == pytest.approx(0.777, abs=0.005)


def test_random_depends_on_the_document_alone():
    task = manager.load_task("phin_demo_sentiment")
    docs = list(task.test_docs())
    one, other = RandomLM(1).fit(task), RandomLM(2).fit(task)
    forward = [int(np.argmax(one.label_scores(task, doc))) for doc in docs]
    backward = [int(np.argmax(one.label_scores(task, doc))) for doc in reversed(docs)]
    assert forward == backward[::-1]
    assert forward != [int(np.argmax(other.label_scores(task, doc))) for doc in docs]
    assert min(np.bincount(forward, minlength=3)) > len(docs) / 6


def test_likelihoods_belong_to_their_request():
    task = manager.load_task("phin_demo_sentiment")
    docs = list(task.test_docs())[:5]
    oracle = OracleLM().fit(task)
    task.build_all_requests(limit=5)
    answers = oracle.loglikelihood(list(reversed(task.instances)))[::-1]
    for instance, (score, greedy) in zip(task.instances, answers, strict=True):
        right = task.doc_to_choice(docs[0])[instance.idx] == instance.doc["label"]
        assert (score == 0.0) == right == greedy


def test_what_floor_models_cannot_do_is_said():
    task = manager.load_task("phin_demo_ner")
    request = Instance("generate_until", dict(task.test_docs()[0]), ("", {}), 0, metadata=("phin_demo_ner", 0, 1))
    with pytest.raises(BenchError, match="was not fitted to task 'phin_demo_ner'"):
        OracleLM().generate_until([request])
    with pytest.raises(BenchError, match="RandomLM does not write answers"):
        RandomLM().fit(task).generate_until([request])
    with pytest.raises(BenchError, match="no language model"):
        NullLM().loglikelihood_rolling([request])
    with pytest.raises(BenchError, match="labels, spans, scores"):
        floor_models("lables")
    assert list(floor_models("labels")) == ["majority", "random", "lexicon", "tfidf-lr", "tfidf-lexicon"]
    assert list(floor_models("spans")) == ["crf"]
    assert list(floor_models("scores")) == ["mean", "tfidf-ridge"]


def test_tags_and_spans_are_inverse():
    text = 'Anna Lee, of "Nokia Oyj" (Espoo): U.S.-based, U.S.'
    entities = [Span(0, 8, "PER"), Span(14, 23, "ORG"), Span(26, 31, "LOC"), Span(34, 38, "LOC"), Span(46, 50, "LOC")]
    assert list(crf.spans(text, crf.tags(text, entities))) == entities
    assert list(crf.spans("", [])) == []
    adjacent = [Span(0, 4, "PER"), Span(5, 8, "PER")]
    assert list(crf.spans("Anna Lee", crf.tags("Anna Lee", adjacent))) == adjacent
    assert list(crf.spans("a b c", ["I-ORG", "I-LOC", "O"])) == [Span(0, 1, "ORG"), Span(2, 3, "LOC")]


@pytest.mark.parametrize("name", with_data(SPANS))
def test_no_gold_entity_is_cut_by_the_tokens(name: str, request: pytest.FixtureRequest):
    task = load(name, request)
    for docs in (task.training_docs(), task.validation_docs(), task.test_docs()):
        for doc in docs:
            gold = gold_spans(doc)
            assert list(crf.spans(doc["text"], crf.tags(doc["text"], gold))) == sorted(gold)


@pytest.mark.slow
def test_crf_on_texts_without_a_token():
    task = manager.load_task("phin_demo_ner")
    model = CrfLM()
    model.GRID = ((0.1, 0.1),)
    model.fit(task)
    asked = {"labels": ["PER", "ORG", "LOC"], "format": "lines"}
    assert model.answer(task, {"text": " ", **asked}) == "none"
    assert model.answer(task, {"text": "", **asked}) == "none"
    assert model.answer(task, {"text": "", **asked, "format": "json"}) == "[]"


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("Operating profit rose to EUR 5 mn.", 1),
        ("Operating profit fell to EUR 5 mn.", -1),
        ("The loss narrowed.", 1),
        ("Costs increased.", -1),
        ("Sales did not increase.", -1),
        ("Results didn't improve.", -1),
        ("A strong quarter without problems.", 2),
        ("The company is based in Espoo.", 0),
        ("Las ventas subieron un 5%.", 1),
        ("La pérdida aumentó.", -1),
        ("El beneficio no creció.", -1),
    ],
)
def test_the_rules_of_the_lexicon(text: str, total: int) -> None:
    assert sum(hit.value for hit in hits(text)) == total


def test_the_lists_of_the_lexicon_do_not_contradict_each_other() -> None:
    assert not POSITIVE & NEGATIVE and not UP & DOWN and not GOOD & BAD
    assert not (POSITIVE | NEGATIVE) & (UP | DOWN)
    assert all(word == plain(word) for word in POSITIVE | NEGATIVE | UP | DOWN | GOOD | BAD)


def test_a_hit_says_where_it_is_and_what_gave_it_its_sense() -> None:
    (hit,) = hits("Net loss narrowed")
    assert (hit.start, hit.end, hit.value, hit.subject) == (9, 17, 1, "loss")
    assert knows(["positive", "negative", "neutral"]) and not knows(["dovish", "neutral", "hawkish"])
