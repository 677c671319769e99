"""Many requests of one client at a time, for callers that are not asynchronous themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from phingpt_bench.served.client import Client
from phingpt_bench.served.faults import Stopped


def run_all(work: Callable[[], Any]) -> Any:
    """The result of an asynchronous function; if a loop is running already (in a notebook), it runs in a thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


async def together(client: Client, tasks: Sequence[Awaitable[None]]) -> None:
    """Run coroutines. After the first error, or an interruption, no new requests are sent.

    Running requests are awaited: they may have to be paid for, and their answers are kept.
    """

    async def one(task: Awaitable[None]) -> None:
        try:
            await task
        except BaseException:
            client.stopping = True  # immediately: its place is free now, and the next task would take it
            raise

    running = [asyncio.ensure_future(one(task)) for task in tasks]
    try:
        if running:
            await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        client.stopping = True
        results = await asyncio.gather(*running, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    if errors:
        raise next((error for error in errors if not isinstance(error, Stopped)), errors[0])
