"""What a server sends: the text of a reply, or the events of a stream with their times."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.faults import (
    Lacking,
)

MOST = 1 << 26  # bytes of a reply, unpacked: an answer of 64 MB is none


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The bytes of a reply as they come. Lacking beyond MOST."""
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > MOST:
            raise Lacking(sentence("an answer of more than {most:,} bytes", most=MOST))
        yield chunk


async def body_of(response: aiohttp.ClientResponse) -> str:
    """The text of a reply, in UTF-8 whatever its head says."""
    return b"".join([chunk async for chunk in _chunks(response)]).decode("utf-8", "replace")


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    """The lines of a reply, of any length: aiohttp's own end at 512 KB with an error."""
    line: list[bytes] = []
    async for chunk in _chunks(response):
        first, *others = chunk.split(b"\n")
        line.append(first)
        for other in others:
            yield b"".join(line).decode("utf-8", "replace")
            line = [other]
    yield b"".join(line).decode("utf-8", "replace")


async def events_of(response: aiohttp.ClientResponse) -> Any:
    """(time, event) of each data line of a stream."""
    async for line in _lines(response):
        text = line.strip()
        if not text.startswith("data:"):
            continue
        text = text.removeprefix("data:").strip()
        if text == "[DONE]":
            return
        try:
            yield time.perf_counter(), json.loads(text)
        except (ValueError, RecursionError):
            raise Lacking(sentence("a line of the stream is no JSON")) from None
