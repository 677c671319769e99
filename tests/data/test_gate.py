"""The gate: what a training has seen of the test rows, by texts, by translations, and by a file of hashes alone."""

from __future__ import annotations

import base64
import random

import pytest

from benchmarks.planted import planted
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import write_text
from phingpt_bench.data import catalogue, training_sets
from phingpt_bench.data.copies import hashes
from phingpt_bench.data.copies.gate import Gate
from phingpt_bench.data.passport import SPLITS

ENGLISH = [row["text"] for row in catalogue.load("demo_sentiment")["test"] if row["lang"] == "en"]
SPANISH = [row["text"] for row in catalogue.load("demo_sentiment")["test"] if row["lang"] == "es"]
PAIRS = list(zip(SPANISH, ENGLISH, strict=False))  # taken for translations of each other


def rows(texts, originals=None):
    made = [
        {"text": text} | ({} if originals is None else {"original": originals[at]}) for at, text in enumerate(texts)
    ]
    return catalogue.with_ids(made)


@pytest.fixture(scope="module")
def gate() -> Gate:
    spanish, english = zip(*PAIRS, strict=True)
    translated = {"train": rows(spanish[:20], english[:20]), "test": rows(spanish[20:], english[20:])}
    return Gate({"es": translated, "en": {"train": rows(english[20:]), "test": rows(english[:20])}})


def test_training_on_the_originals_exposes_the_translations_and_the_reverse(gate):
    spanish, english = zip(*PAIRS, strict=True)
    on_english = gate.search(rows(english[20:30]))
    assert on_english == {"es": dict.fromkeys(ids(spanish[20:30]), "translated"), "en": {}}
    near = gate.search(rows([f"{english[20]} In other news, nothing happened.", english[21].upper()]))
    assert near == {"es": dict.fromkeys(ids(spanish[20:22]), "translated"), "en": {}}
    on_spanish = gate.search(rows(spanish[:10], english[:10]))
    assert on_spanish == {"es": {}, "en": dict.fromkeys(ids(english[:10]), "translated")}


def ids(texts):
    return sorted(row["id"] for row in rows(texts))


def test_a_row_is_reported_under_its_closest_kind(gate):
    spanish, english = PAIRS[20]
    assert gate.search(rows([english, spanish]))["es"] == {ids([spanish])[0]: "exact"}
    assert gate.search(rows([spanish.lower()], [english]))["es"] == {ids([spanish])[0]: "normalised"}
    assert gate.search([]) == {"es": {}, "en": {}}


def test_two_translations_of_one_text_are_compared_by_themselves():
    both = Gate({"es": {"test": rows(["La empresa gana mucho dinero este año"], [ENGLISH[0]])}})
    other = "Un texto que no se parece a nada de lo demás, con otras palabras"
    assert both.search(rows([other], [ENGLISH[0]])) == {"es": {}}


def test_hashes_tell_equal_rows_and_signatures_changed_ones(gate, tmp_path):
    _, english = zip(*PAIRS, strict=True)
    changed = [copy for _, copy in planted("a link added", english[:5], english, seed=1)]
    changed += [copy for _, copy in planted("one word changed", english[5:11], english, seed=1)][:5]
    plain, near = hashes_of(tmp_path, [*changed, "!"]), hashes_of(tmp_path, changed, near=True, salt="a b")
    assert (near.salt, len(near.hashes), len(near.near), len(plain.near)) == ("a b", 10, 10, 0)
    assert gate.declared(plain) == {"es": {}, "en": dict.fromkeys(ids(english[:5]), "normalised")}
    found = gate.declared(near)["en"]
    assert {kind for row, kind in found.items() if row in ids(english[:5])} == {"normalised"}
    assert sum(kind == "near" for kind in found.values()) >= 3
    originals = hashes_of(tmp_path, [original for _, original in PAIRS[20:22]])
    assert gate.declared(originals)["es"] == dict.fromkeys(ids([text for text, _ in PAIRS[20:22]]), "translated")


def hashes_of(folder, texts, **options):
    lines = list(hashes.lines(texts, **options))
    assert not [text for text in texts if len(text) > 5 and text[:6] in "".join(lines[2:])]  # no text stands in it
    file = folder / "rows.txt"
    write_text(file, "\n".join(lines) + "\n")
    return hashes.read(file)


def test_a_salt_makes_other_hashes_and_order_says_nothing():
    texts = ENGLISH[:30]
    shuffled = random.Random(0).sample(texts, len(texts))
    assert list(hashes.lines(texts)) == list(hashes.lines(shuffled))
    assert not set(hashes.lines(texts, salt="x")) & set(hashes.lines(texts)) - {hashes.HEAD}
    with pytest.raises(BenchError, match="one line"):
        list(hashes.lines(texts, salt="a\nb"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ": not a file of row hashes"),
        ("abc\n", ": not a file of row hashes"),
        (f"{hashes.HEAD}\n\n# a remark\n{'A' * 64}\n", ":4: not a row hash"),
        (f"{hashes.HEAD}\n{'a' * 63}\n", ":2: not a row hash"),
        (f"{hashes.HEAD}\n{'a' * 64}\tAAA\n", ":2: not a row hash"),
        (f"{hashes.HEAD}\n{'a' * 64}\t{base64.b64encode(bytes(8)).decode()}\n", ":2: not a row hash"),
        (f"{hashes.HEAD}\n{'a' * 64} {'a' * 64}\n", ":2: not a row hash"),
    ],
)
def test_what_is_no_file_of_row_hashes(text, said, tmp_path):
    file = tmp_path / "rows.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BenchError) as caught:
        hashes.read(file)
    assert f"{caught.value.where}: {caught.value.message}".startswith(f"{file}{said}")


def test_published_training_sets_name_data_sets_and_sources():
    known = training_sets.published()
    assert {"finma", "fingpt-sentiment", "finbert-prosus"} <= set(known)
    for name, own in known.items():
        assert own.models or own.hub, name
        assert own.source, name
        for dataset, splits in own.trained_on.items():
            assert set(splits) <= set(catalogue.dataset(dataset).rows) & set(SPLITS), (name, dataset)
    every = [model for own in known.values() for model in own.hub]
    assert len(set(map(str.lower, every))) == len(every)


@pytest.mark.parametrize(
    ("model", "name"),
    [("FinMA-7B-full", "finma"), ("FinGPT v3.1", "fingpt-sentiment"), ("FinBERT", "finbert-prosus"), ("GPT-4", None)],
)
def test_of_published(model, name):
    assert training_sets.of_published(model) == name


def test_what_published_models_have_seen_is_on_file():
    assert training_sets.seen_of("finma", "fpb/flare-970/v1") == (970, 970)
    assert training_sets.seen_of("finma", "no/such/protocol") is None
    assert training_sets.seen_of("nobody", "fpb/flare-970/v1") is None


def test_of_base():
    assert training_sets.of_base("thefinai/FINMA-7b-nlp") == training_sets.published()["finma"]
    assert training_sets.of_base("HuggingFaceTB/SmolLM2-135M-Instruct") is None


def test_a_declaration_is_read(tmp_path):
    file = tmp_path / "rows.txt"
    write_text(file, "\n".join(hashes.lines(ENGLISH[:3])) + "\n")
    passport = catalogue.dataset("demo_ner")
    found = training_sets.read(["demo_sentiment", f"{passport.protocol}:test", str(file)])
    assert found.said == ("demo_sentiment:train+validation", "demo_ner:test", "3 row hashes")
    sentiment, ner = catalogue.load("demo_sentiment"), catalogue.load("demo_ner")
    assert list(found.rows) == [*sentiment["train"], *sentiment["validation"], *ner["test"]]
    assert [len(own.hashes) for own in found.hashes] == [3]
    assert training_sets.read([]) == training_sets.Declared(said=())


def test_a_data_set_that_is_not_here_is_unread(monkeypatch):
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    found = training_sets.read(["fpb_es_mt"])  # on no Hub
    assert (found.rows, found.said) == ((), ("fpb_es_mt:train+validation",))
    assert [reason.partition(":")[0] for reason in found.unread] == ["fpb_es_mt"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("demo_sentimant", "is neither a dataset"),
        ("no/such/file.txt", "is neither a dataset"),
        ("demo_ner:tset", "has no split 'tset'"),
    ],
)
def test_a_declaration_that_cannot_be_read(entry, said):
    with pytest.raises(BenchError, match=said):
        training_sets.read([entry])
