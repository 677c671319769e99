"""A client of one server: retries with growing pauses, rate limits, timeouts, streams, and errors in one line."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import aiohttp
import tenacity

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.served import keys
from phingpt_bench.served.bodies import body_of, events_of
from phingpt_bench.served.faults import (
    Again,
    Lacking,
    Missing,
    Refused,
    Silence,
    Stopped,
    check_event,
    error_text,
    no_json,
    pause_of,
    words_of,
)
from phingpt_bench.served.refusals import moved, refused, remedy
from phingpt_bench.served.spec import LOCAL, ServedSpec
from phingpt_bench.served.values import Ask, Half

T = TypeVar("T")
AGAIN = (408, 409, 425, 429)  # statuses that are retried, as well as all from 500 on
LONGEST = 900.0  # the longest pause in seconds that a server may ask for; beyond it the user decides
PAUSE = 1.0  # seconds before the first retry, doubled each time; the pause is drawn between 0 and this


class Reply(NamedTuple):
    """The data of a whole reply, or the events of a stream with their times in seconds. seconds: until the end."""

    data: Any
    events: list[tuple[float, Any]]
    seconds: float


class Client:
    """Sends requests to one server. As an asynchronous context manager it holds the connections.

    If a server asks to wait, all requests wait, not only the refused one.
    retries: the number of retries so far. pause: seconds before the first one. stopping: no new requests are sent.
    probing: an incomplete answer is not retried but raises Missing. answered: whether any request was answered.
    report: gets a line when requests are repeated, the first time at once and then ever more rarely.
    """

    def __init__(self, spec: ServedSpec, root: str, *, pause: float = PAUSE):
        self.spec, self.root, self.pause = spec, root, pause
        self.report: Callable[[str], None] = lambda line: None
        self.answered = False
        self._silence = Silence()
        self._api = spec.api or f"{root}/v1"
        self.host = urlsplit(root).hostname or root
        self.retries = 0
        self.probing = self.stopping = False
        self._headers = keys.headers(spec)
        self._not_before = 0.0
        self._session: aiohttp.ClientSession | None = None
        self._gate = asyncio.Semaphore(spec.num_concurrent)

    async def __aenter__(self) -> Client:
        limits = aiohttp.ClientTimeout(total=self.spec.timeout, sock_connect=min(30.0, self.spec.timeout))
        self._gate = asyncio.Semaphore(self.spec.num_concurrent)
        self.stopping = False
        self._session = aiohttp.ClientSession(
            headers=self._headers, timeout=limits, connector=aiohttp.TCPConnector(limit=self.spec.num_concurrent),
            trust_env=self.host not in LOCAL,  # proxies of the environment
        )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, ask: Ask, read: Callable[[Reply], T], *, stream: bool = False) -> T:
        """The result of `read` on the reply, with retries; `read` raises Half for an incomplete reply.

        Refused for what will not change; BenchError if no try succeeded.
        """

        async def once() -> T:
            async with self._gate:
                await self._turn()
                if self.stopping:
                    raise Stopped
                result = read(await self._post(ask, stream))
                self.answered = True
                return result

        return await self._with_retries(once)

    async def look(self, path: str) -> Any | None:
        """The JSON at a path, None if there is none. BenchError if the server is not there."""

        async def once() -> Any | None:
            try:
                async with self._there.get(self._address(path), allow_redirects=False) as response:
                    if response.status in (401, 403):
                        raise self._refused(response.status, await body_of(response))
                    if response.status in AGAIN or (response.status >= 500 and response.status != 501):
                        raise Again(
                            sentence("status {status}", status=response.status),
                            pause_of(response.headers),
                            response.status,
                        )
                    try:
                        return json.loads(await body_of(response)) if response.status == 200 else None
                    except (ValueError, RecursionError):
                        return None
            except (aiohttp.ClientError, asyncio.TimeoutError) as err:
                raise Again(words_of(err)) from None

        return await self._with_retries(once)

    def _address(self, path: str) -> str:
        """The address of a path; one below /v1 is below the API's own address, whatever its version."""
        return self._api + path.removeprefix("/v1") if path.startswith("/v1/") else self.root + path

    @property
    def _there(self) -> aiohttp.ClientSession:
        assert self._session is not None, "ask within the context"
        return self._session

    async def _with_retries(self, once: Callable[[], Awaitable[T]]) -> T:
        tries = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self.spec.max_retries),
            wait=self._wait,
            retry=tenacity.retry_if_exception(self._may_succeed),
            before_sleep=self._repeated,
            reraise=True,
        )
        try:
            return await tries(once)
        except Again as err:
            message = self._words(err)
            if self.probing and (isinstance(err, Lacking) or (err.status is not None and err.status != 429)):
                raise Missing(message, where=self.root) from None
            raise BenchError(
                sentence_n(
                    "no answer after {n} try: {message}",
                    "no answer after {n} tries: {message}",
                    self.spec.max_retries,
                    message=message,
                ),
                where=self.root,
                hint=remedy(err, self.answered),
            ) from None

    def _may_succeed(self, err: BaseException) -> bool:
        return isinstance(err, Again) and not self.stopping and not (self.probing and isinstance(err, Lacking))

    def _repeated(self, state: tenacity.RetryCallState) -> None:
        self.retries += 1
        if self._silence.ends(time.monotonic()):
            error = state.outcome.exception() if state.outcome else None
            line = sentence(
                "{where}: {reason}; the request is repeated (try {next} of {all})",
                where=self.root,
                reason=self._words(error),
                next=state.attempt_number + 1,
                all=self.spec.max_retries,
            )
            self.report(line)

    def _words(self, error: BaseException | None) -> str:
        """What went wrong, without the key, still to be translated."""
        return keys.scrubbed(self.spec, error.args[0] if error is not None and error.args else str(error))

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """A random pause up to a limit that doubles, and at least what the server asks for."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, Again) and error.after is not None else 0.0
        return max(asked, tenacity.wait_random_exponential(multiplier=self.pause, max=60)(state))

    async def _turn(self) -> None:
        """Wait until the server accepts requests again, and until the rate limit allows this one."""
        while (rest := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        if self.spec.requests_per_minute:
            self._not_before = time.monotonic() + 60 / self.spec.requests_per_minute

    async def _post(self, ask: Ask, stream: bool) -> Reply:
        started = time.perf_counter()
        try:
            async with self._there.post(self._address(ask.path), json=ask.payload, allow_redirects=False) as response:
                if 300 <= response.status < 400:
                    raise moved(self.root, response.status, response.headers)
                if response.status != 200:
                    raise self._fault(response.status, await body_of(response), pause_of(response.headers))
                if stream and "text/event-stream" in response.headers.get("content-type", ""):
                    events = [(seconds - started, event) async for seconds, event in events_of(response)]
                    for _, event in events:
                        check_event(event)
                    return Reply(None, events, time.perf_counter() - started)
                text = await body_of(response)
                try:
                    return Reply(json.loads(text), [], time.perf_counter() - started)
                except (ValueError, RecursionError):
                    raise Lacking(no_json(text)) from None
        except (aiohttp.ClientError, asyncio.TimeoutError) as err:
            raise Again(words_of(err)) from None

    def _fault(self, status: int, text: str, after: float | None) -> Exception:
        message = error_text(text)
        spent = "insufficient_quota" in text or "credit balance" in text.lower()
        if (status in AGAIN or status >= 500) and not spent:
            if after is not None and after > LONGEST:
                return self._refused(
                    status, sentence("asks to wait {after:.0f} s: {message}", after=after, message=message)
                )
            if after is not None:
                self._not_before = max(self._not_before, time.monotonic() + after)
            return Again(sentence("status {status}: {message}", status=status, message=message), after, status)
        return self._refused(status, text)

    def _refused(self, status: int, text: str) -> Refused:
        return refused(self.spec, self.root, status, text)


def whole(read: Callable[[Any], T]) -> Callable[[Reply], T]:
    """A reader of data as a reader of replies; incomplete data are retried."""

    def reading(reply: Reply) -> T:
        try:
            return read(reply.data)
        except Half as err:
            raise Lacking(err.args[0]) from None
        except (AttributeError, KeyError, IndexError, TypeError, ValueError) as err:
            raise Lacking(
                sentence(
                    "an answer of another shape than expected ({type}: {reason})", type=type(err).__name__, reason=err
                )
            ) from None

    return reading
