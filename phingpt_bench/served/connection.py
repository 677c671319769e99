"""A connection to one server: requests in its dialect, stored answers, and parameters that it refuses."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.client import Client, Reply, whole
from phingpt_bench.served.dialects.base import Dialect, Writing
from phingpt_bench.served.engines import KINDS
from phingpt_bench.served.faults import Refused
from phingpt_bench.served.resume import Kept, key_of
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.served.together import run_all, together
from phingpt_bench.served.values import Ask, Next, Prompt, Scored, Usage, Written

MOST_LETTERS = 200  # of a fingerprint: what is longer is none
V = TypeVar("V", Written, Scored, Next)


def dialect(spec: ServedSpec, name: str, root_name: str | None = None) -> Dialect:
    """The dialect for the model of a served name; BenchError for an engine without one."""
    if spec.engine not in KINDS:
        raise unknown(sentence("engine"), spec.engine, KINDS, where="dialect")
    return KINDS[spec.engine].dialect(name, root_name or spec.model)


class Connection:
    """All requests to one server.

    streams: whether answers are streamed. dropped: parameters that the model refuses and that are no longer sent.
    asked: the number of requests sent. limit_name: the current name of the token limit. fingerprints: the answers, kept
    ones as well, by what the server says of its build and settings with them, in the order of their coming.
    """

    def __init__(self, spec: ServedSpec, root: str, *, pause: float | None = None):
        self.spec = spec
        self.client = Client(spec, root) if pause is None else Client(spec, root, pause=pause)
        self.kept: Kept | None = None
        self.streams = False
        self.dropped: set[str] = set()
        self.limit_name: str | None = None
        self.asked = 0
        self.fingerprints: Counter[str] = Counter()
        self._pending: dict[str, asyncio.Future[dict[str, object]]] = {}

    def run(self, jobs: Sequence[Callable[[], Any]]) -> None:
        """Run all jobs (functions that return coroutines), in parallel up to the limit; the first error ends them."""

        async def work() -> None:
            self._pending.clear()
            async with self.client:
                await together(self.client, [job() for job in jobs])

        if self.kept is not None:
            self.kept.begin()
        run_all(work)

    async def write(self, dialect: Dialect, prompt: Prompt, writing: Writing) -> Written:
        """A written answer."""

        def read(reply: Reply) -> Written:
            found = whole(lambda data: dialect.streamed(reply.events) if reply.events else dialect.written(data))(reply)
            return dataclasses.replace(found, seconds=round(reply.seconds, 4))

        ask = dialect.write(prompt, writing, stream=False)
        streaming = dialect.write(prompt, writing, stream=True) if self.streams else None
        return await self._value(dialect, ask, read, Written, streaming)

    async def echo(self, dialect: Dialect, prompt: Sequence[int] | str, before: int) -> Scored:
        """The log-probability of a prompt from `before` on."""
        read = whole(lambda data: dialect.echoed(data, prompt, before))
        return await self._value(dialect, dialect.echo(prompt, before), read, Scored, part=before)

    async def named(self, dialect: Dialect, prompt: Sequence[int], tokens: Sequence[int]) -> Next:
        """The log-probabilities of some tokens as the next one."""
        read = whole(lambda data: dialect.named_next(data, tokens))
        return await self._value(dialect, dialect.named(prompt, tokens), read, Next)

    async def top(self, dialect: Dialect, prompt: Sequence[int] | str, count: int) -> Next:
        """The most likely next tokens."""
        return await self._value(dialect, dialect.top(prompt, count), whole(dialect.top_next), Next)

    async def _value(
        self, dialect: Dialect, ask: Ask, read: Callable[[Reply], V], kind: type[V], streaming: Ask | None = None,
        part: int = 0,
    ) -> V:  # fmt: skip
        """The value of a request: stored, from an equal request in progress, or from the server."""
        if self.kept is None:
            return self._counted(await self._learning(dialect, streaming or ask, read, streaming is not None))
        # only a part of an echoed prompt is stored, so the start of that part belongs to the key
        key = key_of(ask if not part else Ask(path=f"{ask.path} from {part}", payload=ask.payload))
        if (found := self.kept.get(key)) is not None:
            return self._counted(restored(kind, found))
        if key in self._pending:
            return restored(kind, await self._pending[key])
        future = self._pending[key] = asyncio.get_running_loop().create_future()
        try:
            value = await self._learning(dialect, streaming or ask, read, streaming is not None)
        except BaseException as err:
            future.set_exception(err if isinstance(err, Exception) else RuntimeError("interrupted"))
            future.exception()  # marks it as seen: other waiters get the error by their own await
            raise
        stored = dataclasses.asdict(value)
        self.kept.put(key, stored)
        future.set_result(stored)
        return self._counted(value)

    def _counted(self, value: V) -> V:
        if value.fingerprint is not None:
            self.fingerprints[value.fingerprint] += 1
        return value

    async def _learning(self, dialect: Dialect, ask: Ask, read: Callable[[Reply], V], stream: bool) -> V:
        """Send a request; if the server refuses a parameter, send it without, now and in future."""
        while True:
            payload = self._fitting(dialect, ask.payload)
            try:
                self.asked += 1
                request = Ask(path=ask.path, payload=payload)
                return await self.client.ask(request, lambda reply: _marked(read(reply), reply), stream=stream)
            except Refused as err:
                if not self._learn(dialect, err, payload):
                    raise

    def _fitting(self, dialect: Dialect, payload: dict[str, object]) -> dict[str, object]:
        first = dialect.most_names[0]
        return {
            (self.limit_name or name) if name == first else name: value
            for name, value in payload.items()
            if name not in self.dropped
        }

    def _learn(self, dialect: Dialect, err: Refused, payload: dict[str, object]) -> bool:
        """Whether an error refuses a parameter, so that a request without it may succeed."""
        if err.status not in (400, 422) or "context" in err.message:
            return False
        limit = self.limit_name or dialect.most_names[0]
        others = [name for name in dialect.most_names if name != limit]
        if limit in payload and self.limit_name is None and others and others[0] in err.message:
            self.limit_name = others[0]
            return True
        refused = next((name for name in dialect.names if name in payload and name in err.message), None)
        if refused is not None:
            self.dropped.add(refused)
        return refused is not None


def _marked(value: V, reply: Reply) -> V:
    """The value with the `system_fingerprint` of its reply, as OpenAI, vLLM, llama.cpp and others give it."""
    found = [data.get("system_fingerprint") for data in (reply.data, *(event for _, event in reply.events))
             if isinstance(data, dict)]  # fmt: skip
    text = next((one for one in found if isinstance(one, str) and one), None)
    return value if text is None else dataclasses.replace(value, fingerprint=text[:MOST_LETTERS])


def restored(kind: type[V], stored: JsonObject) -> V:
    """A value from the resume file."""
    values: JsonObject = {**stored, "usage": Usage(**stored["usage"])}
    if kind is Next:
        values["known"] = tuple((text, number, value) for text, number, value in stored["known"])
    return kind(**values)
