"""What holds for every passport: it is used, agrees with its tasks, and its id is its own."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import share
from phingpt_bench.data import catalogue
from phingpt_bench.data.readers import READERS
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.taskfiles import passport_paths, read_tasks
from phingpt_bench.scoring.metrics import METRICS

FILES = read_tasks([manager.tasks_dir()])
NAMES = [file.stem for file in passport_paths(share("tasks"))]


def test_every_dataset_of_a_task_has_a_passport_and_every_passport_a_task():
    assert {task.dataset for task in FILES.tasks.values()} == set(NAMES)
    assert set(NAMES) == set(catalogue.names())


def test_protocol_ids_are_unique_and_versioned():
    ids = Counter(catalogue.dataset(name).protocol for name in NAMES)
    assert set(ids.values()) == {1}
    for protocol in ids:
        assert protocol.split("/")[-1] == "v1"
        assert protocol == protocol.lower().replace(" ", "-")


@pytest.mark.parametrize("name", NAMES)
def test_a_passport_agrees_with_its_tasks(name: str):
    passport = catalogue.dataset(name)
    assert passport.reader in READERS
    assert METRICS[passport.metric].kind == passport.kind
    tasks = [task for task in FILES.tasks.values() if task.dataset == name]
    assert tasks
    for task in tasks:
        assert passport.metric in task.metrics
        assert task.metrics[0] == passport.metric or passport.metric != "f1_by_question"
        if choices := task.config.get("doc_to_choice"):
            assert len(choices) == len(passport.labels)
            spoken = task.config["doc_to_text"]
            named = sum(choice.split()[0].lower() in spoken.lower() for choice in choices)
            assert named == len(choices) or "{{question}}" in spoken, "the prompt does not name its labels"
    if passport.kind == "labels":
        assert any(task.config.get("doc_to_choice") for task in tasks)
        assert any(task.config["output_type"] == "generate_until" for task in tasks) or name.startswith("demo")
    for split, counts in passport.counts.items():
        assert list(counts) == list(passport.labels)
        assert passport.kind == "spans" or sum(counts.values()) == passport.rows[split]


@pytest.mark.parametrize("name", NAMES)
def test_digests_and_texts_have_the_form_that_they_must(name: str):
    passport = catalogue.dataset(name)
    for split in passport.rows:
        assert len(passport.ids[split]) == 64 and int(passport.ids[split], 16) >= 0
        assert len(passport.digests[split]) == 16 and int(passport.digests[split], 16) >= 0
        assert passport.rows[split] > 0
    revision = passport.origin.revision
    assert revision is None or (len(revision) == 40 and int(revision, 16) >= 0)
    for text in (passport.title, passport.licence, passport.split, passport.comparable, passport.language):
        assert text.strip()


def test_a_dataset_that_is_made_from_another_gets_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader is handed the splits of the dataset that the passport names; it looks up none itself."""
    passport = catalogue.dataset("fpb_es_mt")
    assert passport.options == {"english": "fpb"}
    english = {"train": [{"id": "a", "text": "Sales rose.", "label": "positive"}], "validation": [], "test": []}
    row = {"sentence_en": "Sales rose.", "sentence_es_googletranslate": "Las ventas subieron.", "label": 2}
    monkeypatch.setattr(catalogue, "load", lambda name: {"fpb": english}[name])
    monkeypatch.setattr("phingpt_bench.data.readers.spanish.read_rows", lambda *_: [row])
    read = catalogue.read(passport)
    assert [(one["text"], one["label"]) for one in read["train"]] == [("Las ventas subieron.", "positive")]
    assert read["test"] == []


def test_a_dataset_that_is_made_from_itself_is_refused() -> None:
    passport = dataclasses.replace(catalogue.dataset("fpb_es_mt"), options={"english": "fpb_es_mt"})
    with pytest.raises(BenchError, match="made from itself"):
        catalogue.read(passport)
    passport = dataclasses.replace(passport, options={"english": "fbp"})
    with pytest.raises(BenchError, match="unknown dataset 'fbp'"):
        catalogue.read(passport)
    spans = dataclasses.replace(catalogue.dataset("fin_type"), options={"reader": "fin_flair"})
    with pytest.raises(BenchError, match="did you mean 'fin_flare'"):
        catalogue.read(spans)
