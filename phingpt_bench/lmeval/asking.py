"""Tasks with another prompt than that of their file, and with or without thinking.

The rows, the gold, the metrics and the reading of answers stay the task's. lm-eval renders the prompt, in training as
in evaluation, so that a prompt cannot differ between the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from phingpt_bench.compat import lm_eval_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.protocol import AskedPrompt
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.prompt_file import PromptFile, as_asked, overrides, read_prompt, shown
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.taskfiles import Keys, asked

if TYPE_CHECKING:
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks import TaskManager

THINKING_END = "</think>"
SWITCH = "enable_thinking"  # the name that Qwen3 gave the switch of its chat template, and others took over
ROOM = 2048  # tokens for reasoning and answer: reasoning that is cut off is INVALID


class Words(NamedTuple):
    """The changes to a task's requests: a prompt by name or file, thinking, and the mark that ends reasoning."""

    prompt: str
    thinking: str | None
    thinking_end: str


class Put(NamedTuple):
    """A task with another prompt. system: the system message."""

    task: ConfigurableTask
    prompt: AskedPrompt | None
    system: str | None


def put(name: str, words: Words, tasks: TaskManager) -> Put:
    """The task object under other words. BenchError, with the reason, where they do not fit the task."""
    prompt = read_prompt(words.prompt)
    keys = _keys(name, tasks)
    changed: Keys = {}
    if prompt is not None:
        passport = catalogue.dataset(asked(keys).dataset or "")
        rows = catalogue.load(passport.name)["test"]
        base = asked(keys).form_of or name
        if why := prompt.misfit(name, base, passport.kind, passport.labels, rows[0]):
            text = sentence(
                "prompt '{prompt}' does not fit task '{task}': {why}", prompt=shown(words.prompt), task=name, why=why
            )
            raise BenchError(text)
        changed = dict(overrides(prompt, keys, passport.kind, passport.labels))
    if words.thinking is not None:
        # a prefix of the answer would be at the place of the template's switch for thinking
        changed["gen_prefix"] = None
    if words.thinking == "on":
        changed = _thinking(name, keys, changed)
    if words.thinking_end != THINKING_END:
        options = dict(changed.get("dataset_kwargs") or keys.get("dataset_kwargs") or {})
        changed["dataset_kwargs"] = {**options, "thinking_end": words.thinking_end}
    return Put(
        task=_loaded(name, keys, changed, tasks),
        prompt=None if prompt is None else as_asked(words.prompt, prompt),
        system=None if prompt is None else prompt.system,
    )


def under(name: str, prompt: PromptFile, tasks: TaskManager) -> ConfigurableTask:
    """The task object under a prompt that fits it."""
    keys = _keys(name, tasks)
    passport = catalogue.dataset(asked(keys).dataset or "")
    return _loaded(name, keys, overrides(prompt, keys, passport.kind, passport.labels), tasks)


def _keys(name: str, tasks: TaskManager) -> Keys:
    entry = tasks.task_index.get(name)
    return {} if entry is None or entry.yaml_path is None else lm_eval_parts.load_task_yaml(entry.yaml_path)


def _loaded(name: str, keys: Keys, changed: Keys, tasks: TaskManager) -> ConfigurableTask:
    # "tag" and the like belong to the index; the class of the task builds it
    whole = {key: value for key, value in {**keys, **changed}.items() if key not in ("tag", "task_list")}
    with manager.quiet():
        return tasks.load([whole])["tasks"][name]


def needs_chat(prompt: str) -> bool:
    """Whether a prompt is a user's message, or has a system message, so that it needs the chat template."""
    found = read_prompt(prompt)
    return found is not None and (found.chat or found.system is not None)


def set_thinking(lm: Any, tokenizer: Any, *, on: bool) -> None:
    """Have lm-eval's class render the chat template with thinking on or off. BenchError if it has no switch."""
    check_switch(tokenizer)
    lm.chat_template_args = {**lm.chat_template_args, SWITCH: on}


def check_switch(tokenizer: Any) -> None:
    """BenchError if a tokenizer's chat template has no switch for thinking, or there is no tokenizer."""
    if SWITCH not in str(getattr(tokenizer, "chat_template", None)):
        raise BenchError(
            "this model's chat template has no switch for thinking (enable_thinking)",
            hint="leave --thinking out; thoughts are taken out of answers in any case",
        )


def _thinking(name: str, keys: Keys, changed: Keys) -> Keys:
    """The changes with room for reasoning, which no stop string may cut; labels cannot be compared after it."""
    if keys.get("output_type") == "multiple_choice":
        raise BenchError(
            "task '{task}' compares labels, which leaves no room to think",
            hint="run its written form, '{form}'",
            task=name,
            form=f"{name}_gen",
        )
    settings = changed.get("generation_kwargs") or keys.get("generation_kwargs") or {}
    return {**changed, "generation_kwargs": {**settings, "until": [], "max_gen_toks": ROOM}}
