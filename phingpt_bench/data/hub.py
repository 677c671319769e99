"""Rows from the Hub, for someone who waits at a terminal: where it is out of reach, no retries and no log of them."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phingpt_bench import compat
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.sources import mirror

PATIENCE = 5.0  # seconds for the Hub's first byte


@contextmanager
def offline_if_unreachable(origin: Origin) -> Iterator[None]:
    """While rows of `origin` are read: one short question whether the Hub is there, and if not, its client is offline.

    The client then answers from its cache or fails at once, where it would try for some 25 seconds. Nothing is asked
    where the mirror holds the dataset, or where the client is offline already. Everything is put back in the end.
    """
    if origin.hub is None or _is_local(origin):
        yield
        return
    import huggingface_hub
    from huggingface_hub import constants

    # the first import of the client sets the level of its log, so this comes behind it
    log = logging.getLogger(huggingface_hub.__name__)
    level, offline = log.level, compat.hub_is_offline()
    log.setLevel(logging.ERROR)
    try:
        if not offline and not _reachable(constants.ENDPOINT):
            compat.set_hub_offline(True)
        yield
    finally:
        log.setLevel(level)
        compat.set_hub_offline(offline)


@contextmanager
def offline() -> Iterator[None]:
    """Within the block the Hub's client answers from its cache alone, for whoever only wants what is here."""
    before = compat.hub_is_offline()
    compat.set_hub_offline(True)
    try:
        yield
    finally:
        compat.set_hub_offline(before)


def _is_local(origin: Origin) -> bool:
    own = Path(origin.folder).expanduser()
    root = mirror()
    return own.is_dir() if own.is_absolute() else root is not None and (root / own).is_dir()


def _reachable(endpoint: str) -> bool:
    """Whether anything answers there, whatever it says; proxies of the environment are used."""
    if not endpoint.startswith(("http://", "https://")):
        return True  # not ours to judge
    try:
        with urllib.request.urlopen(urllib.request.Request(endpoint, method="HEAD"), timeout=PATIENCE):
            return True
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError as err:
        # certificates that Python does not know say nothing of whether the client, with its own, gets through
        return "CERTIFICATE" in str(err.reason).upper()
    except (OSError, ValueError):
        return False
