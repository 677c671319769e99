"""Thinking on and off for a served model: by its chat template, whose switch is checked before the first score."""

from __future__ import annotations

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.lmeval.asking import SWITCH, check_switch
from phingpt_bench.served.dialects.base import Writing
from phingpt_bench.served.faults import Refused
from phingpt_bench.served.ladder import PROMPTS, SHORT
from phingpt_bench.served.opened import Opened
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.served.values import Written

LEAVE = sentence("leave --thinking out, or set it at the server; thoughts are taken out of answers in any case")


def check_thinks(spec: ServedSpec) -> None:
    """BenchError for an engine that takes no options of a chat template, whatever it serves."""
    if spec.hosted:
        raise BenchError(
            "{engine} takes no options of a chat template: whether a model thinks is decided by its name there",
            hint="leave --thinking out; thoughts are taken out of answers in any case",
            engine=spec.engine,
        )


def check_thinking(opened: Opened) -> None:
    """BenchError if a server does not switch thinking.

    A completion's prompt is rendered here, so the tokenizer's template decides. A chat endpoint gets one prompt with
    either value: a server that ignores the switch counts the same tokens in both, or, where it does not count, gives
    the same answer.
    """
    way, link = opened.dialect(opened.base), opened.link
    if not way.chat:
        check_switch(opened.tokenizer)
        return
    replies: list[Written] = []

    async def ask() -> None:
        for on in (True, False):
            writing = Writing(most=SHORT, template={SWITCH: on})
            replies.append(await link.write(way, [{"role": "user", "content": PROMPTS[0]}], writing))

    try:
        link.run([ask])
    except Refused as err:
        raise BenchError(
            "the server takes no options of its chat template: {reason}",
            where=link.client.root,
            hint=LEAVE,
            reason=err.message,
        ) from None
    on, off = replies
    counted = None not in (on.usage.tokens_in, off.usage.tokens_in)
    same = on.usage.tokens_in == off.usage.tokens_in if counted else (on.text, on.thought) == (off.text, off.thought)
    if same:
        why = (
            sentence("a prompt has {n} tokens with thinking on and off", n=on.usage.tokens_in)
            if counted
            else sentence("a prompt has the same answer with thinking on and off")
        )
        raise BenchError("the server does not switch thinking: {why}", where=link.client.root, hint=LEAVE, why=why)
