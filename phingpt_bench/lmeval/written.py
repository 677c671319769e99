"""lm-eval's task object for answers that are written: what ends an answer depends on whether a chat template is used.

Every format writes its answers in one line (scoring/formats.py), and a model that continues a text ends there. A model
that answers a chat ends its turn itself. It often begins with a line break, or writes a list with one entity per line:
a line break is then part of the answer's form, and as a stop string it would leave an empty answer.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask

CHAT_ROOM = 2  # times the tokens of an answer in one line: a list with a type and a mark on each line is longer
CHAT_RULE = {"ends": "turn", "room": CHAT_ROOM}  # in the fingerprint of a run under a chat template


class WrittenTask(ConfigurableTask):  # type: ignore[misc]
    """A task whose answers are written. Task files name it as their `class`.

    Without a chat template its requests are those of lm-eval. With one, stop strings that are only line breaks are left
    out, so that the end of the turn ends an answer, and it may have CHAT_ROOM times `max_gen_toks`.
    """

    def __init__(self, config: dict[str, object]):
        super().__init__(config={key: value for key, value in config.items() if key != "class"})

    def construct_requests(self, doc: dict[str, object], ctx: Any, **kwargs: Any) -> Any:
        """The request of one document, as an lm-eval Instance."""
        chat = bool(kwargs.get("apply_chat_template"))
        request = super().construct_requests(doc, ctx, **kwargs)
        if chat and isinstance(request, Instance) and request.request_type == "generate_until":
            context, settings = request.arguments
            return dataclasses.replace(request, arguments=(context, in_chat(settings)))
        return request


def in_chat(settings: dict[str, Any]) -> dict[str, Any]:
    """A task's generation settings as they are under a chat template."""
    stops = settings.get("until") or []
    changed = {"until": [stop for stop in ([stops] if isinstance(stops, str) else stops) if stop.strip("\r\n")]}
    if "max_gen_toks" in settings:
        changed["max_gen_toks"] = CHAT_ROOM * settings["max_gen_toks"]
    return {**settings, **changed}
