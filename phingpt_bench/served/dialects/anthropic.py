"""Anthropic's /v1/messages: written answers, without log-probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.dialects.base import Dialect, Writing, messages_of
from phingpt_bench.served.values import Ask, Half, Prompt, Written, usage_of


class Anthropic(Dialect):
    """The system prompt is separate from the messages; stop sequences of white space only are refused."""

    path = "/v1/messages"
    chat = True
    names = ("temperature", "stop_sequences")

    def write(self, prompt: Prompt, writing: Writing, *, stream: bool) -> Ask:
        messages, _ = messages_of(prompt)
        system = [str(message["content"]) for message in messages if message["role"] == "system"]
        payload: dict[str, object] = {
            "model": self.model,
            "messages": [{"role": m["role"], "content": m["content"]} for m in messages if m["role"] != "system"],
            "max_tokens": writing.most,
            "temperature": 0,
        }
        if system:
            payload["system"] = "\n\n".join(system)
        if stop := [mark for mark in writing.stop if mark.strip()]:
            payload["stop_sequences"] = stop
        if stream:
            payload["stream"] = True
        return Ask(path=self.path, payload=payload)

    def written(self, data: Any) -> Written:
        blocks = data.get("content") if isinstance(data, dict) else None
        if not isinstance(blocks, list) or data.get("stop_reason") is None:
            raise Half(sentence("no content in the answer, or no end of it"))
        text = "".join(block.get("text", "") for block in blocks if block.get("type") == "text")
        thought = any("thinking" in str(block.get("type")) for block in blocks)
        return Written(
            text=text, finish=data["stop_reason"], usage=usage_of(data.get("usage")), model=data.get("model"),
            thought=thought,
        )  # fmt: skip

    def streamed(self, events: Sequence[tuple[float, Any]]) -> Written:
        text, finish, first, model, thought = "", None, None, None, False
        counts: dict[str, object] = {}
        for seconds, event in events:
            if event.get("type") == "message_start":
                message = event.get("message") or {}
                counts |= message.get("usage") or {}
                model = message.get("model")
            elif event.get("type") == "content_block_delta":
                delta = event.get("delta") or {}
                more = "thinking" in delta
                thought = thought or more
                text += delta.get("text") or ""
                first = seconds if first is None and (delta.get("text") or more) else first
            elif event.get("type") == "message_delta":
                finish = (event.get("delta") or {}).get("stop_reason") or finish
                counts |= event.get("usage") or {}
        if finish is None:
            raise Half(sentence("the stream ended in the middle of an answer"))
        return Written(text=text, finish=finish, usage=usage_of(counts), model=model, thought=thought, first=first)
