"""The page of an explanation on the loopback: who may ask what, and what the models answer."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from helpers.why_factory import LABELS, labels_why

from phingpt_bench.cli import why_server
from phingpt_bench.cli.why_server import LETTERS, LONGEST, WORDS, Server, asked, said, serve
from phingpt_bench.core.errors import BenchError
from phingpt_bench.why.values import Side

pytestmark = pytest.mark.server


class Models:
    """Answers with the words that it was asked; waits where a test wants to ask meanwhile."""

    def __init__(self) -> None:
        self.busy, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def ask(self, name: str, words: Mapping[int, str]) -> list[Side]:
        if name == "row-1":
            raise BenchError("the server of the model is gone")
        if name != "row-0":
            raise KeyError(name)
        self.busy.set()
        self.go_on.wait(10)
        return [Side(answer=LABELS[0], targets=[], scores=[[-1.0, -2.0, float(len(words))]])]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Models]]:
    server, models = Server(0), Models()
    monkeypatch.setattr(why_server, "line", lambda *_, **__: None)
    thread = threading.Thread(target=serve, args=(server, labels_why(2), models), kwargs={"with_text": True})
    thread.start()
    yield server, models
    server.shutdown()
    thread.join(10)
    assert not thread.is_alive()


def put(
    server: Server, method: str = "GET", path: str | None = None, body: Any = None, **headers: str
) -> tuple[int, bytes]:
    """Status and body of a request, which is a good one but for what a test changes."""
    link = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    link.request(method, f"/{server.secret}/" if path is None else path, data, sent)
    reply = link.getresponse()
    found = reply.status, reply.read()
    link.close()
    return found


QUESTION = {"row": "row-0", "words": [[0, ""], [3, "rose"]]}


def question(server: Server, body: Any = QUESTION, **headers: str) -> tuple[int, bytes]:
    return put(server, "POST", f"/{server.secret}/ask", body, **headers)


def test_the_page_is_served_and_its_questions_are_answered(served: tuple[Server, Models]) -> None:
    server, _ = served
    assert server.server_address[0] == "127.0.0.1"
    status, page = put(server)
    assert status == 200 and b"connect-src 'self'" in page and b'"live":true' in page.replace(b" ", b"")
    status, reply = question(server, Origin=f"http://127.0.0.1:{server.server_port}")
    assert status == 200 and json.loads(reply) == {"sides": [{"answer": "negative", "scores": [-1.0, -2.0, 2.0]}]}


def test_other_hosts_origins_and_addresses_are_refused(served: tuple[Server, Models]) -> None:
    server, models = served
    port = server.server_port
    assert put(server, Host=f"evil.example:{port}")[0] == 403  # a name that was made to resolve to the loopback
    assert put(server, Host="127.0.0.1:1")[0] == 403
    assert question(server, Origin="http://evil.example")[0] == 403
    assert question(server, Origin="null")[0] == 403
    assert put(server, path="/")[0] == 404 and put(server, path=f"/{server.secret}x/")[0] == 404
    assert put(server, "POST", "/ask", QUESTION)[0] == 404
    assert question(server, Content_Type="text/plain")[0] == 400  # what a form of another site can send
    assert not models.busy.is_set()


def test_what_is_no_question_or_too_long_is_refused(served: tuple[Server, Models]) -> None:
    server, models = served
    for body in (b"{", b"\xff", b"[" * 9000, b" " * (LONGEST + 1), {"row": "row-0"}):
        assert question(server, body)[0] == 400
    assert not models.busy.is_set()
    assert question(server, {"row": "another", "words": []})[0] == 404
    assert put(server, "PUT")[0] == 501


def test_an_error_of_the_model_is_said_and_the_next_question_is_answered(
    served: tuple[Server, Models], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    server, _ = served
    said_of_it: list[str] = []
    monkeypatch.setattr(why_server, "line", lambda text, **_: said_of_it.append(text))
    assert question(server, {"row": "row-1", "words": []})[0] == 500
    assert said_of_it[-1] == "error: the server of the model is gone" and capfd.readouterr().err == ""
    assert question(server)[0] == 200


@pytest.mark.parametrize(
    "words", [[[0]], [["0", "a"]], [[True, "a"]], [[0, "a" * (LETTERS + 1)]], [[0, "a\n"]], [[0, ""]] * (WORDS + 1), {}]
)
def test_words_of_another_form_are_no_question(words: Any) -> None:
    assert asked({"row": "a", "words": words}) is None
    assert asked({"row": "a", "words": [[0, " b "]]}) == ("a", {0: "b"})


def test_one_question_is_answered_at_a_time(served: tuple[Server, Models]) -> None:
    server, models = served
    models.go_on.clear()
    first: list[int] = []
    thread = threading.Thread(target=lambda: first.append(question(server)[0]))
    thread.start()
    assert models.busy.wait(10)
    assert question(server)[0] == 503 and put(server)[0] == 200
    models.go_on.set()
    thread.join(10)
    assert first == [200] and question(server)[0] == 200


def test_nothing_is_logged(served: tuple[Server, Models], capfd: pytest.CaptureFixture[str]) -> None:
    server, _ = served
    question(server), put(server, path="/x"), question(server, b"{")
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_ends_it_and_the_port_is_free_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(0)
    port = server.server_port
    with pytest.raises(BenchError, match="cannot be used"):
        Server(port)

    def interrupted(self: Server, poll_interval: float = 0.5) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", interrupted)
    serve(server, labels_why(1), Models(), with_text=False)  # type: ignore[arg-type]
    assert server.url in capsys.readouterr().out
    Server(port).server_close()


def test_written_answers_without_text_are_not_shown() -> None:
    side = Side(answer="ORG: Nokia", targets=[])
    assert said(side, with_text=False) == {"answer": None, "scores": None}
    assert said(side, with_text=True)["answer"] == "ORG: Nokia"
