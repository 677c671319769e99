"""OpenAI's /v1/chat/completions, as in many servers and APIs: written answers only, no comparison of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.dialects.base import Dialect, Writing, messages_of
from phingpt_bench.served.dialects.completions import first_choice
from phingpt_bench.served.values import Ask, Half, Prompt, Usage, Written, usage_of

PATH = "/v1/chat/completions"
THOUGHTS = ("reasoning_content", "reasoning")  # fields with reasoning next to the answer


class Chat(Dialect):
    """Messages in, a message out.

    Stop strings of only white space are not sent: reasoning that begins with a line break would end there. The answer
    is cut at them afterwards.
    """

    chat = True
    most_names = ("max_tokens", "max_completion_tokens")

    def write(self, prompt: Prompt, writing: Writing, *, stream: bool) -> Ask:
        messages, _ = messages_of(prompt)
        payload = {
            "model": self.model, "messages": messages, self.most_names[0]: writing.most, "temperature": 0, "seed": 0,
        }  # fmt: skip
        if stop := [mark for mark in writing.stop if mark.strip()][:4]:  # OpenAI accepts four
            payload["stop"] = stop
        if stream:
            payload |= {"stream": True, "stream_options": {"include_usage": True}}
        return Ask(path=PATH, payload=payload)

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
        text, finish, usage, first, model, thought = "", None, Usage(), None, None, False
        for seconds, event in events:
            for choice in event.get("choices") or ():
                delta = choice.get("delta") or {}
                more = any(delta.get(name) for name in THOUGHTS)
                thought = thought or more
                text += delta.get("content") or ""
                finish = choice.get("finish_reason") or finish
                first = seconds if first is None and (delta.get("content") or more) else first
            usage = usage_of(event["usage"]) if event.get("usage") else usage
            model = event.get("model") or model
        if finish is None:
            raise Half(sentence("the stream ended in the middle of an answer"))
        return Written(text=text, finish=finish, usage=usage, model=model, thought=thought, first=first)


class OpenAIChat(Chat):
    """OpenAI itself: newer models only accept the newer name of the token limit."""

    most_names = ("max_completion_tokens", "max_tokens")
