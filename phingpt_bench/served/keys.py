"""Keys of APIs: read from the environment, and removed from everything that is shown or stored."""

from __future__ import annotations

import os
import re

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.secret_names import HIDDEN
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.served.spec import ServedSpec

# a name of a variable as people write them; what is longer without a "_", or in small letters, may be a key
NAME = re.compile(r"[A-Z][A-Z0-9]{0,15}(_[A-Z0-9]{1,16})*")


def variable(spec: ServedSpec) -> str | None:
    """The environment variable whose key the server is sent; None if it is sent none."""
    return spec.key_variable or spec.kind.key_variable


def key(spec: ServedSpec) -> str | None:
    """The key, None if the engine takes none. BenchError if it is wanted and not set."""
    name = variable(spec)
    if name is None:
        return None
    found = os.environ.get(name, "").strip()
    if not found and not NAME.fullmatch(name):
        raise BenchError(
            "key_variable names the environment variable that holds the key, and no variable has this name",
            hint="export NAME=... and key_variable=NAME; if it was the key itself, delete it from the shell's history",
        )
    if not found:
        raise BenchError(
            "no API key: {engine} wants one in the environment variable {name}",
            hint=sentence(
                "export {name}=... (it is sent to {root} only, and stored nowhere)", name=name, root=spec.root
            )
            if spec.root
            else sentence("export {name}=... (it is sent to the server only, and stored nowhere)", name=name),
            engine=spec.engine,
            name=name,
        )
    return found


def headers(spec: ServedSpec) -> dict[str, str]:
    """The headers that hold the key."""
    found = key(spec)
    return {} if found is None else {name: text.format(key=found) for name, text in spec.kind.key_headers.items()}


def scrubbed(spec: ServedSpec, text: str) -> str:
    """A text of the server's, without the key: some servers print it in their errors, whole or its ends."""
    if isinstance(text, Sentence):
        values = {
            name: scrubbed(spec, value) if isinstance(value, str) else value for name, value in text.values.items()
        }
        return sentence(text.key, **values)
    name = variable(spec)
    secret = os.environ.get(name, "").strip() if name else ""
    if len(secret) < 8:
        return text.replace(secret, HIDDEN) if secret else text
    return " ".join(HIDDEN if _shows(word, secret) else word for word in text.replace(secret, HIDDEN).split(" "))


def _shows(word: str, secret: str) -> bool:
    """Whether a word is a key with its middle made stars, as "sk-ab******cdef"."""
    bare = word.strip("'\".,:;()")
    return "*" in bare and (bare[:3] == secret[:3] or bare[-3:] == secret[-3:])
