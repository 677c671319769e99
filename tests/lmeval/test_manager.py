"""Task names, YAML mistakes, and the one prompt renderer against lm-eval's own requests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import TASKS_VARIABLE
from phingpt_bench.lmeval import manager, sample, taskfiles, templates

DEMO = ("phin_demo_sentiment", "phin_demo_ner")


@pytest.mark.slow
def test_our_tasks_and_groups():
    assert {"phin_fpb", "phin_tfns", "phin_fin", "phin_finer_ord", *DEMO} <= set(manager.task_manager().all_subtasks)
    assert manager.expand(["phin"]) == ["phin_fpb", "phin_tfns", "phin_fin", "phin_finer_ord"]
    assert manager.expand(["phin_fin", "phin_ner", "phin_demo_ner"]) == ["phin_fin", "phin_finer_ord", "phin_demo_ner"]
    assert len(manager.expand(["phin_fpb_all"])) == len(manager.expand(["phin_fpb_all_gen"])) == 7
    assert len(manager.expand(["phin_ner_formats"])) == 10


def test_task_files_are_read_as_lm_eval_reads_them():
    """Names, keys with includes, groups and tags; functions are text in both."""
    tasks, files = manager.task_manager(), taskfiles.read_tasks()
    assert list(files.tasks) == sorted(tasks.all_subtasks)
    assert set(files.groups) == {*tasks.all_groups, *tasks.all_tags}
    for name, task in files.tasks.items():
        theirs = tasks.task_index[name].cfg
        assert theirs.keys() == task.config.keys()
        functions = ("metric_list", "custom_dataset", "process_results", "class")
        same = [key for key in theirs if key not in functions]
        assert [theirs[key] for key in same] == [task.config[key] for key in same]
        assert theirs["custom_dataset"].endswith(task.config["custom_dataset"])
    for group in files.groups:
        assert sorted(files.members(group)) == sorted(manager.expand([group], tasks))
    assert files.base("phin_fpb_gen") == "phin_fpb"
    assert files.base("phin_fpb_es_mt_en") == "phin_fpb_es_mt_en"
    assert files.forms("phin_fin") == ["phin_fin_json", "phin_fin_tags"]
    assert (files.twin("phin_type"), files.twin("phin_finentity_all")) == ("phin_type_gen", "phin_finentity_all_gen")
    assert files.twin("phin") is files.twin("phin_type_gen") is files.twin("phin_fin_all") is None


def test_every_other_form_says_so_in_its_file():
    """Names help readers; what is read is the key. A form asks the same rows, chosen or written otherwise."""
    files = taskfiles.read_tasks()
    named = {name for name in files.tasks if name.endswith(("_gen", "_json", "_tags"))}
    assert named == {name for name, task in files.tasks.items() if task.asked.form_of}
    for name in named:
        task, usual = files.tasks[name], files.tasks[files.base(name)]
        assert task.dataset == usual.dataset and name.startswith(usual.name)
        assert task.asked.extraction != usual.asked.extraction


def test_what_is_asked_is_the_same_for_lm_eval_and_for_us():
    tasks, files = manager.task_manager(), taskfiles.read_tasks()
    for name in ("phin_demo_ner", "phin_demo_sentiment"):
        assert taskfiles.asked(vars(manager.load_task(name, tasks).config)) == files.tasks[name].asked
    assert files.tasks["phin_demo_sentiment"].asked.extraction == "label-loglikelihood"
    assert [files.tasks[f"phin_fin{end}"].asked.extraction for end in ("", "_json")] == ["generation", "json"]


def test_passports_are_no_tasks_and_their_mistakes_are_reported(tmp_path: Path):
    (tmp_path / "passports").mkdir()
    (tmp_path / "passports" / "mine.yaml").write_text("name: mine\nprotocol: mine/v1\n")
    (tmp_path / "mine.yaml").write_text("task: mine\noutput_type: multiple_choice\n")
    assert "mine" in manager.task_manager([tmp_path]).all_subtasks
    assert list(taskfiles.read_tasks([tmp_path]).tasks) == ["mine"]
    assert taskfiles.passport_paths(tmp_path) == [tmp_path / "passports" / "mine.yaml"]


def test_the_users_folder_is_indexed_and_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(TASKS_VARIABLE, str(tmp_path))
    for name in ("mine", "phin_fpb"):
        (tmp_path / f"{name}.yaml").write_text(f"task: {name}\ntag: [mine_all]\ndescription: of my own\n")
    assert manager.expand(["mine_all", "phin_demo_ner"]) == ["mine", "phin_fpb", "phin_demo_ner"]
    with manager.quiet():
        assert manager.task_manager().task_index["phin_fpb"].cfg["description"] == "of my own"
    assert taskfiles.read_tasks().tasks["phin_fpb"].config["description"] == "of my own"
    monkeypatch.setenv(TASKS_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(BenchError, match="is not a folder"):
        manager.task_manager()


def test_unknown_names():
    with pytest.raises(BenchError, match="did you mean 'phin_fpb'"):
        manager.load_task("phin_fbp")
    with pytest.raises(BenchError, match="phingpt-bench tasks"):
        manager.expand(["xyzzy"])


def test_yaml_mistakes_are_reported_with_file_and_line(tmp_path: Path):
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


@pytest.mark.slow
def test_digest_follows_the_template(tmp_path: Path):
    before = manager.template_digest(manager.load_task("phin_demo_sentiment"))
    assert before == manager.template_digest(manager.load_task("phin_demo_sentiment"))
    shutil.copy(manager.tasks_dir() / "_labels_yaml", tmp_path)
    text = (manager.tasks_dir() / "demo" / "phin_demo_sentiment.yaml").read_text().replace("../", "")
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


@pytest.mark.parametrize("name", DEMO)
def test_digest_without_the_dataset_is_that_of_the_loaded_task(name: str):
    file = taskfiles.read_tasks().tasks[name]
    assert templates.digest_of(file) == manager.template_digest(manager.load_task(name))


def test_the_lock_holds_every_prompt():
    """An edited prompt needs a new version, and then `phingpt-bench tasks stamp --templates`."""
    folder = manager.tasks_dir()
    pinned, found = templates.read_lock(folder), templates.digests(folder)
    assert {name: templates.fault(pinned, name, found[name]) for name in found} == dict.fromkeys(found)
    assert set(pinned) == set(found)


def test_an_edited_prompt_needs_a_new_version(tmp_path: Path):
    file = tmp_path / "mine.yaml"
    text = "task: mine\noutput_type: multiple_choice\ndoc_to_text: A\nmetadata: {version: 1.0}\n"
    file.write_text(text)
    assert templates.write_lock(tmp_path) == 1
    (pinned,) = templates.read_lock(tmp_path).values()
    assert pinned[0] == "1.0"
    file.write_text(text.replace("doc_to_text: A", "doc_to_text: B"))
    with pytest.raises(BenchError, match="another prompt under the same version: mine"):
        templates.write_lock(tmp_path)
    (found,) = templates.digests(tmp_path).values()
    assert "under the same version" in str(templates.fault({"mine": pinned}, "mine", found))
    file.write_text(text.replace("doc_to_text: A", "doc_to_text: B").replace("1.0", "1.1"))
    assert templates.write_lock(tmp_path) == 1
    assert templates.read_lock(tmp_path) == {"mine": ("1.1", found[1])}
    assert templates.fault({}, "mine", found) is not None
    (tmp_path / templates.LOCK).write_text("mine 1.0\n")
    with pytest.raises(BenchError, match=r"templates\.lock:1: a line is"):
        templates.read_lock(tmp_path)


def test_no_example_is_shown_of_a_users_task_without_training_rows(tmp_path: Path):
    """Test rows are never shown, and rows of an unknown form cannot be invented."""
    (tmp_path / "rows.jsonl").write_text('{"text": "Sales fell.", "label": 0}\n', encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(
        "task: mine\noutput_type: multiple_choice\ndataset_path: json\n"
        f"dataset_kwargs: {{data_files: {{test: {tmp_path / 'rows.jsonl'}}}}}\ntest_split: test\n"
        'doc_to_text: "{{text}}"\ndoc_to_target: label\ndoc_to_choice: [" down", " up"]\n',
        encoding="utf-8",
    )
    file = taskfiles.read_tasks([tmp_path]).tasks["mine"]
    with pytest.raises(BenchError, match="no example of task 'mine' can be shown: it has no training rows") as error:
        sample.example(file, manager.task_manager([tmp_path]))
    assert error.value.where == str(tmp_path / "mine.yaml")
