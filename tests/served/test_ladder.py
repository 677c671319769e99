"""A probe finds what engines can do; every exact way gives the same scores; what cannot be trusted is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import api as apis
from helpers.api import Api, serving, value
from transformers import AutoTokenizer

from phingpt_bench.core.errors import BenchError
from phingpt_bench.models.embedded import SMOLLM2
from phingpt_bench.served.connection import dialect
from phingpt_bench.served.dialects.base import Writing
from phingpt_bench.served.ladder import LABELS, PROMPTS
from phingpt_bench.served.lm import ServedLM
from phingpt_bench.served.opened import Opened, open_served
from phingpt_bench.served.spec import ServedAdapter, ServedSpec

TOKENIZER = "smollm2-135m-instruct"
PROMPT = "News: Orders doubled.\nIs this negative, neutral or positive?\nSentiment:"
LONG = (" Business & Management", " Tax & Accounting", " Business")  # of several tokens, one the beginning of another


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(SMOLLM2.folder())


@pytest.fixture
def api(tokenizer: Any) -> Iterator[Api]:
    found = Api(tokenizer, ("toy", "tuned"))
    found.candidates = [tokenizer.encode(text)[0] for text in (*LABELS, *LONG, " a", " the", "\n", " News")]
    with serving(found):
        yield found


def opened(api: Api, engine: str = "local-completions", said: list[str] | None = None, **more: Any) -> Opened:
    spec = ServedSpec(engine=engine, model="toy", base_url=api.url, **{"timeout": 5.0, "max_retries": 2, **more})  # type: ignore[arg-type]
    return open_served(spec, (said if said is not None else []).append, pause=0.01)


def asked(prompt: str, labels: tuple[str, ...]) -> list[Any]:
    return [SimpleNamespace(args=(prompt, label)) for label in labels]


def expected(tokenizer: Any, model: str, prompt: str, label: str) -> float:
    context, tokens = tokenizer.encode(prompt), tokenizer.encode(label)
    return sum(value(model, [*context, *tokens[:at]], token) for at, token in enumerate(tokens))


@pytest.mark.slow
@pytest.mark.parametrize("labels", [LABELS, LONG])
@pytest.mark.parametrize(
    ("engine", "can", "named", "rung"),
    [
        ("local-completions", "echo named top usage", True, "named"),
        ("local-completions", "echo top usage", True, "prompt"),
        ("local-completions", "echo top usage", False, "prompt"),
        ("local-completions", "named top usage", True, "named"),
        ("sglang", "usage", True, "named"),
    ],
)
def test_every_exact_way_gives_the_same_scores(
    api: Api, tokenizer: Any, engine: str, can: str, named: bool, rung: str, labels: tuple[str, ...]
) -> None:
    api.can, api.owner = set(can.split()), "sglang" if engine == "sglang" else "own"
    found = opened(api, engine, tokenizer=TOKENIZER if named else None)
    lm = ServedLM(found, "toy")
    answers = lm.loglikelihood(asked(PROMPT, labels))
    assert [one for one, _ in answers] == pytest.approx([expected(tokenizer, "toy", PROMPT, one) for one in labels])
    assert lm.tally.rungs == {rung: 1}


@pytest.mark.slow
def test_labels_of_one_token_take_one_request(api: Api) -> None:
    found = opened(api, tokenizer=TOKENIZER)
    before = len(api.requests)
    ServedLM(found, "toy").loglikelihood(asked(PROMPT, LABELS) + asked("More " + PROMPT, LABELS))
    assert len(api.requests) - before == 2


@pytest.mark.slow
def test_the_probe_says_what_was_found_and_why_not(api: Api) -> None:
    api.can, said = {"top", "usage"}, []
    opened(api, said=said, tokenizer=TOKENIZER)
    assert said == [
        "local-completions: toy",
        "  prompt log-probabilities: no (no log-probabilities of the prompt's tokens)",
        "  log-probabilities of named tokens: no (no log-probability of token 3524)",
        f"  first {len(set(api.candidates))} tokens: yes",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flat", "why"),
    [(0.0, "all of them are 0.0"), (-1.5, "all labels are reported to be equally likely"), (0.7, "they are not log-")],
)
def test_what_no_model_says_is_no_rung(api: Api, flat: float, why: str) -> None:
    """llama.cpp's trap: each choice scores 0.0, which is exactly chance."""
    api.can, api.flat = {"echo", "usage"}, flat
    found = opened(api, tokenizer=TOKENIZER)
    assert not found.found["toy"].exact and why in found.found["toy"].reasons["prompt"]
    with pytest.raises(BenchError, match="cannot compare labels exactly"):
        ServedLM(found, "toy").loglikelihood(asked(PROMPT, LABELS))


@pytest.mark.slow
def test_labels_that_are_alike_in_all_prompts_are_refused_afterwards_too(api: Api) -> None:
    api.can = {"echo", "usage"}
    found = opened(api, tokenizer=TOKENIZER)
    api.flat = -2.0  # from now on
    with pytest.raises(BenchError, match=r"all labels of all 2 prompts have the same log-likelihood \(-2\)"):
        ServedLM(found, "toy").loglikelihood(asked(PROMPT, LABELS) + asked(PROMPT + "!", LABELS))


@pytest.mark.slow
def test_log_probabilities_that_were_promised_and_stay_away_are_an_error(api: Api) -> None:
    found = opened(api, tokenizer=TOKENIZER)
    api.can = {"usage"}
    with pytest.raises(BenchError, match=r"no answer after 2 tries: no log-prob"):
        ServedLM(found, "toy").loglikelihood(asked(PROMPT, LABELS))


@pytest.mark.slow
def test_an_engine_that_contradicts_itself_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = apis.value
    monkeypatch.setattr(apis, "value", lambda model, before, token: rule(model, before, token) * 0.8)
    plain = apis.completion

    def warm(handler: apis.Handler, body: dict[str, Any]) -> None:
        monkeypatch.setattr(apis, "value", rule if body.get("echo") else lambda m, b, t: rule(m, b, t) * 0.8)
        plain(handler, body)

    monkeypatch.setattr(apis, "completion", warm)
    with pytest.raises(BenchError, match="log-probabilities of prompts and of named tokens differ"):
        opened(api, tokenizer=TOKENIZER)


@pytest.mark.slow
def test_another_count_of_tokens_is_refused(api: Api) -> None:
    api.shift = 1  # the server puts a token in front
    ours = len(AutoTokenizer.from_pretrained(SMOLLM2.folder()).encode(PROMPTS[0]))
    with pytest.raises(
        BenchError, match=rf"the server counts {ours + 1} tokens in a prompt where the tokenizer finds {ours}"
    ):
        opened(api, tokenizer=TOKENIZER)


@pytest.mark.slow
@pytest.mark.parametrize("can", ["echo named top usage", "named usage", "top usage"])
def test_an_adapter_that_answers_like_the_base_was_not_applied(api: Api, can: str) -> None:
    api.can, adapters = set(can.split()), (ServedAdapter(name="tuned"),)
    opened(api, adapters=adapters, tokenizer=TOKENIZER)  # it differs
    api.same = {"tuned"}
    with pytest.raises(BenchError, match="adapter 'tuned' answers the probe exactly like the base"):
        opened(api, adapters=adapters, tokenizer=TOKENIZER)


def test_of_written_answers_alone_it_is_said_that_they_are_alike(api: Api) -> None:
    said: list[str] = []
    opened(api, "local-chat-completions", said, adapters=(ServedAdapter(name="tuned"),))
    assert any("tuned wrote the base's answers to the probe" in line for line in said)


def test_a_name_that_is_not_served(api: Api) -> None:
    with pytest.raises(BenchError, match="unknown served model 'tuned2'") as caught:
        opened(api, adapters=(ServedAdapter(name="tuned2"),))
    assert "did you mean 'tuned'" in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False])
def test_a_prompt_beyond_the_context_is_refused(api: Api, known: bool) -> None:
    found = opened(api, tokenizer=TOKENIZER if known else None)
    api.context = 60  # what the server does not tell us
    lm = ServedLM(found, "toy")
    request = SimpleNamespace(args=("word " * (3000 if known else 300), {"until": ["\n"], "max_gen_toks": 8}))
    with pytest.raises(BenchError, match="a prompt with its answer takes 3,0" if known else "a prompt is longer than"):
        lm.generate_until([request])
    if known:
        with pytest.raises(BenchError, match="a prompt with its answer takes"):
            lm.loglikelihood(asked("word " * 3000, LABELS))


@pytest.mark.slow
def test_first_tokens_bound_what_they_leave_out(api: Api, tokenizer: Any) -> None:
    api.can = {"top", "usage"}
    found = opened(api, labels="bounded", tokenizer=TOKENIZER)
    lm = ServedLM(found, "toy")
    own = [expected(tokenizer, "toy", PROMPT, label) for label in LABELS]
    best = max(range(3), key=lambda at: own[at])
    api.candidates = [tokenizer.encode(text)[0] for text in (*LABELS, " a", " the")]
    assert [one for one, _ in lm.loglikelihood(asked(PROMPT, LABELS))] == pytest.approx(own)
    # the two best of the labels: the third is known to be less likely
    worst = min(range(3), key=lambda at: own[at])
    api.candidates = [tokenizer.encode(label)[0] for at, label in enumerate(LABELS) if at != worst]
    answers = [one for one, _ in lm.loglikelihood(asked(PROMPT + " ", LABELS))]
    assert lm.tally.bounds == 1 and min(answers) == pytest.approx(sorted(answers)[1]), (
        "no less likely than the last told"
    )
    assert max(range(3), key=lambda at: answers[at]) != worst
    # none of the labels is among the first: their order is open
    api.candidates = [tokenizer.encode(text)[0] for text in (" a", " the")]
    answers = [one for one, _ in lm.loglikelihood(asked(PROMPT + "  ", LABELS) + asked(PROMPT, LABELS))]
    assert all(map(math.isnan, answers[:3])) and lm.tally.undecided >= 1
    assert best == max(range(3), key=lambda at: own[at])


def test_bounds_follow_labels_of_several_tokens(api: Api, tokenizer: Any) -> None:
    api.can = {"top", "usage"}
    api.candidates = sorted({token for label in LONG for token in tokenizer.encode(label)})
    lm = ServedLM(opened(api, labels="bounded"), "toy")
    answers = lm.loglikelihood(asked(PROMPT, LONG))
    assert [one for one, _ in answers] == pytest.approx([expected(tokenizer, "toy", PROMPT, one) for one in LONG])


def test_a_thought_is_no_answer_and_costs(api: Api) -> None:
    thoughts = iter(["<think>\nIt rose.\n</think>\n\npositive\nbecause", "Sentiment: negative", "\n\nneutral"])
    found = opened(api, "local-chat-completions")
    api.say = lambda text: next(thoughts)
    lm = ServedLM(found, "toy")
    history = [{"role": "user", "content": "1"}, {"role": "assistant", "content": "Sentiment:"}]
    contexts = [lm.apply_chat_template([{"role": "user", "content": str(at)}, history[1]], False) for at in range(3)]
    settings = {"until": ["\n"], "max_gen_toks": 16}
    answers = [lm.generate_until([SimpleNamespace(args=(context, settings))])[0] for context in contexts]
    assert [answer.strip() for answer in answers] == ["positive", "negative", "neutral"]
    body = api.requests[-1][1]
    assert body["messages"] == [{"role": "user", "content": "2"}] and "stop" not in body


def test_a_model_that_only_thinks_is_refused_by_the_probe(api: Api) -> None:
    choice = {"message": {"content": "", "reasoning_content": "hm"}, "finish_reason": "length"}
    api.played = [apis.answer({"model": "toy", "choices": [choice]})] * 3
    with pytest.raises(BenchError, match="thinks until its limit of 64 tokens") as caught:
        opened(api, "local-chat-completions", num_concurrent=1)
    assert "max_gen_toks" in str(caught.value)


WRONG = [
    {"prompt_tokens": -5, "completion_tokens": 2}, {"prompt_tokens": 0, "completion_tokens": 2}, {},
    {"prompt_tokens": 9, "completion_tokens": 0}, {"prompt_tokens": "9", "completion_tokens": 2},
    {"prompt_tokens": 9, "completion_tokens": 900},
    {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 99}},
]  # fmt: skip


@pytest.mark.parametrize("counts", WRONG)
def test_a_wrong_count_makes_the_cost_unknown(api: Api, counts: dict[str, Any]) -> None:
    found = opened(api, "local-chat-completions", stream="no", num_concurrent=1)
    lm = ServedLM(found, "toy")
    choice = {"message": {"content": "positive"}, "finish_reason": "stop"}
    api.played = [lambda handler, body: False, apis.answer({"choices": [choice], "usage": counts})]
    settings = {"until": ["\n"], "max_gen_toks": 16}
    lm.generate_until([SimpleNamespace(args=(f"{at}", settings)) for at in range(2)])
    assert lm.tally.usage is None and sum(lm.diagnostics()["wrong_usage"].values()) == 1


@pytest.mark.slow
def test_another_count_than_the_tokenizers_is_wrong_as_well(api: Api) -> None:
    lm = ServedLM(opened(api, tokenizer=TOKENIZER), "toy")
    api.shift = 3
    lm.generate_until([SimpleNamespace(args=(PROMPT, {"until": ["\n"], "max_gen_toks": 16}))])
    assert lm.tally.wrong == {"another count than the tokenizer's": 1}


def test_streams_are_timed_and_counted(api: Api) -> None:
    lm = ServedLM(opened(api, "local-chat-completions"), "toy")
    lm.generate_until([SimpleNamespace(args=(f"{at}", {"until": ["\n"], "max_gen_toks": 16})) for at in range(5)])
    told = lm.diagnostics()
    assert told["streamed"] and told["seconds_to_first_token"]["n"] == 5
    assert told["seconds_to_first_token"]["median"] <= told["seconds_to_first_token"]["p95"]
    assert (lm.tally.usage.tokens_in, lm.tally.usage.tokens_out) == (250, 10)  # type: ignore[union-attr]


@pytest.mark.parametrize("can", ["usage", "stream"])
def test_a_server_that_does_not_stream_or_not_count_then_is_asked_whole(api: Api, can: str) -> None:
    api.can = {can}
    found = opened(api, "local-chat-completions")
    assert not found.link.streams


def test_what_no_engine_gives_is_refused(api: Api, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no tokenizer"):
        opened(api, tokenizer=str(tmp_path))
    with pytest.raises(BenchError, match="not asked for the likelihood of whole texts"):
        ServedLM(opened(api), "toy").loglikelihood_rolling([])
    messages = [{"role": "user", "content": PROMPT}]
    with pytest.raises(BenchError, match="SGLang's /generate takes no messages"):
        dialect(ServedSpec(engine="sglang", model="toy", base_url=api.url), "toy").write(
            messages, Writing(most=8), stream=False
        )
