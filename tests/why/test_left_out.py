"""Leave-one-word-out: the words of a text, and contributions that are those of a forward for each text."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.tiny import save_tiny

from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.why.faithful import DRAWS, SIZES, figures, sets_of
from phingpt_bench.why.left_out import label_scores, log_odds, one_by_one, piece_scores, target
from phingpt_bench.why.pieces import explained_pieces, pieces_of
from phingpt_bench.why.words import MARKS, replaced, without, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Profit fell, and sales rose 5.2%.", ["Profit", "fell", "and", "sales", "rose", "5.2%"]),
        ("$AAPL year-on-year: EUR 1,200", ["$AAPL", "year-on-year", "EUR", "1,200"]),
        ("el año pasó -- ¿subió?", ["el", "año", "pasó", "subió"]),
        ("el an\u0303o subio\u0301 5%", ["el", "an\u0303o", "subio\u0301", "5%"]),
        ("कंपनी का लाभ बढ़ा", ["कंपनी", "का", "लाभ", "बढ़ा"]),
        ("שָׁלוֹם عَالَم", ["שָׁלוֹם", "عَالَم"]),
        (" -- 😀 ", []),
    ],
)
def test_words_are_what_a_reader_takes_for_one(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in words_of(text)] == words


def test_a_mark_is_no_letter_so_that_long_texts_are_read_in_one_pass() -> None:
    marks = [chr(at) for at in range(0x10000) if re.match(f"[{MARKS}]", chr(at))]
    assert not any(re.match(r"\w", mark) for mark in marks) and len(marks) > 150
    assert len(words_of("a\u0301" * 20_000 + "-")) == 1


def test_a_word_left_out_leaves_no_double_blank_and_all_marks() -> None:
    text = "Profit fell, and sales rose."
    places = words_of(text)
    assert without(text, places, []) == text
    assert without(text, places, [0]) == "fell, and sales rose."
    assert without(text, places, [1]) == "Profit, and sales rose."
    assert without(text, places, [1, 2]) == "Profit, sales rose."
    assert without(text, places, range(5)) == ",."


def test_words_are_replaced_and_left_out_together() -> None:
    text = "Profit fell, and sales rose."
    places = words_of(text)
    assert replaced(text, places, {}) == text
    assert replaced(text, places, {1: "grew fast", 3: "", 4: "sank"}) == "Profit grew fast, and sank."
    assert replaced(text, places, {0: "", 1: ""}) == without(text, places, [0, 1])


def test_entities_of_a_line_are_pieces_and_anything_else_is_one() -> None:
    answer = " PER: Anna Lee; ORG: Nokia\nContract: more"
    assert [answer[a:b] for a, b in pieces_of(answer, "lines")] == [" PER: Anna Lee", " ORG: Nokia"]
    assert [answer[a:b] for a, b in pieces_of(answer, "json")] == [" PER: Anna Lee; ORG: Nokia"]
    assert pieces_of(" negative\n", None) == [(0, 9)]
    assert pieces_of("\n", "lines") == []


def test_what_cannot_be_read_as_an_entity_is_not_explained() -> None:
    row = dict(Tasks()["phin_demo_ner"].task.eval_docs[0])
    for answer, explained in (
        (" 111 ( 111) 111 ( 111) 111", []),
        (" ORG: Nokia; and so on and so on; PER: Nobody", [" ORG: Nokia", " PER: Nobody"]),
        (" none", [" none"]),
    ):
        assert [answer[a:b] for a, b in explained_pieces(row, answer)] == explained
    assert explained_pieces({"format": "lines", "labels": ["a"]}, " a") == [(0, 2)]


class Words:
    """A model that counts words: the more "magic", the more likely is the last label."""

    tokenizer = None

    def loglikelihood(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        return [(-1.0 + one.args[0].count("magic") * (one.args[1].strip() == "positive"), False) for one in requests]


@pytest.fixture(scope="module")
def task() -> TaskFacts:
    return Tasks()["phin_demo_sentiment"]


def test_a_planted_word_comes_first(task: TaskFacts) -> None:
    row = {**task.task.eval_docs[0], "text": "Sales of the magic mill rose"}
    (scores,) = label_scores(Asker(Words(), task, Variant()), [one_by_one(row)])
    found = target("positive", log_odds(scores, 2, 0))
    assert found.value == 1.0
    assert found.changes == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]


def test_faithfulness_compares_with_as_many_random_words(task: TaskFacts) -> None:
    row = {**task.task.eval_docs[0], "text": "one two three magic five six seven"}
    asker = Asker(Words(), task, Variant())
    (scores,) = label_scores(asker, [one_by_one(row)])
    sets = sets_of(one_by_one(row), target("positive", log_odds(scores, 2, 0)).changes)
    assert sets is not None
    assert len(sets.dropped) == 1 + len(SIZES) * (1 + DRAWS) * 2
    found = figures([log_odds(own, 2, 0) for own in label_scores(asker, [sets])])
    assert [one.k for one in found] == list(SIZES)
    assert [(one.removed.value, one.alone.value) for one in found] == [(1.0, 0.0)] * 3
    assert all(one.removed_random.value < 1 and one.removed.interval is None for one in found)
    assert sets_of(one_by_one({**row, "text": "a magic text"}), [0.0, 1.0, 0.0]) is None


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("why") / "tiny", initializer_range=0.3)


def model_of(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder).eval()


def phin(model: Any, folder: Path) -> Any:
    from phingpt_bench.engine.lm import PhinLM

    return PhinLM(pretrained=model, tokenizer=str(folder), batch_size=4)


def alone(lm: Any, context: str, continuation: str) -> float:
    """The log-likelihood from a forward with nothing else in it."""
    import torch

    context_ids, ids = lm._encode_pair(context, continuation)
    with torch.no_grad():
        logits = lm.model(torch.tensor([[*context_ids, *ids]])).logits[0].float().log_softmax(-1)
    return float(sum(logits[len(context_ids) + at - 1, token] for at, token in enumerate(ids)))


@pytest.mark.slow
def test_contributions_are_those_of_a_forward_for_each_text(task: TaskFacts, tiny: Path) -> None:
    lm = phin(model_of(tiny), tiny)
    rows = [dict(row) for row in list(task.task.eval_docs)[:3]]
    variants = [one_by_one(row) for row in rows]
    found = label_scores(Asker(lm, task, Variant()), variants)
    for one, scores in zip(variants, found, strict=True):
        for text, own in zip(one.texts, scores, strict=True):
            prompt = f"News: {text}\nIs this negative, neutral or positive?\nSentiment:"
            expected = [alone(lm, prompt, f" {label}") for label in ("negative", "neutral", "positive")]
            assert own == pytest.approx(expected, abs=1e-3)
    whole = sum(len(lm.tok_encode(text)) for one in variants for text in one.texts)
    assert lm.forwarded < whole + sum(12 * len(one.texts) for one in variants)  # less than one row for each text


@pytest.mark.slow
def test_pieces_are_read_behind_what_stands_before_them(tiny: Path) -> None:
    task = Tasks()["phin_demo_ner"]
    lm = phin(model_of(tiny), tiny)
    row = dict(task.task.eval_docs[0])
    answer = " PER: Anna Lee; ORG: Nokia Oyj"
    (found,) = piece_scores(Asker(lm, task, Variant()), [one_by_one(row)], [answer])
    prompt = manager_prompt(task, row)
    assert found[0] == pytest.approx(
        [alone(lm, prompt, " PER: Anna Lee"), alone(lm, f"{prompt} PER: Anna Lee;", " ORG: Nokia Oyj")], abs=1e-3
    )
    assert len(found) == len(words_of(row["text"])) + 1


def manager_prompt(task: TaskFacts, row: dict[str, Any]) -> str:
    from phingpt_bench.lmeval import manager

    return manager.render_prompt(task.task, row)


@pytest.mark.slow
def test_other_adapter_weights_give_another_order(task: TaskFacts, tiny: Path) -> None:
    import peft
    import torch

    row = dict(task.task.eval_docs[0])
    orders = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = peft.get_peft_model(model_of(tiny), peft.LoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj"]))
        with torch.no_grad():
            for weight in (weight for weight in model.parameters() if weight.requires_grad):
                weight.add_(torch.randn_like(weight) * 0.3)
        (scores,) = label_scores(Asker(phin(model, tiny), task, Variant()), [one_by_one(row)])
        changes = target("positive", log_odds(scores, 2, 0)).changes
        orders.append(sorted(range(len(changes)), key=lambda at: -changes[at]))
    assert orders[0] != orders[1]


@pytest.mark.slow
def test_captum_finds_the_same(task: TaskFacts, tiny: Path) -> None:
    """FeatureAblation with each word as a feature and the removal of words as its baseline: a mask over words."""
    attr = pytest.importorskip("captum.attr")
    import torch

    lm = phin(model_of(tiny), tiny)
    row = dict(task.task.eval_docs[0])
    variants = one_by_one(row)
    (scores,) = label_scores(Asker(lm, task, Variant()), [variants])
    ours = target("positive", log_odds(scores, 2, 0)).changes

    def odds(kept: torch.Tensor) -> torch.Tensor:
        values = []
        for mask in kept:
            text = without(row["text"], variants.words, [at for at, one in enumerate(mask) if not one])
            prompt = f"News: {text}\nIs this negative, neutral or positive?\nSentiment:"
            values.append(alone(lm, prompt, " positive") - alone(lm, prompt, " negative"))
        return torch.tensor(values)

    theirs = attr.FeatureAblation(odds).attribute(torch.ones(1, len(variants.words)))[0].tolist()
    assert ours == pytest.approx(theirs, abs=2e-3)


def test_random_words_are_the_same_each_time(task: TaskFacts) -> None:
    row = {**task.task.eval_docs[0], "text": "one two three four five six seven"}
    changes = [random.Random(0).random() for _ in range(7)]
    first, second = (sets_of(one_by_one(row), changes) for _ in range(2))
    assert first is not None and second is not None and first.dropped == second.dropped
