"""What a model answers without a text: three prompts a question, with all else as in the run, and outside its books."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.marks import with_data
from helpers.tiny import save_tiny

from phingpt_bench.cost.meters import Meter
from phingpt_bench.engine.sanity import check_pair
from phingpt_bench.evaluate.content_free import content_free
from phingpt_bench.evaluate.tasks import TaskFacts, task_facts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import manager
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.load import load_base

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lm(tmp_path_factory: Any) -> Any:
    from phingpt_bench.engine.lm import PhinLM

    folder = save_tiny(tmp_path_factory.mktemp("base") / "tiny", hidden_size=32, intermediate_size=64)
    loaded = load_base(BaseSpec(model=str(folder), compute_dtype="float32", quantisation="none", device="cpu"))
    return PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, meter=Meter())


def by_hand(lm: Any, task: TaskFacts, doc: dict[str, Any], shots: int) -> list[float]:
    """The mean over the three texts, one request at a time."""
    rows = []
    for text in ("N/A", "[MASK]", ""):
        empty = {**doc, "text": text}
        prompt = manager.render_prompt(task.task, empty, shots=shots)
        requests = task.task.construct_requests(empty, prompt, apply_chat_template=False, metadata=(None, 0, 1))
        scores = np.array([lm.loglikelihood([request], disable_tqdm=True)[0][0] for request in requests])
        rows.append(np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum())
    return np.mean(rows, axis=0).tolist()


@pytest.mark.parametrize("shots", [0, 2])
def test_the_prior_is_the_mean_of_what_is_answered_without_a_text(lm: Any, shots: int):
    task = task_facts("phin_demo_sentiment")
    lm.on_answer, lm.truncated = (lambda index, answer: pytest.fail("it was told")), 7
    lm.meter = meter = Meter()
    (found,) = content_free(lm, task, Variant(shots=shots))
    assert (meter.tokens_in, lm.meter, lm.truncated) == (Meter().tokens_in, meter, 7)
    lm.on_answer = lambda index, answer: None
    assert found == pytest.approx(by_hand(lm, task, task.task.test_docs()[0], shots), abs=1e-5)
    assert sum(found) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", with_data(["phin_gold"]))
def test_each_question_has_a_prior(lm: Any, name: str):
    task = task_facts(name)
    found = content_free(lm, task, Variant())
    assert len(found) == len({doc["group"] for doc in task.task.eval_docs}) == 9
    first = {doc["group"]: doc for doc in reversed(list(task.task.eval_docs))}
    assert found[4] == pytest.approx(by_hand(lm, task, first[4], 0), abs=1e-5)


def test_written_answers_have_none(lm: Any):
    assert content_free(lm, task_facts("phin_demo_ner"), Variant()) is None


def test_a_prompt_that_cannot_be_asked_without_a_text_has_none(
    lm: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """As where a label merges with the end of "N/A": the check of the tokens refuses the request."""

    def refuses(requests: Any, **_: Any) -> Any:
        check_pair(lm.tokenizer, ("News: N/A", "B"), [1, 2, 4], [1, 2, 3])

    monkeypatch.setattr(lm, "loglikelihood", refuses)
    assert content_free(lm, task_facts("phin_demo_sentiment"), Variant()) is None
    assert "the labels are not scored without a text: the tokens of the prompt" in caplog.text
