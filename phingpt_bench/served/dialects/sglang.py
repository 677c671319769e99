"""SGLang's own /generate: prompts as token ids, log-probabilities of prompts and of named tokens, adapters by name.

Its /v1/score gives named tokens too, but as probabilities and without adapters; /generate gives the log-probabilities
of the same forward with the adapter, so it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.dialects.base import Dialect, Writing
from phingpt_bench.served.values import Ask, Half, Next, Prompt, Scored, Usage, Written


class SGLang(Dialect):
    """`base`: the served name of the base; another `model` is an adapter's, sent as `lora_path`."""

    path = "/generate"
    names = ()

    def write(self, prompt: Prompt, writing: Writing, *, stream: bool) -> Ask:
        settings = {"max_new_tokens": writing.most, "stop": list(writing.stop)}
        more = {"stream": True} if stream else {}
        return self._ask(prompt, settings, **more)

    def written(self, data: Any) -> Written:
        meta = _meta(data)
        reason = meta.get("finish_reason")
        if not isinstance(data.get("text"), str) or not isinstance(reason, dict):
            raise Half(sentence("no text in the answer, or no end of it"))
        return Written(text=data["text"], finish=reason.get("type"), usage=_usage(meta))

    def streamed(self, events: Sequence[tuple[float, Any]]) -> Written:
        if not events:
            raise Half(sentence("an empty stream"))
        first = next((seconds for seconds, event in events if event.get("text")), None)
        last = self.written(events[-1][1])  # each event holds the whole text so far
        return Written(text=last.text, finish=last.finish, usage=last.usage, first=first)

    def echo(self, prompt: Sequence[int] | str, before: int) -> Ask:
        options = {"return_logprob": True, "logprob_start_len": max(before - 1, 0), "top_logprobs_num": 1}
        return self._ask(prompt, {"max_new_tokens": 1}, **options)

    def echoed(self, data: Any, prompt: Sequence[int] | str, before: int) -> Scored:
        meta = _meta(data)
        count = len(prompt) - before
        values = (meta.get("input_token_logprobs") or [])[-count:]
        tops = (meta.get("input_top_logprobs") or [])[-count:]
        if len(values) < count or any(not isinstance(entry[0], int | float) for entry in values):
            raise Half(sentence("fewer log-probabilities than the prompt has tokens"))
        best = [bool(top) and top[0][1] == entry[1] for entry, top in zip(values, tops, strict=False)]
        whole = len(best) == count and all(best)
        return Scored(value=sum(float(entry[0]) for entry in values), greedy=whole, usage=_usage(meta), tokens=count)

    def named(self, prompt: Sequence[int], tokens: Sequence[int]) -> Ask:
        options = {"return_logprob": True, "logprob_start_len": -1, "token_ids_logprob": list(tokens)}
        return self._ask(prompt, {"max_new_tokens": 1}, **options)

    def named_next(self, data: Any, tokens: Sequence[int]) -> Next:
        meta = _meta(data)
        steps = meta.get("output_token_ids_logprobs")
        values = {entry[1]: entry[0] for entry in steps[0]} if isinstance(steps, list) and steps and steps[0] else {}
        if missing := [token for token in tokens if not isinstance(values.get(token), int | float)]:
            raise Half(sentence("no log-probability of token {missing}", missing=missing[0]))
        sampled = meta.get("output_token_logprobs") or [[None, None]]
        return Next(
            known=tuple((None, token, float(values[token])) for token in tokens), usage=_usage(meta), best=sampled[0][1]
        )

    def top(self, prompt: Sequence[int] | str, count: int) -> Ask:
        options = {"return_logprob": True, "logprob_start_len": -1, "top_logprobs_num": count}
        return self._ask(prompt, {"max_new_tokens": 1}, **options)

    def top_next(self, data: Any) -> Next:
        meta = _meta(data)
        steps = meta.get("output_top_logprobs")
        if not isinstance(steps, list) or not steps or not steps[0]:
            raise Half(sentence("no log-probabilities of the next token"))
        known = tuple((entry[2] if len(entry) > 2 else None, entry[1], float(entry[0])) for entry in steps[0])
        return Next(known=known, usage=_usage(meta), best=known[0][1])

    def _ask(self, prompt: Prompt, settings: dict[str, object], **more: Any) -> Ask:
        if not isinstance(prompt, str) and any(isinstance(part, dict) for part in prompt):
            raise BenchError(
                "SGLang's /generate takes no messages", hint="use local-chat-completions with its base_url"
            )
        text = {"text": prompt} if isinstance(prompt, str) else {"input_ids": list(prompt)}
        adapter = {"lora_path": self.model} if self.model != self.base else {}
        payload = {**text, "sampling_params": {"temperature": 0, **settings}, **adapter, **more}
        return Ask(path=self.path, payload=payload)


def _meta(data: Any) -> JsonObject:
    found = data.get("meta_info") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise Half(sentence("no meta_info in the answer"))
    return found


def _usage(meta: dict[str, object]) -> Usage:
    counts = {name: meta.get(name) for name in ("prompt_tokens", "completion_tokens", "cached_tokens")}
    good = {name: value if isinstance(value, int) and value >= 0 else None for name, value in counts.items()}
    return Usage(tokens_in=good["prompt_tokens"], tokens_out=good["completion_tokens"], cached=good["cached_tokens"])
