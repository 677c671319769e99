"""Rows from the Hub without long waits: if the Hub is not reachable, its client goes offline at once."""

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

PATIENCE = 5.0  # seconds to wait for the Hub's first byte


@contextmanager
def offline_if_unreachable(origin: Origin) -> Iterator[None]:
    """Around reading rows of `origin`: one short request checks the Hub; if it fails, the client goes offline.

    The client then answers from its cache or fails at once, instead of retrying for about 25 seconds. There is no
    request if the mirror has the dataset, or if the client is offline already. All settings are restored at the end.
    """
    if origin.hub is None or _is_local(origin):
        yield
        return
    import huggingface_hub
    from huggingface_hub import constants

    # the first import of the client sets its log level, so this comes after it
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
    """Whether anything answers there, with any status; proxies of the environment are used."""
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
