"""OpenAI's /v1/completions, as vLLM, llama.cpp and others serve it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.dialects.base import Dialect, Writing
from phingpt_bench.served.values import Ask, Half, Next, Prompt, Scored, Usage, Written, usage_of

ID = "token_id:"


class Completions(Dialect):
    """Prompts as text or token ids; log-probabilities of the prompt if the server echoes them."""

    path = "/v1/completions"

    def write(self, prompt: Prompt, writing: Writing, *, stream: bool) -> Ask:
        payload = {**self._plain(prompt, writing.most), "stop": list(writing.stop)}
        if not writing.stop:
            del payload["stop"]
        if stream:
            payload |= {"stream": True, "stream_options": {"include_usage": True}}
        return Ask(path=self.path, payload=payload)

    def written(self, data: Any) -> Written:
        choice = first_choice(data)
        if not isinstance(choice.get("text"), str):
            raise Half(sentence("no text in the answer"))
        return Written(
            text=choice["text"], finish=choice.get("finish_reason"), usage=usage_of(data.get("usage")),
            model=data.get("model"),
        )  # fmt: skip

    def streamed(self, events: Sequence[tuple[float, Any]]) -> Written:
        return joined_stream(events, lambda choice: (choice.get("text") or "", False))

    def echo(self, prompt: Sequence[int] | str, before: int) -> Ask:
        return Ask(path=self.path, payload={**self._plain(prompt, 1), "echo": True, "logprobs": 1})

    def echoed(self, data: Any, prompt: Sequence[int] | str, before: int) -> Scored:
        listed = first_choice(data).get("logprobs") or {}
        values, tops = listed.get("token_logprobs"), listed.get("top_logprobs") or []
        if not isinstance(values, list):
            raise Half(sentence("no log-probabilities of the prompt's tokens"))
        if isinstance(prompt, str):
            offsets = listed.get("text_offset") or []
            places = [at for at, offset in enumerate(offsets) if before <= offset < len(prompt)]
            if not places or offsets[places[0]] != before:
                raise Half(sentence("the server's tokens do not part where the answer begins"))
        else:
            places = list(range(before, len(prompt)))
        if not places or places[-1] >= len(values):
            raise Half(sentence("fewer log-probabilities than the prompt has tokens"))
        scores = [_finite(values[at]) for at in places]
        best = [
            max((_finite(value) for value in tops[at].values()), default=-math.inf) <= score
            for at, score in zip(places, scores, strict=True)
            if at < len(tops) and tops[at]
        ]
        whole = len(best) == len(places) and all(best)
        return Scored(value=sum(scores), greedy=whole, usage=usage_of(data.get("usage")), tokens=len(places))

    def named(self, prompt: Sequence[int], tokens: Sequence[int]) -> Ask:
        # vLLM from 0.17: the log-probabilities of exactly these tokens instead of the most likely ones
        named = {"logprobs": 1, "logprob_token_ids": list(tokens), "return_tokens_as_token_ids": True}
        return Ask(path=self.path, payload={**self._plain(prompt, 1), **named})

    def named_next(self, data: Any, tokens: Sequence[int]) -> Next:
        found = self.top_next(data)
        values = {token: value for _, token, value in found.known}
        if missing := [token for token in tokens if token not in values]:
            raise Half(sentence("no log-probability of token {missing}", missing=missing[0]))
        return Next(known=tuple((None, token, values[token]) for token in tokens), usage=found.usage, best=found.best)

    def top(self, prompt: Sequence[int] | str, count: int) -> Ask:
        return Ask(path=self.path, payload={**self._plain(prompt, 1), "logprobs": count})

    def top_next(self, data: Any) -> Next:
        known = sorted(first_tokens(first_choice(data).get("logprobs")), key=lambda token: -token[2])
        if not known:
            raise Half(sentence("no log-probabilities of the next token"))
        text, number, _ = known[0]
        return Next(known=tuple(known), usage=usage_of(data.get("usage")), best=text if number is None else number)

    def _plain(self, prompt: Prompt, most: int) -> dict[str, object]:
        text = prompt if isinstance(prompt, str) else list(prompt)
        return {"model": self.model, "prompt": text, "max_tokens": most, "temperature": 0, "seed": 0}


def joined_stream(events: Sequence[tuple[float, Any]], part: Callable[[JsonObject], tuple[str, bool]]) -> Written:
    """The answer that a stream is made of. Half if it ended before the answer did.

    part: what a choice of an event adds to the text, and whether it holds reasoning.
    """
    text, finish, usage, first, model, thought = "", None, Usage(), None, None, False
    for seconds, event in events:
        for choice in event.get("choices") or ():
            added, thinks = part(choice)
            text, thought = text + added, thought or thinks
            finish = choice.get("finish_reason") or finish
            first = seconds if first is None and (added or thinks) else first
        usage = usage_of(event["usage"]) if event.get("usage") else usage
        model = event.get("model") or model
    if finish is None:
        raise Half(sentence("the stream ended in the middle of an answer"))
    return Written(text=text, finish=finish, usage=usage, model=model, thought=thought, first=first)


def first_choice(data: Any) -> JsonObject:
    """The one answer of a reply; Half if there is none."""
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Half(sentence("no choices in the answer"))
    return choices[0]


def first_tokens(logprobs: Any) -> Iterator[tuple[str | None, int | None, float]]:
    """(text, id, log-probability) of the likeliest first tokens: in the format of completions or of chats."""
    if not isinstance(logprobs, dict):
        return
    content, tops = logprobs.get("content"), logprobs.get("top_logprobs")
    if isinstance(content, list) and content:
        for token in content[0].get("top_logprobs") or ():
            yield token.get("token"), token.get("id"), _finite(token.get("logprob"))
    elif isinstance(tops, list) and tops and isinstance(tops[0], dict):
        for text, value in tops[0].items():
            number = int(text.removeprefix(ID)) if text.startswith(ID) and text.removeprefix(ID).isdigit() else None
            yield (None if number is not None else text), number, _finite(value)


def _finite(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        raise Half(sentence("not a log-probability: {value!r}", value=value))
    return float(value)
