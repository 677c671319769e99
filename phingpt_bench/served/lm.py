"""lm-eval's model class for a served model."""

from __future__ import annotations

import asyncio
import functools
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lm_eval.api.model import TemplateLM

from phingpt_bench.core.errors import BenchError
from phingpt_bench.served.dialects.base import Writing, cut, messages_of
from phingpt_bench.served.labels import Likelihoods, by_text, by_tokens
from phingpt_bench.served.ladder import encode
from phingpt_bench.served.opened import Opened
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.served.tally import Tally
from phingpt_bench.served.values import Prompt

MOST = 256  # tokens of an answer if neither task nor spec has a limit


def most_written(spec: ServedSpec, settings: Mapping[str, Any]) -> int:
    """The tokens that an answer may have. settings: the generation settings of its request."""
    return spec.max_gen_toks or int(settings.get("max_gen_toks", MOST))


class ServedLM(TemplateLM):  # type: ignore[misc]
    """A served name of an opened server: base or adapter.

    on_answer: gets (place among the requests, answer) as soon as an answer arrives. tally: tokens, times and errors.
    chat_template_args: options of the chat template, which is rendered here or by a chat endpoint. A prompt that does
    not fit the server's context is an error, never cut.
    """

    def __init__(self, opened: Opened, name: str, *, meter: Any = None):
        super().__init__()
        self.opened, self.name = opened, name
        self.tokenizer = opened.tokenizer
        self.on_answer: Callable[[int, Any], None] = lambda index, answer: None
        self.tally = Tally(meter)
        self.chat_template_args: dict[str, bool] = {}
        self._way = opened.dialect(name)
        self._found = opened.found[name]

    @property
    def eot_token_id(self) -> int:
        """The token of an empty context; BenchError if no tokenizer is known."""
        if self.tokenizer is None or self.tokenizer.eos_token_id is None:
            raise BenchError("the served model's tokenizer is not known", hint="tokenizer=FOLDER_OR_ID in --model-args")
        return int(self.tokenizer.eos_token_id)

    @property
    def tokenizer_name(self) -> str:
        """What lm-eval calls the chat template by."""
        return self.name

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: Any) -> list[int]:
        """Token ids, with the special tokens in front unless they are present or not wanted."""
        if add_special_tokens is False:
            return list(self.tokenizer.encode(string, add_special_tokens=False))
        return encode(self.tokenizer, string)

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """The prompt of a chat: by the tokenizer's template, or for a chat endpoint the messages as JSON."""
        if self._way.chat:
            return json.dumps(chat_history, ensure_ascii=False)
        if self.tokenizer is None or not getattr(self.tokenizer, "chat_template", None):
            raise BenchError(
                "no chat template is known of the served model", hint="tokenizer=FOLDER_OR_ID, or no --chat-template"
            )
        return str(
            self.tokenizer.apply_chat_template(
                chat_history, tokenize=False, add_generation_prompt=add_generation_prompt,
                continue_final_message=not add_generation_prompt, **self.chat_template_args,
            )
        )  # fmt: skip

    @property
    def compares(self) -> bool:
        """Whether it can be asked for log-likelihoods."""
        return self._found.exact or self.opened.spec.labels == "bounded"

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """(log-likelihood, whether greedy) of each request; the labels of one prompt are requested together."""
        if not self.compares:
            raise BenchError(
                "{engine} cannot compare labels exactly (best: {best})",
                where=self.opened.link.client.root,
                hint="ask the written task (..._gen), or labels=bounded in --model-args",
                engine=self.opened.facts.engine,
                best=self._found.best,
            )
        groups: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            groups.setdefault(request.args[0], []).append(index)
        answers: list[tuple[float, bool]] = [(math.nan, False)] * len(requests)

        alone = asyncio.Semaphore(1 if self._one_echo else len(requests))

        async def one(context: str, places: Sequence[int]) -> None:
            texts = list(dict.fromkeys(requests[at].args[1] for at in places))
            async with alone:
                scored = await self._likelihoods(context, texts)
            self.tally.labels(scored)
            values = dict(zip(texts, scored.labels, strict=True))
            for at in places:
                answers[at] = values[requests[at].args[1]]
                self.on_answer(at, answers[at])

        self._run([functools.partial(one, context, places) for context, places in groups.items()])
        _check_alike([[answers[at][0] for at in places] for places in groups.values()], self.opened.link.client.root)
        return answers

    @property
    def _one_echo(self) -> bool:
        """Whether prompts must be echoed one at a time.

        vLLM 0.32 on a processor crashes with two at once if it serves adapters: it confuses the rows of all tokens with
        those of the requests (docs/engines.md).
        """
        return self.opened.facts.engine == "vllm" and bool(self.opened.spec.adapters) and not self._found.named

    async def _likelihoods(self, context: str, texts: Sequence[str]) -> Likelihoods:
        link = self.opened.link
        if self._found.exact and self.tokenizer is not None:
            pairs = [self._pair(context, text) for text in texts]
            starts = {tuple(before) for before, _ in pairs}
            self._check_length(max(len(before) + len(after) for before, after in pairs) + 1)
            if len(starts) == 1:
                return await by_tokens(link, self._way, self._found, pairs[0][0], [after for _, after in pairs])
        return await by_text(link, self._way, self._found, context, texts)

    def _pair(self, context: str, text: str) -> tuple[list[int], list[int]]:
        if not context:
            return [self.prefix_token_id], self.tok_encode(text, add_special_tokens=False)
        before, after = self._encode_pair(context, text)
        if not after:
            raise BenchError("nothing to score: {text!r} has no token of its own after its prompt", text=text)
        return before, after

    def _loglikelihood_tokens(self, requests: Any, **_: Any) -> list[tuple[float, bool]]:
        raise NotImplementedError("loglikelihood asks by prompts")

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
        """Refused: whole texts have no labels, and no task of this project needs them."""
        raise BenchError(
            "served models are not asked for the likelihood of whole texts", hint="use lm-eval's own classes"
        )

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """The written answers, each cut at its stop strings; without the reasoning before it and a repeated prefix."""
        answers = [""] * len(requests)

        async def one(at: int) -> None:
            context, settings = requests[at].args
            answers[at] = await self._written(context, settings)
            self.on_answer(at, answers[at])

        self._run([functools.partial(one, at) for at in range(len(requests))])
        return answers

    async def _written(self, context: str, settings: dict[str, Any]) -> str:
        spec = self.opened.spec
        stop = settings.get("until") or []
        writing = Writing(
            most=most_written(spec, settings),
            stop=tuple([stop] if isinstance(stop, str) else stop),
            template=self.chat_template_args if self._way.chat else {},
        )
        prompt, prefix, ours = self._prompt(context)
        if ours is not None:
            self._check_length(ours + writing.most)
        reply = await self.opened.link.write(self._way, prompt, writing)
        text, _ = cut(reply.text, writing.stop, spec.think_end_token, chat=self._way.chat)
        if prefix and text.lower().startswith(prefix.strip().lower()):
            text = cut(text[len(prefix.strip()) :], writing.stop, "", chat=True)[0]
        self.tally.written(reply, ours, writing.most)
        return text

    def _prompt(self, context: str) -> tuple[Prompt, str, int | None]:
        """(prompt, prefix of the answer, number of its tokens by our tokenizer or None)."""
        if self._way.chat:
            messages, prefix = messages_of(_messages(context))
            return messages, prefix, None
        if self.tokenizer is None:
            return context, "", None
        tokens = self.tok_encode(context)
        # as ids if the engine accepts them: a text may be tokenised twice, once with an extra first token
        return (tokens if self._found.exact else context), "", len(tokens)

    def _check_length(self, tokens: int) -> None:
        most = self.opened.context
        if most is not None and tokens > most:
            raise BenchError(
                "a prompt with its answer takes {tokens:,} tokens, and the server's context has {most:,}",
                where=self.opened.link.client.root,
                hint="serve it with a larger context, take fewer --shots, or skip the task",
                tokens=tokens,
                most=most,
            )

    def _run(self, jobs: Sequence[Callable[[], Any]]) -> None:
        link = self.opened.link
        before, said = (link.asked, link.client.retries), link.fingerprints.copy()
        try:
            link.run(jobs)
        finally:
            self.tally.requests += link.asked - before[0]
            self.tally.retries += link.client.retries - before[1]
            self.tally.fingerprints += link.fingerprints - said

    def diagnostics(self) -> dict[str, Any]:
        """The diagnostics of a record: how the model was queried, what was refused, how fast it was."""
        link, spec = self.opened.link, self.opened.spec
        found = self._found
        return {
            **self.tally.diagnostics(),
            "ladder": found.by_rung(),
            "concurrent": spec.num_concurrent,
            "streamed": link.streams,
            "parameters_not_sent": sorted(link.dropped),
            "resumed_answers": link.kept.used if link.kept else 0,
        }  # fmt: skip


def _messages(context: str) -> Any:
    """The messages of a chat's prompt; a plain text is one user message."""
    try:
        found = json.loads(context)
    except ValueError:
        return context
    return found if isinstance(found, list) and all(isinstance(part, dict) for part in found) else context


def _check_alike(rows: Sequence[Sequence[float]], where: str) -> None:
    """BenchError if the labels of each document all have the same value: then nothing was compared."""
    several = [row for row in rows if len(row) > 1 and not any(math.isnan(value) for value in row)]
    if several and all(len(set(row)) == 1 for row in several):
        value = Counter(row[0] for row in several).most_common(1)[0][0]
        raise BenchError(
            "all labels of all {n} prompts have the same log-likelihood ({value:.4g})",
            where=where,
            hint="the server echoes prompts without scoring them: ask the written task (..._gen)",
            n=len(several),
            value=value,
        )
