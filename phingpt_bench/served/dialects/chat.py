"""OpenAI's /v1/chat/completions, as in many servers and APIs: written answers only, no comparison of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.dialects.base import Dialect, Writing, messages_of
from phingpt_bench.served.dialects.completions import first_choice, joined_stream
from phingpt_bench.served.values import Ask, Half, Prompt, Written, usage_of

THOUGHTS = ("reasoning_content", "reasoning")  # fields with reasoning next to the answer


class Chat(Dialect):
    """Messages in, a message out.

    Stop strings of only white space are not sent: reasoning that begins with a line break would end there. The answer
    is cut at them afterwards.
    """

    path = "/v1/chat/completions"
    chat = True
    most_names = ("max_tokens", "max_completion_tokens")

    def write(self, prompt: Prompt, writing: Writing, *, stream: bool) -> Ask:
        messages, _ = messages_of(prompt)
        payload = {
            "model": self.model, "messages": messages, self.most_names[0]: writing.most, "temperature": 0, "seed": 0,
        }  # fmt: skip
        if stop := [mark for mark in writing.stop if mark.strip()][:4]:  # OpenAI accepts four
            payload["stop"] = stop
        if writing.template:  # vLLM, SGLang and llama.cpp's server render their template with these
            payload["chat_template_kwargs"] = dict(writing.template)
        if stream:
            payload |= {"stream": True, "stream_options": {"include_usage": True}}
        return Ask(path=self.path, payload=payload)

    def written(self, data: Any) -> Written:
        choice = first_choice(data)
        message = choice.get("message")
        if not isinstance(message, dict) or not isinstance(message.get("content"), str | None):
            raise Half(sentence("no message in the answer"))
        if message.get("content") is None and choice.get("finish_reason") is None:
            raise Half(sentence("an empty message without an end"))
        return Written(
            text=message.get("content") or "", finish=choice.get("finish_reason"), usage=usage_of(data.get("usage")),
            model=data.get("model"), thought=any(message.get(name) for name in THOUGHTS),
        )  # fmt: skip

    def streamed(self, events: Sequence[tuple[float, Any]]) -> Written:
        return joined_stream(events, _added)


class OpenAIChat(Chat):
    """OpenAI itself: newer models only accept the newer name of the token limit."""

    most_names = ("max_completion_tokens", "max_tokens")


def _added(choice: JsonObject) -> tuple[str, bool]:
    """What a choice of a stream adds to the answer, and whether it holds reasoning."""
    delta = choice.get("delta") or {}
    return delta.get("content") or "", any(delta.get(name) for name in THOUGHTS)
