"""Errors of a server, by their remedy: a retry, another request, or the user."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import json
import time
from typing import Any

import aiohttp

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import Sentence, sentence

SHOWN = 300  # letters of a server's error that are shown
BEGINNING = 80  # letters of an answer that cannot be read


class Again(Exception):
    """An error that may not repeat. after: seconds that the server asks to wait. status: its HTTP status."""

    def __init__(self, reason: str, after: float | None = None, status: int | None = None):
        super().__init__(reason)
        self.after, self.status = after, status


class Stopped(Exception):
    """A request that was not sent."""


class Silence:
    """The time between two lines about repeated requests: a minute at first, then twice as long after each."""

    def __init__(self, seconds: float = 60.0):
        self._seconds, self._until = seconds, 0.0

    def ends(self, now: float) -> bool:
        """Whether a line is due; then the next silence begins."""
        if now < self._until:
            return False
        self._until, self._seconds = now + self._seconds, 2 * self._seconds
        return True


class Lacking(Again):
    """An incomplete answer: cut off, or of an engine that cannot give more."""


class Missing(BenchError):
    """Something that an engine cannot do, as a probe found: by a reply without it, or by the server's own error."""


class Refused(BenchError):
    """A permanent refusal by the server. `status` is the HTTP status."""

    def __init__(self, message: str, *, status: int, where: str, hint: str | None = None):
        super().__init__(message, where=where, hint=hint)
        self.status = status


def check_event(event: Any) -> None:
    """Again for an error that comes in the middle of a stream."""
    if not isinstance(event, dict):
        raise Lacking(sentence("an event of the stream is not an object"))
    if event.get("error") or event.get("type") == "error":
        raise Again(sentence("an error in the stream: {text}", text=error_text(json.dumps(event))))


def error_text(text: str) -> str:
    """A server's error in one line: its message if the body is JSON with one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = text
    for name in ("error", "message", "detail"):
        if isinstance(found, dict) and found.get(name):
            found = found[name]
    line = " ".join((found if isinstance(found, str) else json.dumps(found)).split())
    return line[:SHOWN] + ("..." if len(line) > SHOWN else "")


def no_json(text: str) -> Sentence:
    """That an answer is no JSON, with its beginning."""
    line = " ".join(text.split())
    if not line:
        return sentence("an empty answer")
    shown = line[:BEGINNING] + ("..." if len(line) > BEGINNING else "")
    return sentence("an answer that is no JSON, or half of it: {shown}", shown=shown)


def pause_of(headers: Any) -> float | None:
    """Seconds of Retry-After: a number, a date, or OpenAI's milliseconds; None without it."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        with contextlib.suppress(ValueError):
            return max(0.0, float(text) * unit)
        with contextlib.suppress(ValueError):
            return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None


def words_of(err: BaseException) -> str:
    """A failed connection in words."""
    if isinstance(err, aiohttp.ClientConnectorError):
        return sentence("cannot be reached ({reason})", reason=err.os_error.strerror or err.os_error)
    if isinstance(err, asyncio.TimeoutError):
        return sentence("no answer in time")
    return sentence("the connection broke ({reason})", reason=str(err) or type(err).__name__)
