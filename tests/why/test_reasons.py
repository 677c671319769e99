"""Reasons in words: how a reply is read, the three tests on a model of known rules, and a chat server asked once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.api import Api, serving
from transformers import AutoTokenizer

from phingpt_bench.cli.main import main
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.served import client
from phingpt_bench.why.left_out import label_scores, one_by_one
from phingpt_bench.why.reasons import figures, reasons_for
from phingpt_bench.why.rows import label_sides
from phingpt_bench.why.values import Reason, Side
from phingpt_bench.why.wordings import WORDINGS, language_of, read_changed, read_reply
from phingpt_bench.why.words import words_of

TEXT = "Net sales fell by 5.2 %, and the loss in Q3 widened."


def words(reply: str, text: str = TEXT) -> list[str]:
    places = words_of(text)
    return [text[slice(*places[at])] for at in read_reply(reply, text, places).words]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Label: negative\nWords: fell, loss\nReason: Sales fell.", ["fell", "loss"]),
        ("**Label:** negative\n**Words:** `Fell`; 'net sales'", ["Net", "sales", "fell"]),
        ("Etiqueta: negativo\nPalabras: 5.2 %, widened\nMotivo: pérdidas", ["5.2", "widened"]),
        ("<think>Words: Net</think>negative\nWords: loss", ["loss"]),
        ('Negative, because "the loss" widened.', ["the", "loss"]),
        ("Label: negative\nWords: profit warning, sales loss\nReason: the 'loss'", []),
        ("Label: negative\nReason: it is bad", []),
        ("", []),
    ],
    ids=["lines", "marks", "spanish", "thought", "quotes", "not-in-the-text", "none", "empty"],
)
def test_the_words_that_a_reply_names(reply: str, expected: list[str]) -> None:
    assert words(reply) == expected


def test_a_named_word_is_named_wherever_it_occurs() -> None:
    assert words("Words: loss", "A loss, then a smaller loss.") == ["loss", "loss"]
    assert read_reply("Words: x\nReason: **Sales fell.**", TEXT, words_of(TEXT)).reason == "Sales fell."


def test_the_label_is_read_before_the_other_lines() -> None:
    for reply in (
        " negative\nWords: gain, positive",
        "Label: negative",
        "<think>positive</think>negative\n\n**Words**: x",
    ):
        assert read_reply(reply, TEXT, words_of(TEXT)).label.strip().removeprefix("Label: ") == "negative"
    assert read_reply("Words: positive", TEXT, words_of(TEXT)).label == ""


@pytest.mark.parametrize(
    ("reply", "expected", "kept"),
    [
        ("Net sales rose by 5.2 %, and the loss in Q3 narrowed.", None, 9 / 11),
        ('Sure! Here it is:\n\n"News: Net sales rose by 5.2 %, and the loss in Q3 narrowed."', None, 9 / 11),
        ("Changed text: Net sales rose by 5.2 %, and the loss in Q3 narrowed.", None, 9 / 11),
        ("I cannot do this.", "", 0.0),
    ],
    ids=["plain", "chatty", "opened", "refused"],
)
def test_the_changed_text_of_a_reply(reply: str, expected: str | None, kept: float) -> None:
    expected = "Net sales rose by 5.2 %, and the loss in Q3 narrowed." if expected is None else expected
    text, share = read_changed(reply, TEXT, "News:")
    assert text.removeprefix('"').removesuffix('"').removeprefix("News: ") == expected
    assert share == pytest.approx(kept)


def test_the_question_has_the_language_of_the_prompt() -> None:
    assert language_of("en", "phin_fpb") == language_of("es", "phin_fpb_es_mt_en_gen") == "en"
    assert language_of("es (machine)", "phin_fpb_es_mt") == language_of("es", "phin_multifin_es_gen") == "es"
    assert language_of("ja", "mine") == "en"
    for one in WORDINGS.values():
        assert one.reason.format(labels="a, b") and one.change.format(label="a", wanted="b")


class Rules:
    """A model that answers by one word: "loss" is negative, "gain" positive, anything else neutral.

    reply: the reason that it writes. flips: whether it knows how to change a text.
    """

    tokenizer = None

    def __init__(self, reply: str, flips: bool = True):
        self.reply, self.flips = reply, flips

    def label(self, prompt: str) -> str:
        return "negative" if "loss" in prompt else "positive" if "gain" in prompt else "neutral"

    def loglikelihood(self, requests: list[Any], **_: Any) -> list[tuple[float, bool]]:
        return [(-0.1 if one.args[1].strip() == self.label(one.args[0]) else -3.0, False) for one in requests]

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        return [self._write(one.args[0]) for one in requests]

    def _write(self, prompt: str) -> str:
        if "becomes" not in prompt:
            return f" {self.label(prompt)}\n{self.reply}"
        text = prompt.removeprefix("News: ").partition("\n")[0]
        wanted = re.search(r"becomes (\w+)", prompt)[1]  # type: ignore[index]
        word = {"negative": "loss", "positive": "gain", "neutral": "result"}[wanted]
        return f" {text.replace('loss', word)}" if self.flips else f" {text}"


def put(model: Rules) -> tuple[list[Side], Any]:
    """Two texts of "loss" put to a model: its sides, and the figures."""
    task = Tasks()["phin_demo_sentiment"]
    rows = [dict(row) for row in task.task.eval_docs][:2]
    texts = [one_by_one({**row, "text": f"The {at} year loss of the firm was seen."}) for at, row in enumerate(rows)]
    asker = Asker(model, task, Variant())
    scores = label_scores(asker, texts)
    sides = [label_sides(task.dataset.labels, [own])[0] for own in scores]
    found = reasons_for(asker, texts, sides)
    sides = [Side(answer=one.answer, targets=one.targets, reason=own) for one, own in zip(sides, found, strict=True)]
    return sides, figures(texts, sides)


def test_a_true_reason_passes_all_tests() -> None:
    sides, found = put(Rules("Words: loss\nReason: There is a loss."))
    for side in sides:
        reason = side.reason
        assert isinstance(reason, Reason) and reason.text == "There is a loss."
        assert (reason.label, reason.without, reason.becomes) == ("negative", "neutral", reason.wanted)
        assert len(reason.random) == 3 and reason.kept == pytest.approx(8 / 9)
    assert found.read.value == found.same.value == found.redacted.value == found.flipped.value == 1.0
    assert found.gain.value == pytest.approx(1 - found.random.value) and found.named.value == pytest.approx(1 / 9)
    assert found.agreement.f1.value == 1.0, "the word that it names is the one of the largest contribution"


def test_a_false_reason_fails_them() -> None:
    _, found = put(Rules("Words: year\nReason: A year.", flips=False))
    assert found.redacted.value == 0.0 and found.flipped.value == 0.0 and found.kept.value == 1.0
    assert found.agreement.f1.value == 0.0 and found.gain.value <= 0.0


def test_a_reason_for_another_answer_is_not_tested() -> None:
    model = Rules("Words: loss\nReason: A loss.")
    model._write = lambda prompt: " positive\nWords: loss"  # type: ignore[method-assign]
    sides, found = put(model)
    assert found.read.value == 1.0 and found.same.value == 0.0
    assert found.redacted is found.flipped is found.agreement is found.named is None
    assert all(side.reason is not None and side.reason.without is None and not side.reason.wanted for side in sides)


def say(question: str) -> str:
    """A chat model by rule: sums and profits are positive; it names the third word of the news."""
    text = question.partition("News: ")[2].partition("\n")[0]
    label = "positive" if len(text) % 2 else "negative"
    if "becomes" in question:
        return f"{text}!"
    return f"Label: {label}\nWords: {text.split()[2]}\nReason: By its length." if "Reason:" in question else label


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Api]:
    monkeypatch.setattr(client, "PAUSE", 0.01)
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    found = Api(None)
    found.say = say
    with serving(found):
        yield found


@pytest.mark.slow
def test_a_chat_server_gives_reasons_and_is_asked_once(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = ["--model", "local-chat-completions", "--model-args", f"base_url={api.url},model=toy"]
    results = ["--results", str(tmp_path / "results")]
    tasks = ["--tasks", "phin_demo_sentiment", "--limit", "4", "--no-floors", "--quiet"]
    assert main(["evaluate", *engine, *tasks, *results]) == 0
    why = ["why", "base", "--task", "phin_demo_sentiment_gen", "--rows", "all", "--reasons", *results]
    capsys.readouterr()
    assert main([*why, *engine]) == 0
    out = capsys.readouterr().out
    assert "toy writes positive: By its length." in out and "Are the reasons true?" in out
    assert "This engine gives no likelihoods" in out and "N/A" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    asked = len(api.times)
    file = tmp_path / "why.json"
    assert main([*why, *engine, "--format", "json", "--output", str(file)]) == 0
    assert len(api.times) - asked <= 4, "the probe alone"
    found = json.loads(file.read_text())
    figures_found, reason = found["reasons"][0], found["rows"][0]["sides"][0]["reason"]
    assert figures_found["read"]["value"] == figures_found["same"]["value"] == 1.0
    assert figures_found["agreement"] is None and figures_found["redacted"]["n"] == 4
    assert reason["words"] == [2] and len(reason["random"]) == 3 and "text" not in reason and "changed" not in reason
    assert reason["becomes"] == reason["wanted"] or reason["becomes"] != reason["label"]
    assert main(why) == 2
    assert "was served by local-chat-completions" in capsys.readouterr().err
    other = [*engine[:3], f"base_url={api.url},model=other"]
    api.names = ("toy", "other")
    assert main([*why, *other]) == 2
    assert "the server has other, the run was of toy" in capsys.readouterr().err


@pytest.mark.slow
def test_words_are_left_out_where_a_server_gives_likelihoods(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from phingpt_bench.models.embedded import SMOLLM2

    api.tokenizer, api.names = AutoTokenizer.from_pretrained(SMOLLM2.folder()), ("toy", "tuned")
    given = f"base_url={api.url},model=toy,tokenizer=smollm2-135m-instruct"
    engine = ["--model", "local-completions", "--model-args", given]
    results = ["--results", str(tmp_path / "results")]
    tasks = ["--tasks", "phin_demo_sentiment", "--limit", "2", "--no-floors", "--quiet", "--adapter", "tuned"]
    assert main(["evaluate", *engine, *tasks, *results]) == 0
    file = tmp_path / "why.json"
    why = ["why", "base", "tuned", "--task", "phin_demo_sentiment", "--rows", "all", *results, *engine]
    assert main([*why, "--reasons", "--format", "json", "--output", str(file)]) == 0
    found = json.loads(file.read_text())
    assert found["systems"] == ["toy", "tuned"] and found["kind"] == "labels"
    for row in found["rows"]:
        base, tuned = (side["scores"] for side in row["sides"])
        assert len(base) == len(tuned) == len(row["words"]) + 1 and base[0] != tuned[0]
    capsys.readouterr()
