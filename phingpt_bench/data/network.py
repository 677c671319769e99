"""Whether the Hub is there: asked once, shortly, so that a closed network costs two seconds and not a minute."""

from __future__ import annotations

import functools
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from phingpt_bench.compat import hub_parts

PATIENCE = 2.0  # seconds for the Hub's first byte, the look-up of its name and all of its addresses included


@contextmanager
def offline_if_unreachable() -> Iterator[None]:
    """Within the block the Hub's client answers from its cache or fails at once, if the Hub is not reachable.

    Without, it would try for some 25 seconds. Nothing is asked where the client is offline already. Everything is put
    back in the end.
    """
    import huggingface_hub
    from huggingface_hub import constants

    # the first import of the client sets the level of its log, so this comes after it
    log = logging.getLogger(huggingface_hub.__name__)
    level, before = log.level, hub_parts.hub_is_offline()
    log.setLevel(logging.ERROR)
    try:
        if not before and not reachable(constants.ENDPOINT):
            hub_parts.set_hub_offline(True)
        yield
    finally:
        log.setLevel(level)
        hub_parts.set_hub_offline(before)


@contextmanager
def offline() -> Iterator[None]:
    """Within the block the Hub's client answers from its cache alone, for whoever only wants what is here."""
    before = hub_parts.hub_is_offline()
    hub_parts.set_hub_offline(True)
    try:
        yield
    finally:
        hub_parts.set_hub_offline(before)


@functools.cache
def reachable(endpoint: str) -> bool:
    """Whether anything answers there, with any status; proxies of the environment are used. Asked once a process."""
    if not endpoint.startswith(("http://", "https://")):
        return True  # other schemes are left to the client
    answers: list[bool] = []
    # a thread, as nothing ends the look-up of a name (10 s and more where packets are dropped), and a socket's time is
    # for each of several addresses
    asking = threading.Thread(target=lambda: answers.append(_answers(endpoint)), daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return bool(answers) and answers[0]


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=PATIENCE):
            return True
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError as err:
        # the client has its own certificates: if Python rejects one, it may still get through
        return "CERTIFICATE" in str(err.reason).upper()
    except (OSError, ValueError):
        return False
