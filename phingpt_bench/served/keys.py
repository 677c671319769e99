"""Keys of APIs: read from the environment, and kept out of everything that is shown or stored."""

from __future__ import annotations

import os

from phingpt_bench.core.errors import BenchError
from phingpt_bench.served.spec import KEYS, ServedSpec

HIDDEN = "[key]"


def variable(spec: ServedSpec) -> str | None:
    """The environment variable whose key the server is sent; None where it is sent none."""
    return spec.key_variable or KEYS.get(spec.engine)


def key(spec: ServedSpec) -> str | None:
    """The key, None where the engine takes none. BenchError where it is wanted and not set."""
    name = variable(spec)
    if name is None:
        return None
    found = os.environ.get(name, "").strip()
    if not found:
        raise BenchError(
            f"no API key: {spec.engine} wants one in the environment variable {name}",
            hint=f"export {name}=... (it is sent to {spec.root or 'the server'} only, and stored nowhere)",
        )
    return found


def headers(spec: ServedSpec) -> dict[str, str]:
    """The headers that hold the key."""
    found = key(spec)
    if found is None:
        return {}
    if spec.engine == "anthropic-chat-completions":
        return {"x-api-key": found, "anthropic-version": "2023-06-01"}
    return {"Authorization": f"Bearer {found}"}


def scrubbed(spec: ServedSpec, text: str) -> str:
    """A text of the server's, without the key: some servers print it in their errors, whole or its ends."""
    name = variable(spec)
    secret = os.environ.get(name, "").strip() if name else ""
    if len(secret) < 8:
        return text.replace(secret, HIDDEN) if secret else text
    return " ".join(HIDDEN if _shows(word, secret) else word for word in text.replace(secret, HIDDEN).split(" "))


def _shows(word: str, secret: str) -> bool:
    """Whether a word is a key with its middle made stars, as "sk-ab******cdef"."""
    bare = word.strip("'\".,:;()")
    return "*" in bare and (bare[:3] == secret[:3] or bare[-3:] == secret[-3:])
