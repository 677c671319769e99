"""One request and what may go wrong with it: limits, timeouts, half answers, keys, and answers that are kept."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import api as apis
from helpers.api import Api, serving

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.overrides import parsed
from phingpt_bench.evaluate.suite import load_suite
from phingpt_bench.served import bodies, client, keys
from phingpt_bench.served.connection import Connection, dialect
from phingpt_bench.served.dialects.base import Writing
from phingpt_bench.served.faults import Silence
from phingpt_bench.served.resume import Kept
from phingpt_bench.served.spec import ENGINES, ServedSpec, from_args
from phingpt_bench.served.values import Written
from phingpt_bench.text.language import speaking, spoken

CANARY = "sk-canary-3f9a8b7c6d5e4f3a"
QUESTION = [{"role": "user", "content": "News: Profit rose.\nSentiment?"}]
CHATS = ("local-chat-completions", "openai-chat-completions", "anthropic-chat-completions")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api()) as found:
        yield found


def spec_of(api: Api, engine: str = "local-chat-completions", **more: Any) -> ServedSpec:
    return ServedSpec(engine=engine, model="toy", base_url=api.url, **{"timeout": 5.0, **more})  # type: ignore[arg-type]


def written(link: Connection, *questions: Any, most: int = 8, stop: tuple[str, ...] = ()) -> list[Written]:
    """The answers to some questions, asked together."""
    way = dialect(link.spec, link.spec.model)
    found: dict[int, Written] = {}

    async def one(at: int, question: Any) -> None:
        found[at] = await link.write(way, question, Writing(most=most, stop=stop))

    link.run([lambda at=at, q=q: one(at, q) for at, q in enumerate(questions or (QUESTION,))])
    return [found[at] for at in sorted(found)]


def link_to(api: Api, engine: str = "local-chat-completions", **more: Any) -> Connection:
    return Connection(spec_of(api, engine, **more), api.url, pause=0.01)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("engine", CHATS)
def test_an_answer_comes_whole_or_streamed_in_each_dialect(api: Api, engine: str, streams: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip # noqa: E501
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    link = link_to(api, engine)
    link.streams = streams
    (reply,) = written(link)
    assert reply.text == api.say(QUESTION[0]["content"])
    assert (reply.usage.tokens_in, reply.usage.tokens_out) == (50, 2)
    assert (reply.first is not None) == streams and reply.seconds is not None and not reply.cut
    assert streams is False or reply.first <= reply.seconds  # type: ignore[operator]


@pytest.mark.parametrize("streams", [False, True])
def test_the_fingerprint_of_a_server_is_kept_with_each_answer(api: Api, streams: bool, tmp_path: Path) -> None:
    api.builds = ["fp_a", "fp_b"]
    link = link_to(api, num_concurrent=1)
    link.streams = streams
    questions = [[{"role": "user", "content": f"{at}"}] for at in range(3)]
    kept(link, tmp_path / "a.jsonl")
    assert [one.fingerprint for one in written(link, *questions)] == ["fp_a", "fp_b", "fp_b"]
    assert link.fingerprints == {"fp_a": 1, "fp_b": 2}
    again = link_to(api)
    kept(again, tmp_path / "a.jsonl")
    written(again, *questions)
    assert again.fingerprints == {"fp_a": 1, "fp_b": 2}, "of kept answers, too"
    api.builds = []
    (silent,) = written(again, [{"role": "user", "content": "another"}])
    assert silent.fingerprint is None and again.fingerprints.total() == 3


def test_a_fingerprint_that_is_no_text_is_none(api: Api) -> None:
    choices = [{"message": {"content": "x"}, "finish_reason": "stop"}]
    api.played = [apis.answer({"choices": choices, "system_fingerprint": odd}) for odd in (7, {"a": 1}, "")]
    link = link_to(api, num_concurrent=1)
    questions = [[{"role": "user", "content": f"{at}"}] for at in range(3)]
    assert [one.fingerprint for one in written(link, *questions)] == [None] * 3


@pytest.mark.parametrize(
    "fault",
    [
        apis.status(429), apis.status(500), apis.status(503), apis.status(529, "overloaded"),
        apis.half(), apis.half(b'{"choices": []}'), apis.half(b"{}", length=500), apis.half(b"[]"),
        apis.answer({"choices": [{"message": None, "finish_reason": "stop"}]}),
        apis.answer({"choices": [{"message": {"content": None}, "finish_reason": None}]}),
        apis.half(b"[" * 200_000),
        apis.half(b"\xff\xfe{}"),
        apis.answer({"choices": [{"message": {"content": "x"}, "finish_reason": ["stop"]}]}),
        apis.answer({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "model": {"a": 1}}),
    ],
    ids=["429", "500", "503", "529", "json", "empty", "short", "list", "no-message", "no-end", "deep", "bytes",
         "end", "model"],
)  # fmt: skip
def test_what_may_succeed_the_next_time_is_asked_again(api: Api, fault: apis.Fault) -> None:
    api.played = [fault, fault]
    link = link_to(api)
    assert written(link)[0].text == api.say(QUESTION[0]["content"])
    assert len(api.requests) == 3 and link.client.retries == 2


@pytest.mark.slow
def test_a_server_that_is_silent_is_asked_again_in_time(api: Api) -> None:
    api.played = [apis.silent(20.0)]
    link = link_to(api, timeout=2.0)
    assert written(link)[0].text
    assert 1.5 < api.times[1] - api.times[0] < 15


def test_an_encoding_that_is_unknown_is_not_looked_up(api: Api) -> None:
    def fault(handler: Any, body: Any) -> bool:
        data = {"choices": [{"message": {"content": "ja"}, "finish_reason": "stop"}]}
        handler.reply(data, kind="application/json; charset=none-such")
        return True

    api.played = [fault]
    assert written(link_to(api))[0].text == "ja"


@pytest.mark.parametrize("streams", [False, True])
def test_an_answer_has_bounds(api: Api, streams: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST", 50_000)
    api.say = lambda text: "x" * 60_000
    link = link_to(api, max_retries=2)
    link.streams = streams
    with pytest.raises(BenchError, match="an answer of more than 50,000 bytes"):
        written(link)


def test_a_line_of_a_stream_may_be_long(api: Api) -> None:
    def fault(handler: Any, body: Any) -> bool:
        handler.events([{"choices": [{"delta": {"content": "x" * 600_000}, "finish_reason": "stop"}]}])
        return True

    api.played = [fault]
    link = link_to(api)
    link.streams = True
    assert len(written(link)[0].text) == 600_000 and len(api.requests) == 1


@pytest.mark.parametrize("engine", CHATS)
def test_half_a_stream_is_no_answer(api: Api, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    events = {
        "anthropic-chat-completions": [{"type": "content_block_delta", "delta": {"text": "pos"}}],
    }.get(engine, [{"choices": [{"delta": {"content": "pos"}}]}])
    failing = [{"type": "error", "error": {"message": "overloaded"}}]
    api.played = [apis.broken_stream(events), apis.broken_stream(failing)]
    link = link_to(api, engine)
    link.streams = True
    assert written(link)[0].text == api.say(QUESTION[0]["content"])
    assert link.client.retries == 2


@pytest.mark.slow
@pytest.mark.parametrize(("header", "text"), [("retry_after", "0.6"), ("retry_after_ms", "600")])
def test_all_requests_wait_as_long_as_the_server_asks(api: Api, header: str, text: str) -> None:
    api.played = [apis.status(429, "slow down", **{header: text})]
    link = link_to(api, num_concurrent=1)
    questions = [[{"role": "user", "content": f"{at}"}] for at in range(4)]
    assert len(written(link, *questions)) == 4
    assert len(api.requests) == 5 and api.times[1] - api.times[0] >= 0.59


def test_a_date_is_a_time_to_wait_for(api: Api) -> None:
    import email.utils
    from datetime import datetime, timedelta, timezone

    from phingpt_bench.served.faults import pause_of

    soon = email.utils.format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    assert 25 < (pause_of({"retry-after": soon}) or 0) <= 30
    assert pause_of({"retry-after": "soon"}) is None and pause_of({"retry-after": "now, or so"}) is None


def test_so_many_requests_a_minute(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []  # of a clock that only rests move, so that a busy machine changes nothing
    paused = asyncio.sleep

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        await paused(0)

    link = link_to(api, requests_per_minute=300)  # one in 0.2 s
    monkeypatch.setattr(asyncio, "sleep", rest)
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=lambda: sum(rests), perf_counter=time.perf_counter))
    written(link, *([{"role": "user", "content": f"{at}"}] for at in range(5)))
    assert len(api.requests) == 5 and sum(rests) == pytest.approx(0.8)


def test_no_more_than_so_many_at_a_time(api: Api) -> None:
    running: list[int] = []
    most = []

    def slow(handler: apis.Handler, body: dict[str, Any]) -> bool:
        running.append(1)
        most.append(len(running))
        time.sleep(0.1)
        running.pop()
        return False

    api.played = [slow] * 9
    written(link_to(api, num_concurrent=3), *([{"role": "user", "content": f"{at}"}] for at in range(9)))
    assert max(most) == 3


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (apis.status(400, "bad request"), "the server refuses (status 400): bad request"),
        (apis.status(401, f"Incorrect API key provided: {CANARY}."), "Incorrect API key provided: [key]"),
        (apis.status(401, "Incorrect API key provided: sk-ca******4f3a."), "Incorrect API key provided: [key]"),
        (apis.status(403, "no"), "status 403"),
        (apis.status(404, "The model `toy` does not exist"), "does not exist"),
        (apis.status(429, '{"code": "insufficient_quota"}'), "insufficient_quota"),
        (apis.status(429, "later", retry_after="7200"), "asks to wait 7200 s"),
        (apis.status(400, "This model's maximum context length is 8 tokens"), "a prompt is longer than the server's"),
        (
            apis.status(307, "", location="http://127.0.0.1:1/steal"),
            "base_url in --model-args; the server names http://127.0.0.1:1/steal",
        ),
        (apis.status(308, ""), "status 308"),
        (apis.status(405, "no POST"), "check model and base_url"),
    ],
)
def test_what_will_be_refused_again_is_reported_at_once(api: Api, fault: apis.Fault, words: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip # noqa: E501
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    api.played = [fault]
    with pytest.raises(BenchError) as caught:
        written(link_to(api, "openai-chat-completions"))
    assert words in str(caught.value) and CANARY not in str(caught.value)
    assert len(api.requests) == 1


def test_after_so_many_tries_it_says_that_what_is_answered_is_kept(api: Api) -> None:
    link = link_to(api, max_retries=3)
    written(link, [{"role": "user", "content": "the first"}])
    api.played = [apis.status(500, "boom")] * 9
    with pytest.raises(BenchError) as caught:
        written(link)
    assert "no answer after 3 tries: status 500: boom" in str(caught.value) and "kept" in str(caught.value)
    assert len(api.requests) == 1 + 3


@pytest.mark.parametrize(
    ("fault", "words", "remedy"),
    [
        (
            apis.half(b"<html>\n <h1>Welcome to nginx</h1>" + b"x" * 500),
            "half of it: <html> <h1>Welcome to nginx</h1>xxx",
            "not such an API",
        ),
        (apis.half(b""), "an empty answer", "not such an API"),
        (apis.half(b"[1, 2]"), "no choices in the answer", "not such an API"),
        (apis.status(502, "bad gateway"), "status 502: bad gateway", "check base_url"),
        (apis.status(429, "slow down"), "status 429: slow down", "wait, then give the same command again"),
    ],
    ids=["page", "empty", "list", "gateway", "limit"],
)
def test_a_server_that_never_answered_is_reported_with_what_it_sent_and_what_to_check(
    api: Api, fault: apis.Fault, words: str, remedy: str
) -> None:
    api.played = [fault] * 9
    with pytest.raises(BenchError) as caught:
        written(link_to(api, max_retries=2))
    text = str(caught.value)
    assert words in text and remedy in (caught.value.hint or "") and "kept" not in text
    assert len(text) < 400, "the beginning of a page, not all of it"


def test_repeated_requests_are_reported_at_once_and_then_rarely(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    api.played = [apis.status(429, f"{CANARY} asks too often")] * 4
    link = link_to(api, "openai-chat-completions", num_concurrent=2)
    lines: list[str] = []
    link.client.report = lines.append
    written(link, *([{"role": "user", "content": f"{at}"}] for at in range(4)))
    assert link.client.retries == 4
    (line,) = lines
    assert line == f"{api.url}: status 429: [key] asks too often; the request is repeated (try 2 of 6)"
    silence = Silence(60.0)
    due = [at for at in range(0, 1000, 10) if silence.ends(100.0 + at)]
    assert due == [0, 60, 180, 420, 900]


def test_a_server_that_is_not_there() -> None:
    spec = ServedSpec(engine="local-chat-completions", model="toy", base_url="http://127.0.0.1:9", max_retries=2)
    with pytest.raises(BenchError, match="cannot be reached"):
        written(Connection(spec, "http://127.0.0.1:9", pause=0.01))


def test_no_key_is_an_error_before_anything_is_sent(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(BenchError, match=r"no API key.*OPENAI_API_KEY"):
        link_to(api, "openai-chat-completions")
    assert api.requests == []


def test_a_key_goes_only_where_it_belongs(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("OTHER_KEY", CANARY)
    written(link_to(api))  # lm-eval would send OpenAI's key to any server
    assert CANARY not in json.dumps(api.requests)
    written(link_to(api, key_variable="OTHER_KEY"))
    assert api.requests[-1][2]["Authorization"] == f"Bearer {CANARY}"
    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    written(link_to(api, "anthropic-chat-completions"))
    assert api.requests[-1][2]["x-api-key"] == CANARY


KEY_NAMES = ("key", "apikey", "api-key", "OPENAI_API_KEY", "token", "api_token", "password", "authorization", "bearer")


@pytest.mark.parametrize("name", KEY_NAMES)
def test_a_key_in_a_suite_is_refused_with_the_way_to_give_it(name: str, tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    base = "{engine: local-chat-completions, model: m, base_url: 'http://h', %s}"
    file.write_text(f"name: s\ntasks: [phin_demo_ner]\nbases:\n- {base % f'{name}: secret'}\n")
    with pytest.raises(BenchError, match="give key_variable: NAME") as caught:
        load_suite(str(file))
    assert "secret" not in str(caught.value)
    file.write_text(f"name: s\ntasks: [phin_demo_ner]\nbases:\n- {base % 'max_length: 9'}\n")
    with pytest.raises(BenchError, match="give key_variable: NAME") as caught:
        load_suite(str(file), parsed([f"bases.0.{name}=secret"]))
    assert "secret" not in str(caught.value)
    with pytest.raises(BenchError) as caught:
        parsed([f"bases.0.{name}=[secret"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("args", [["--api-key=secret"], ["--api-key", "secret"], ["--model-args", "secret"]])
def test_a_key_on_the_command_line_is_not_shown(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--model", "openai-chat-completions", "--tasks", "phin_demo_ner", *args]) == 2
    got = capsys.readouterr()
    assert "secret" not in got.out + got.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("model=m,base_url=http://h,mode=x", "did you mean 'model'"),
        ("model=m,base_url=http://h,num_concurrent=many", "expected a whole number"),
        ("model=m,base_url=http://user:secret@h", "keys come from the environment"),
        ("model=m,base_url=http://h?api_key=secret", "keys come from the environment"),
        ("model=m,base_url=h:80", "is not the address of a server"),
        ("model=m", "needs a base_url"),
        ("model", "is not KEY=VALUE"),
        ("model=m,sk-secret-4f3a9b", "part 2 is not KEY=VALUE"),
        ("model=m,c2VjcmV0-secret4==", "part 2 is not KEY=VALUE"),
        ("model=m,base_url=ftp://user:secret@h", "keys come from the environment"),
        ("model=m,base_url=h@secret?x", "keys come from the environment"),
        *((f"model=m,base_url=http://h,{name}=secret", "key_variable=NAME") for name in KEY_NAMES),
        ("model=m,base_url=http://h,api_key=secret", "key_variable=NAME"),
        ("model=m,base_url=http://h,num_concurrent=0", "above 0"),
    ],
)
def test_a_slip_in_the_arguments_is_reported(args: str, words: str) -> None:
    with pytest.raises(BenchError) as caught:
        from_args("local-completions", args)
    assert words in str(caught.value) and "secret" not in str(caught.value)


@pytest.mark.parametrize("secret", ["sk-team", "gsk_4f3a9b", "AIzaSyA4f3a9b8c7", "AKIA0123456789ABCDEF"])
def test_a_key_in_place_of_its_variable_is_not_printed(secret: str) -> None:
    with pytest.raises(BenchError, match="names the environment variable") as caught:
        keys.key(from_args("local-chat-completions", f"model=m,base_url=http://h,key_variable={secret}"))
    assert secret not in str(caught.value)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/completions", "/v1/chat/completions"])
def test_any_address_of_a_server_will_do(path: str) -> None:
    spec = from_args("local-completions", f"pretrained=m,base_url=http://h:1{path},max_model_len=99,dtype=float16")
    assert (spec.root, spec.model, spec.max_length, spec.dtype) == ("http://h:1", "m", 99, "float16")


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("http://h:1", "http://h:1/v1"),
        ("http://h:1/gateway/", "http://h:1/gateway/v1"),
        ("http://h:1/api/v4", "http://h:1/api/v4"),
        ("http://h:1/api/v4/chat/completions", "http://h:1/api/v4"),
        ("http://h:1/v1beta/openai/", "http://h:1/v1beta/openai"),
        ("http://h:1/chat/completions", "http://h:1"),
    ],
)
def test_an_endpoint_is_asked_at_its_own_address(url: str, api: str) -> None:
    assert from_args("local-chat-completions", f"model=m,base_url={url}").api == api


@pytest.mark.parametrize("path", ["/api/v4", "/api/v4/chat/completions", "/chat/completions"])
def test_an_endpoint_without_v1_answers(api: Api, path: str) -> None:
    api.below = path.removesuffix("/chat/completions")
    link = Connection(from_args("local-chat-completions", f"model=toy,base_url={api.url}{path}"), api.url, pause=0.01)
    assert written(link)[0].text == api.say(QUESTION[0]["content"])
    assert api.requests[-1][0] == f"{api.below}/chat/completions"


def test_an_unknown_engine_names_the_nearest() -> None:
    with pytest.raises(BenchError, match="did you mean 'vllm'"):
        from_args("vlm", "model=m")


def test_stop_and_temperature_are_sent_whatever_the_model_is_called(api: Api) -> None:
    api.names = ("toy", "model-2.5")  # lm-eval takes a "5" for a reasoning model: no stop, temperature 1
    link = Connection(ServedSpec(engine="local-chat-completions", model="model-2.5", base_url=api.url), api.url)
    written(link, stop=("END", "\n"))
    body = api.asked("/v1/chat/completions")[0]
    assert (body["temperature"], body["stop"], body["max_tokens"]) == (0, ["END"], 8)


@pytest.mark.parametrize("refused", [{"temperature"}, {"stop"}, {"temperature", "stop", "seed"}])
def test_what_a_model_refuses_is_left_out_from_then_on(api: Api, refused: set[str]) -> None:
    api.refused = refused
    link = link_to(api)
    answers = written(link, QUESTION, [{"role": "user", "content": "2"}], stop=("END",))
    assert all(answer.text for answer in answers) and link.dropped == refused
    written(link, [{"role": "user", "content": "3"}], stop=("END",))
    assert not refused & set(api.requests[-1][1])


@pytest.mark.parametrize(
    ("engine", "first", "second"),
    [
        ("local-chat-completions", "max_tokens", "max_completion_tokens"),
        ("openai-chat-completions", "max_completion_tokens", "max_tokens"),
    ],
)
def test_the_limit_takes_the_name_that_the_model_knows(api: Api, engine: str, first: str, second: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip # noqa: E501
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    told = f"Unsupported parameter: '{first}' is not supported with this model. Use '{second}' instead."
    api.played = [apis.status(400, told)]
    link = link_to(api, engine)
    written(link)
    assert api.requests[-1][1][second] == 8 and first not in api.requests[-1][1]


def kept(link: Connection, path: Path, model: str = "toy", probe: tuple[float, ...] = ()) -> Kept:
    link.kept = Kept(path, {"model": model}, probe)
    return link.kept


def test_no_answer_is_asked_for_twice(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    questions = [[{"role": "user", "content": f"{at}"}] for at in range(6)]
    link = link_to(api, num_concurrent=1, max_retries=1)
    kept(link, path)
    api.played = [lambda handler, body: False] * 4 + [apis.status(500)]
    with pytest.raises(BenchError):
        written(link, *questions)
    assert len(api.requests) == 5  # the fifth failed: four are kept
    again = link_to(api)
    store = kept(again, path)
    again.streams = True  # how an answer comes does not change what it is
    found = written(again, *questions, *questions)
    assert [one.text for one in found] == [api.say(q[0]["content"]) for q in questions] * 2
    assert len(api.requests) == 5 + 2 and store.used >= 4


def test_what_is_under_way_when_another_request_fails_is_waited_for_and_kept(api: Api, tmp_path: Path) -> None:
    def slow(handler: apis.Handler, body: dict[str, Any]) -> bool:
        time.sleep(0.5)
        return False

    link = link_to(api, num_concurrent=2, max_retries=1)
    kept(link, tmp_path / "a.jsonl")
    api.played = [slow, apis.status(400, "no")]
    questions = [[{"role": "user", "content": f"{at}"}] for at in range(6)]
    with pytest.raises(BenchError, match=r"status 400\): no"):
        written(link, *questions)
    assert len(api.requests) == 2, "nothing new is asked after the error"
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 2, "the session, and the answer under way"


def test_kept_answers_are_those_of_one_model(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    link = link_to(api)
    for model, probe, asked in (
        ("toy", (-1.0, -2.0), 1), ("toy", (-1.05, -2.0), 1), ("toy", (-1.5, -2.0), 2), ("toy", (), 3),
        ("other", (-1.0, -2.0), 4),
    ):  # fmt: skip
        kept(link, path, model, probe)
        written(link)
        assert len(api.requests) == asked, (model, probe)


def test_what_an_interruption_leaves_of_a_line_is_taken_off(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    link = link_to(api)
    kept(link, path)
    written(link, *([{"role": "user", "content": f"{at}"}] for at in range(3)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    store = kept(link, path)
    written(link, *([{"role": "user", "content": f"{at}"}] for at in range(3)))
    assert len(api.requests) == 4 and store.used == 2
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_the_time_of_kept_answers_adds_up_to_that_of_their_making(api: Api, tmp_path: Path) -> None:
    def slow(handler: apis.Handler, body: dict[str, Any]) -> bool:
        time.sleep(0.1)
        return False

    api.played = [slow] * 4
    link = link_to(api, num_concurrent=2)
    kept(link, tmp_path / "a.jsonl")
    questions = [[{"role": "user", "content": f"{at}"}] for at in range(4)]
    written(link, *questions)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    took = sum(line.get("seconds", 0.0) for line in lines)
    store = kept(link, tmp_path / "a.jsonl")
    written(link, *questions)
    assert store.spent == pytest.approx(took) and took >= 0.2
    written(link, *questions)
    assert store.spent == pytest.approx(took), "counted once"


def test_no_place_to_keep_answers_is_an_error(api: Api, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="is a file, not a folder"):
        kept(link_to(api), tmp_path / "file" / "answers.jsonl")


def test_every_engine_has_a_dialect_and_an_unknown_one_is_an_error() -> None:
    for engine in ENGINES:
        assert dialect(ServedSpec(engine=engine, model="toy", base_url="http://127.0.0.1:9"), "toy")  # type: ignore[arg-type]
    with pytest.raises(BenchError, match="unknown engine 'local-completion'\nhint: did you mean 'local-completions'"):
        dialect(ServedSpec(engine="local-completion", model="toy", base_url="http://127.0.0.1:9"), "toy")  # type: ignore[arg-type]


def test_what_a_server_lacks_is_said_in_the_readers_language(api: Api) -> None:
    api.played = [apis.half(b"")] * 2
    with pytest.raises(BenchError) as caught:
        written(link_to(api, max_retries=2))
    with speaking("es"):
        assert "respuesta vacía" in spoken(caught.value.message)
