"""Whether the Hub is there: asked once, shortly, so that a closed network costs two seconds and not a minute."""

from __future__ import annotations

import functools
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from phingpt_bench import compat

PATIENCE = 2.0  # seconds for the Hub's first byte


@contextmanager
def offline_if_unreachable() -> Iterator[None]:
    """Within the block the Hub's client answers from its cache or fails at once, if the Hub is not reachable.

    Without, it would try for some 25 seconds. Nothing is asked where the client is offline already. Everything is put
    back in the end.
    """
    import huggingface_hub
    from huggingface_hub import constants

    # the first import of the client sets the level of its log, so this comes behind it
    log = logging.getLogger(huggingface_hub.__name__)
    level, before = log.level, compat.hub_is_offline()
    log.setLevel(logging.ERROR)
    try:
        if not before and not reachable(constants.ENDPOINT):
            compat.set_hub_offline(True)
        yield
    finally:
        log.setLevel(level)
        compat.set_hub_offline(before)


@contextmanager
def offline() -> Iterator[None]:
    """Within the block the Hub's client answers from its cache alone, for whoever only wants what is here."""
    before = compat.hub_is_offline()
    compat.set_hub_offline(True)
    try:
        yield
    finally:
        compat.set_hub_offline(before)


@functools.cache
def reachable(endpoint: str) -> bool:
    """Whether anything answers there, with any status; proxies of the environment are used. Asked once a process."""
    if not endpoint.startswith(("http://", "https://")):
        return True  # other schemes are left to the client
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
