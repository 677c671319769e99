"""The page of an explanation served to this machine, with answers of the loaded models to other words.

Only the loopback is listened on. The address has a secret, so that no other user of the machine and no page of another
site can guess it; Host and Origin are checked too, against names that are made to resolve to the loopback (DNS
rebinding). Nothing that is asked is logged or kept.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from phingpt_bench.cli.output import line
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import dumps
from phingpt_bench.core.sentences import sentence
from phingpt_bench.page.why import html
from phingpt_bench.text.language import say, spoken
from phingpt_bench.why.live import Live
from phingpt_bench.why.values import Side, Why

ADDRESS = "127.0.0.1"
LONGEST = 16_384  # bytes of a question
WORDS = 64  # words that a question changes
LETTERS = 200  # of a word in place of another
WAIT = 10  # seconds for a slow client


class Server(ThreadingHTTPServer):
    """Serves one page and answers questions about its rows, one at a time; a second one meanwhile is answered 503.

    Threads are for the browser, which opens connections ahead of need: one that says nothing holds up no other.
    """

    daemon_threads = True

    live: Live
    with_text: bool
    page: bytes

    def __init__(self, port: int):
        """BenchError for a port that is not free. The page and what it asks are set before it serves (`serve`)."""
        try:
            super().__init__((ADDRESS, port), Handler)
        except (OSError, OverflowError) as err:
            raise BenchError(
                sentence("port {port} cannot be used: {reason}", port=port, reason=str(err)),
                where="--serve",
                hint=sentence("give another port, or none for any that is free"),
            ) from None
        self.secret = secrets.token_urlsafe(16)
        self.asking = threading.Lock()

    @property
    def url(self) -> str:
        """The address of the page, with the secret."""
        return f"http://{ADDRESS}:{self.server_port}/{self.secret}/"


class Handler(BaseHTTPRequestHandler):
    """One request: the page, or a question as {"row": id, "words": [[index, word], ...]}."""

    server: Server
    timeout = WAIT
    server_version, sys_version = "phingpt-bench", ""

    def do_GET(self) -> None:
        """The page."""
        if self._is_ours(""):
            self._reply(HTTPStatus.OK, self.server.page, "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """The answers of the systems, as JSON."""
        if not self._is_ours("ask"):
            return
        question = self._question()
        if question is None:
            self._reply(HTTPStatus.BAD_REQUEST)
        elif not self.server.asking.acquire(blocking=False):
            self._reply(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            sides: list[Side] = []
            status = HTTPStatus.OK
            try:
                sides = self.server.live.ask(*question)
            except LookupError:
                status = HTTPStatus.NOT_FOUND
            except BenchError as err:  # such as a server of the model that is gone
                line(say("error: {text}", text=spoken(err.message)), error=True)
                status = HTTPStatus.INTERNAL_SERVER_ERROR
            finally:
                self.server.asking.release()  # before the reply, after which the next question may come
            if status is not HTTPStatus.OK:
                self._reply(status)
                return
            told = [said(side, with_text=self.server.with_text) for side in sides]
            self._reply(HTTPStatus.OK, dumps({"sides": told}).encode(), "application/json")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses hold the secret."""

    def _is_ours(self, path: str) -> bool:
        """Whether it comes from our page, by host, origin and secret; answers what does not."""
        hosts = {f"{name}:{self.server.server_port}" for name in (ADDRESS, "localhost")}
        origin = self.headers.get("Origin")
        trusted = self.headers.get("Host") in hosts and (
            origin is None or origin in {f"http://{host}" for host in hosts}
        )
        known = secrets.compare_digest(self.path.encode(), f"/{self.server.secret}/{path}".encode())
        if not trusted or not known:
            self._reply(HTTPStatus.FORBIDDEN if not trusted else HTTPStatus.NOT_FOUND)
        return trusted and known

    def _question(self) -> tuple[str, dict[int, str]] | None:
        """The row and its words; None for what is not a question, or too long."""
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Content-Type") != "application/json" or not (length.isascii() and length.isdigit()):
            return None
        if len(length) > len(str(LONGEST)) or int(length) > LONGEST:
            return None
        try:
            value = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return None
        return asked(value)

    def _reply(self, status: HTTPStatus, body: bytes = b"", kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "frame-ancestors 'none'")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)


def serve(server: Server, why: Why, live: Live, *, with_text: bool) -> None:
    """Serve the page of an explanation until Ctrl-C, which ends it without an error. The address is printed."""
    server.live, server.with_text = live, with_text
    server.page = html(why, with_text=with_text, live=True).encode()
    line(say("open {url} in a browser of this machine; Ctrl-C ends", url=server.url))
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            line(say("ended"), error=True)


def asked(value: object) -> tuple[str, dict[int, str]] | None:
    """(row id, word by index) of a question; None for one of another form, or with too many or too long words."""
    if not isinstance(value, Mapping) or set(value) != {"row", "words"}:
        return None
    name, pairs = value["row"], value["words"]
    if not isinstance(name, str) or not isinstance(pairs, list) or len(pairs) > WORDS:
        return None
    words: dict[int, str] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            return None
        at, word = pair
        if type(at) is not int or not isinstance(word, str) or len(word) > LETTERS or not word.isprintable():
            return None
        words[at] = word.strip()
    return name, words


def said(side: Side, *, with_text: bool) -> dict[str, object]:
    """An answer as JSON values: without text a written one is left out, for it holds words of the text."""
    if side.scores:
        return {"answer": side.answer, "scores": [round(value, 4) for value in side.scores[0]]}
    return {"answer": side.answer if with_text else None, "scores": None}
