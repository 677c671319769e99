"""What a client says when a server refuses, redirects, or does not answer in all tries; each with what to do."""

from __future__ import annotations

from collections.abc import Mapping

from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.served import keys
from phingpt_bench.served.faults import Again, Lacking, Refused, error_text
from phingpt_bench.served.spec import ServedSpec


def remedy(err: Again, answered: bool) -> Sentence:
    """What to do after the last try. answered: whether the server answered anything before."""
    if answered:
        return sentence(
            "the same command resumes; the answers so far are kept (max_retries, timeout, num_concurrent in "
            "--model-args)"
        )
    if isinstance(err, Lacking):
        return sentence("check base_url in --model-args: what answers there is not such an API")
    if err.status == 429:
        return sentence("wait, then give the same command again (max_retries, requests_per_minute in --model-args)")
    return sentence("check base_url in --model-args, or give the same command later (max_retries, timeout)")


def moved(root: str, status: int, headers: Mapping[str, str]) -> Refused:
    """The error for a redirect, which is not followed: the key would go to another address."""
    place = error_text(headers.get("location", ""))
    return Refused(
        sentence("the server redirects to another address (status {status})", status=status),
        status=status,
        where=root,
        hint=sentence("give the right base_url in --model-args; the server names {place}", place=place)
        if place
        else sentence("check model and base_url in --model-args"),
    )


def refused(spec: ServedSpec, root: str, status: int, text: str) -> Refused:
    """The error for a refusal that would repeat, with the server's words; its key is removed from them."""
    message = keys.scrubbed(spec, error_text(text))
    name = keys.variable(spec)
    hint = None
    if status in (401, 403):
        hint = (
            sentence("check the key in {name}", name=name)
            if name
            else sentence("name its variable: key_variable=NAME in --model-args")
        )
    elif status in (404, 405):
        hint = sentence("check model and base_url in --model-args")
    elif "context" in message.lower() or "too long" in message.lower():
        return Refused(
            sentence("a prompt is longer than the server's context: {message}", message=message),
            status=status,
            where=root,
            hint=sentence("serve it with a larger context, take fewer --shots, or skip the task"),
        )
    return Refused(
        sentence("the server refuses (status {status}): {message}", status=status, message=message),
        status=status,
        where=root,
        hint=hint,
    )
