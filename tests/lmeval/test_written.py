"""What ends a written answer: a line's end in a text that is continued, the end of the turn in a chat."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.marks import with_data

from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.taskfiles import read_tasks
from phingpt_bench.lmeval.written import CHAT_ROOM, WrittenTask, in_chat
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.load import load_base

FILES = read_tasks([manager.tasks_dir()])
WRITTEN = [name for name, task in FILES.tasks.items() if task.config["output_type"] == "generate_until"]


@pytest.mark.slow
@pytest.mark.parametrize("name", with_data(WRITTEN))
def test_every_written_task_ends_by_the_line_without_a_template_and_by_the_turn_with_one(name: str):
    task = manager.load_task(name)
    assert isinstance(task, WrittenTask)
    doc = task.test_docs()[0]
    plain = task.construct_requests(doc, "prompt", apply_chat_template=False, metadata=(name, 0, 1))
    chat = task.construct_requests(doc, "prompt", apply_chat_template=True, metadata=(name, 0, 1))
    assert plain.args == ("prompt", task.config.generation_kwargs)
    assert plain.args[1]["until"] == ["\n"]
    assert chat.args[1]["until"] == []
    assert chat.args[1]["max_gen_toks"] == CHAT_ROOM * plain.args[1]["max_gen_toks"]
    assert task.config.generation_kwargs["until"] == ["\n"]  # the task itself is as it was


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (["\n"], []), ("\n", []), (["\n\n", "\r\n"], []), (["###", "\n"], ["###"]), (["\n###"], ["\n###"]),
        ("###", ["###"]), (None, []),
    ],
)  # fmt: skip
def test_stops_that_are_no_line_breaks_stay(given: Any, left: list[str]):
    assert in_chat({"until": given, "do_sample": False}) == {"until": left, "do_sample": False}


@pytest.fixture(scope="module")
def embedded() -> Any:
    return load_base(BaseSpec(model="smollm2-135m-instruct", quantisation="none", compute_dtype="float32"))


@pytest.mark.slow
@pytest.mark.parametrize("name", with_data(["phin_fin", "phin_finer_ord"]))
def test_the_embedded_model_can_answer_in_a_chat(name: str, embedded: Any):
    """With a line break as the end all of these answers are empty; now all hold what the model wrote."""
    from phingpt_bench.engine.lm import PhinLM

    task = manager.load_task(name)
    lm = PhinLM(pretrained=embedded.model, tokenizer=embedded.tokenizer, batch_size=4)
    docs = list(task.test_docs())[:4]
    prompts = [manager.render_prompt(task, doc, chat_template=True, tokenizer=embedded.tokenizer) for doc in docs]

    def answers(chat: bool) -> list[str]:
        pairs = zip(docs, prompts, strict=True)
        return lm.generate_until(
            [
                task.construct_requests(doc, prompt, apply_chat_template=chat, metadata=(name, 0, 1))
                for doc, prompt in pairs
            ],
            disable_tqdm=True,
        )

    assert not any(answer.strip() for answer in answers(False))
    now = answers(True)
    assert all(answer.strip() for answer in now)
    assert any(answer.startswith("\n") for answer in now)
