"""Task names, YAML mistakes, and the one prompt renderer against lm-eval's own requests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.harness import manager

DEMO = ("phin_demo_sentiment", "phin_demo_ner")


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    from phingpt_bench.models.embedded import embedded_folder

    return AutoTokenizer.from_pretrained(embedded_folder())


def test_our_tasks_and_groups():
    assert set(manager.task_names()) == {"phin_fpb", "phin_tfns", "phin_fin", "phin_finer_ord", *DEMO}
    assert manager.expand(["phin"]) == ["phin_fpb", "phin_tfns", "phin_fin", "phin_finer_ord"]
    assert manager.expand(["phin_fin", "phin_ner", "phin_demo_ner"]) == ["phin_fin", "phin_finer_ord", "phin_demo_ner"]


def test_unknown_names():
    with pytest.raises(BenchError, match="did you mean 'phin_fpb'"):
        manager.load_task("phin_fbp")
    with pytest.raises(BenchError, match="phingpt-bench tasks"):
        manager.expand(["xyzzy"])


def test_yaml_mistakes_are_told_with_file_and_line(tmp_path: Path):
    (tmp_path / "good.yaml").write_text("task: good\n")
    (tmp_path / "bad.yaml").write_text("task: bad\nmetric_list:\n  - metric: [acc\nx: 1\n")
    with pytest.raises(BenchError, match=r"bad\.yaml:\d+: YAML syntax"):
        manager.task_manager([tmp_path])
    (tmp_path / "bad.yaml").write_text("task: bad\ninclude: _not_there\n")
    with pytest.raises(BenchError, match=r"bad\.yaml:2: includes '_not_there'"):
        manager.task_manager([tmp_path])
    (tmp_path / "bad.yaml").write_text("task: bad\ninclude: _shared\n")
    (tmp_path / "_shared").write_text("a: 1\nb: {\n")
    with pytest.raises(BenchError, match=r"_shared:\d+: YAML syntax"):
        manager.task_manager([tmp_path])
    with pytest.raises(BenchError, match="no such folder"):
        manager.task_manager([tmp_path / "nowhere"])


def test_a_group_that_contains_itself(tmp_path: Path):
    (tmp_path / "g.yaml").write_text("group: turning\ntask: [turning]\n")
    with pytest.raises(BenchError, match="contains itself"):
        manager.expand(["turning"], manager.task_manager([tmp_path]))


@pytest.mark.parametrize("chat_template", [False, True])
@pytest.mark.parametrize("shots", [0, 2])
@pytest.mark.parametrize("name", DEMO)
def test_renders_what_lm_eval_requests(name: str, shots: int, chat_template: bool, tokenizer):
    """The prompts of `build_all_requests`, called as `simple_evaluate` calls it, and its label continuations."""
    from types import SimpleNamespace

    from lm_eval.models.huggingface import HFLM

    task = manager.load_task(name)
    task.set_config(key="num_fewshot", value=shots)
    lm = SimpleNamespace(tokenizer=tokenizer, chat_template_args={})
    task.build_all_requests(
        limit=5,
        apply_chat_template=chat_template,
        fewshot_as_multiturn=chat_template,
        chat_template=(lambda *a, **k: HFLM.apply_chat_template(lm, *a, **k)) if chat_template else None,
    )
    for request in task.instances:
        doc = request.doc
        prompt = manager.render_prompt(task, doc, shots=shots, chat_template=chat_template, tokenizer=tokenizer)
        assert request.args[0] == prompt
        answer = manager.answer_text(task, doc, tokenizer, chat_template)
        if task.OUTPUT_TYPE == "multiple_choice":
            if request.idx == manager.gold_index(task, doc):
                assert request.args[1] == answer == f" {doc['label']}"
        else:
            assert answer == f" {doc['answer']}" + ("<|im_end|>" if chat_template else "\n")
        assert doc["text"] in prompt
        assert prompt.endswith(("Sentiment:", "Entities:"))
        assert prompt.count("News: ") == shots + 1


def test_chat_template_must_exist(tokenizer):
    import copy

    bare = copy.deepcopy(tokenizer)
    bare.chat_template = None
    task = manager.load_task("phin_demo_sentiment")
    with pytest.raises(BenchError, match="no chat template"):
        manager.render_prompt(task, task.test_docs()[0], chat_template=True, tokenizer=bare)


def test_gold_label_outside_the_choices():
    task = manager.load_task("phin_demo_sentiment")
    with pytest.raises(BenchError, match="'Negative' is not among"):
        manager.gold_index(task, {**task.test_docs()[0], "label": "Negative"})


def test_digest_follows_the_template(tmp_path: Path):
    before = manager.template_digest(manager.load_task("phin_demo_sentiment"))
    assert before == manager.template_digest(manager.load_task("phin_demo_sentiment"))
    shutil.copy(manager.tasks_dir() / "_labels_yaml", tmp_path)
    text = (manager.tasks_dir() / "phin_demo_sentiment.yaml").read_text()
    for name, changed in {
        "mine_text": text.replace("Is this", "Is it"),
        "mine_label": text + "doc_to_choice: [bearish, neutral, bullish]\ndoc_to_target: 0\n",
        "mine_prefix": text + 'gen_prefix: "Mood:"\n',
        "mine_same": text,
    }.items():
        (tmp_path / f"{name}.yaml").write_text(changed.replace("task: phin_demo_sentiment", f"task: {name}"))
    tasks = manager.task_manager([tmp_path])
    mine = [name for name in tasks.all_subtasks if name.startswith("mine")]
    digests = {name: manager.template_digest(manager.load_task(name, tasks)) for name in mine}
    assert digests.pop("mine_same") == before
    assert len({before, *digests.values()}) == 4
