"""What a loaded model wrote, stored so that it is not written again; of a served model its connection stores it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.core.records import Model
from phingpt_bench.served.resume import Kept

FOLDER = "why"  # below the cache
PORTION = 64  # requests that are stored together


class Stored:
    """A model that writes only what it has not written before; all else is that of `lm`."""

    def __init__(self, lm: Any, model: Model):
        """model: as its record has it: answers count for this model alone."""
        self._lm = lm
        identity = {
            "base": model.base_revision, "numerics": list(model.numerics), "adapter": model.adapter_digest,
        }  # fmt: skip
        self._kept = Kept(cache_dir() / FOLDER / f"{digest(identity)}.jsonl", identity)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lm, name)

    def generate_until(self, requests: Sequence[Any], **options: Any) -> list[str]:
        """The texts, in the order of the requests."""
        keys = [digest(list(request.args), 32) for request in requests]
        found = {key: str(known["text"]) for key in keys if (known := self._kept.get(key)) is not None}
        missing = {key: request for key, request in zip(keys, requests, strict=True) if key not in found}
        for start in range(0, len(missing), PORTION):
            part = list(missing.items())[start : start + PORTION]
            for (key, _), text in zip(part, self._lm.generate_until([one for _, one in part], **options), strict=True):
                found[key] = text
                self._kept.put(key, {"text": text})
        return [found[key] for key in keys]
