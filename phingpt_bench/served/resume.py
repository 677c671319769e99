"""The resume file: paid answers are stored as they arrive, as JSON lines, so that none is requested twice.

A line has an answer and the digest of its request. Answers only count for the model that gave them: a line "session"
names the server, engine and model, and has its answer to the probe.
Work that is done again with --force only takes the answers of sessions of the same doing again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import append_line, kept_lines
from phingpt_bench.served.values import Ask

LEFT_OUT = ("stream", "stream_options")  # parts of a request that change the transport of an answer, not the answer
CLOSE = 0.1  # the allowed difference of a probe's log-probabilities between two starts of the same server


class Kept:
    """The answers of one served model. spent: the seconds that the reused answers originally took.

    The time of a line is counted from the line before it, or from the start of work, so that the times of an
    interrupted run add up to its duration.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], probe: Sequence[float] = (), again: str | None = None):
        """again: digest of the record that is to be replaced; then only answers that were asked for that are used."""
        self.path = path
        self.used = 0
        self.spent = 0.0
        self._answers: dict[str, tuple[dict[str, object], float]] = {}
        self._session = digest([dict(identity), list(probe), time.time_ns()])
        self._since = time.monotonic()
        known: set[str] = set()
        for line in kept_lines(path):
            if "session" in line:
                same = line.get("identity") == dict(identity) and _close(line.get("probe", ()), probe)
                same = same and again in (None, line.get("again"))
                known |= {line["session"]} if same else set()
            elif line.get("of") in known:
                self._answers[line["key"]] = (line["reply"], float(line.get("seconds", 0.0)))
        line = {"session": self._session, "identity": dict(identity), "probe": list(probe)}
        append_line(path, line if again is None else {**line, "again": again})

    def begin(self) -> None:
        """Work begins, or continues after a pause: the time before does not count."""
        self._since = time.monotonic()

    def get(self, key: str) -> dict[str, object] | None:
        """The answer for a key, or None; its time is counted once."""
        found = self._answers.get(key)
        if found is None:
            return None
        self.used += 1
        self.spent += found[1]
        self._answers[key] = (found[0], 0.0)
        return found[0]

    def put(self, key: str, reply: dict[str, object]) -> None:
        """Store an answer; it is on the disk when this returns."""
        now = time.monotonic()
        seconds, self._since = now - self._since, now
        self._answers[key] = (reply, 0.0)
        append_line(self.path, {"of": self._session, "key": key, "seconds": round(seconds, 4), "reply": reply})


def key_of(ask: Ask) -> str:
    """The key of a request: what determines its answer."""
    payload = {name: value for name, value in ask.payload.items() if name not in LEFT_OUT}
    return digest([ask.path, payload], 32)


def _close(stored: Any, probe: Sequence[float]) -> bool:
    if not isinstance(stored, list) or len(stored) != len(probe):
        return False
    return all(abs(one - other) <= CLOSE for one, other in zip(stored, probe, strict=True))
