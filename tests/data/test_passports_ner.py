"""Passports of the entity protocols, of FinEntity, FOMC, the gold headlines, the Spanish sets and the demo corpus.

Every split is made again and every count in a passport, its sentences on noise included, is counted again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from phingpt_bench.core.paths import share
from phingpt_bench.data import catalogue, cuts
from phingpt_bench.data.bio import from_bio
from phingpt_bench.data.normalise import normalise
from phingpt_bench.data.readers import finentity, gold
from phingpt_bench.data.sources import Source, read_rows
from phingpt_bench.scoring.classification import f1_by_question

DEMO = ("demo_sentiment", "demo_ner")
REAL = (
    *("fin", "fin_tner", "fin_tner_nomisc", "fin_bloomberg", "fin_type", "finer_ord", "finer_ord_type"),
    *("finentity", "finentity_spans", "fomc_5768", "fomc_78516", "fomc_944601", "gold", "fpb_es_mt", "multifin_es"),
)
FOMC_SEEDS = (5768, 78516, 944601)


def splits_of(name: str, _made: dict[str, dict[str, list[dict]]] = {}) -> dict[str, list[dict]]:  # noqa: B006
    """The splits as their reader makes them, once a session: a list of rows is only read by the tests."""
    if name not in _made:
        _made[name] = catalogue.read(catalogue.dataset(name))
    return _made[name]


def raw(folder: str, file: str) -> list[dict]:
    return read_rows(Source(folder=folder, files={"x": file}), "x")


def surfaces(row: dict) -> list[tuple[str, str]]:
    return [(row["text"][e["start"] : e["end"]], e["type"]) for e in row["entities"]]


def label(row: dict) -> object:
    return row["label"] if "label" in row else tuple(tuple(e.values()) for e in row["entities"])


def key(row: dict) -> tuple:
    """What a model is asked: rows with the same key have the same prompt."""
    return row["text"], row.get("entity"), row.get("group")


def contradictions(rows: list[dict]) -> int:
    labels = defaultdict(set)
    for row in rows:
        labels[key(row)].add(label(row))
    return sum(len(found) > 1 for found in labels.values())


def seen_in_training(splits: dict[str, list[dict]]) -> list[dict]:
    known = {key(row) for split in ("train", "validation") for row in splits[split]}
    return [row for row in splits["test"] if key(row) in known]


def everything(splits: dict[str, list[dict]]) -> list[dict]:
    return [row for rows in splits.values() for row in rows]


def repeats(rows: list[dict]) -> int:
    return len(rows) - len({key(row) for row in rows})


def says(name: str, *figures: object) -> None:
    """One sentence of the passport's noise holds all figures, as whole words."""
    noise = catalogue.dataset(name).noise
    words = [set(re.findall(r"[\w.]*\w", sentence)) for sentence in noise]
    wanted = {str(figure) for figure in figures}
    assert any(wanted <= found for found in words), f"{name}: no sentence with {wanted} in {noise}"


def rebuilt(name: str) -> None:
    passport, splits = catalogue.dataset(name), splits_of(name)
    assert {split: len(rows) for split, rows in splits.items()} == passport.rows
    assert {split: catalogue.ids_digest(row["id"] for row in rows) for split, rows in splits.items()} == passport.ids
    assert {split: catalogue.content_digest(rows) for split, rows in splits.items()} == passport.digests
    for split, rows in splits.items():
        counts = Counter(
            found for row in rows for found in ([row["label"]] if "label" in row else [t for _, t in surfaces(row)])
        )
        assert {name: counts[name] for name in passport.labels} == passport.counts[split]
        assert set(counts) <= set(passport.labels)


def check_shape(name: str) -> None:
    wanted = {"id", "text", "entities"} if catalogue.dataset(name).kind == "spans" else {"id", "text", "label"}
    wanted |= {"entity"} if name in ("fin_type", "finer_ord_type", "finentity") else set()
    wanted |= {"question", "group"} if name == "gold" else set()
    wanted |= {"original"} if name == "fpb_es_mt" else set()
    wanted |= {"query"} if name in ("fin", "fpb_flare", "fiqa_flare") else set()  # FLARE's prompt
    wanted |= {"document"} if name in ("finer_ord", "finer_ord_type") else set()
    for row in everything(splits_of(name)):
        assert set(row) - {"lang"} == wanted  # the demo corpus says its language
        ends = [0]
        for entity in row.get("entities", ()):
            assert ends[-1] <= entity["start"] < entity["end"] <= len(row["text"])
            ends.append(entity["end"])


@pytest.mark.parametrize("name", REAL)
def test_the_splits_are_those_of_the_passport(name: str, data_mirror: Path) -> None:
    rebuilt(name)
    check_shape(name)


@pytest.mark.parametrize("name", DEMO)
def test_the_demo_splits_are_those_of_the_passport(name: str) -> None:
    rebuilt(name)
    check_shape(name)
    test = splits_of(name)["test"]
    if name == "demo_ner":
        says(name, sum(not row["entities"] for row in test), len(test))
    else:
        says(name, *set(Counter(row["label"] for row in test).values()))


@pytest.mark.parametrize("name", [*REAL, *DEMO])
def test_a_passport_begins_with_the_command_that_shows_it(name: str) -> None:
    lines = (share("tasks") / "passports" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# phingpt-bench tasks show phin_{name}"
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize(("name", "digests"), {
    "fin": ("c88ca67b432f85ff", "78240524eecb8ddc", "1ce3662c7eda5438"),
    "finer_ord": ("4512ca7286ffe7ce", "6911d662b5d8c920", "dd07bb0e053f0842"),
    "demo_sentiment": ("efa09f2e55becd94", "c84f7bbaf3d6c425", "fa88a4ddff77cc8a"),
    "demo_ner": ("a331abc424b8a6ed", "65b7efad1b0fd12f", "2d54628186847026"),
}.items())  # fmt: skip
def test_records_of_version_0_1_are_about_the_same_rows(name: str, digests: tuple[str, ...]) -> None:
    assert tuple(catalogue.dataset(name).digests.values()) == digests


# FIN


def fin_sec(file: str) -> list[dict]:
    """FIN5 ("train") or FIN3 ("test") as released, read here from the codes 1 .. 8 of B-PER .. I-MISC."""
    kinds = ("PER", "LOC", "ORG", "MISC")
    names = ["O", *(f"B-{kind}" for kind in kinds), *(f"I-{kind}" for kind in kinds)]
    return [from_bio(row["tokens"], [names[tag] for tag in row["tags"]]) for row in raw("fin_sec_ner", file)]


def role_words(rows: list[dict]) -> tuple[int, int]:
    persons = [surface for row in rows for surface, kind in surfaces(row) if kind == "PER"]
    return sum(surface.lower() in ("borrower", "lender") for surface in persons), len(persons)


def test_fin_tags_role_words_as_persons(data_mirror: Path) -> None:
    splits = splits_of("fin")
    assert role_words(splits["train"]) == (497, 529)
    figures = [figure for split in ("train", "validation", "test") for figure in role_words(splits[split])]
    says("fin", *figures)
    says("fin", 529, sum(len(row["entities"]) for row in splits["train"]))
    for name in ("fin_tner", "fin_tner_nomisc", "fin_bloomberg"):
        parts = splits_of(name)
        says(name, *role_words(parts["train"] + parts["validation"]), *role_words(parts["test"]))
    assert role_words(splits["test"]) == (196, 216)
    says("fin_type", 196, 311, 216)


def test_flares_sentences_are_those_of_fin5_and_fin3_with_an_entity(data_mirror: Path) -> None:
    def kept(file: str) -> list[tuple[str, list]]:
        rows = [(row["text"], [e for e in row["entities"] if e["type"] != "MISC"]) for row in fin_sec(file)]
        return [row for row in rows if row[1]]

    flare = {split: [(row["text"], row["entities"]) for row in rows] for split, rows in splits_of("fin").items()}
    fin5 = kept("train.parquet")
    assert len(fin5) == 511
    assert flare["train"] == fin5[:408]
    assert flare["validation"] == fin5[408:]
    assert flare["test"] == kept("test.parquet")
    twice = len(fin5) - len({text for text, _ in fin5})
    across = {text for text, _ in flare["train"]} & {text for text, _ in flare["validation"]}
    assert (twice, len(across)) == (2, 1)
    says("fin", 2, "train", "validation")
    assert contradictions(splits_of("fin_bloomberg")["train"] + splits_of("fin_bloomberg")["validation"]) == 0
    says("fin_bloomberg", 2)


def test_fin3_has_303_sentences_of_which_98_have_an_entity(data_mirror: Path) -> None:
    test = splits_of("fin_tner_nomisc")["test"]
    assert [row["text"] for row in splits_of("fin_tner")["test"]] == [row["text"] for row in test]
    assert len(test) == 303
    with_entity = [(row["text"], row["entities"]) for row in test if row["entities"]]
    assert len(with_entity) == 98
    for name in ("fin", "fin_bloomberg"):
        assert [(row["text"], row["entities"]) for row in splits_of(name)["test"]] == with_entity
        says(name, 98, "intervals")
    says("fin_tner_nomisc", 303 - 98, 303)


def test_fin_tner_keeps_misc_and_the_sentences_without_an_entity(data_mirror: Path) -> None:
    splits = splits_of("fin_tner")
    fin5 = splits["train"] + splits["validation"]
    assert sorted(row["text"] for row in fin5) == sorted(row["text"] for row in fin_sec("train.parquet"))
    misc = [sum(kind == "MISC" for row in rows for _, kind in surfaces(row)) for rows in splits.values()]
    assert misc == [7, 0, 7]
    says("fin_tner", "MISC", 7)
    says("fin_tner_nomisc", "MISC", sum(misc), 7)
    empty = [sum(not row["entities"] for row in rows) for rows in (splits["test"], fin5)]
    says("fin_tner", empty[0], 303, empty[1], 1164)
    for name in ("fin_tner", "fin_tner_nomisc"):
        seen = seen_in_training(splits_of(name))
        assert not any(row["entities"] for row in seen)
        says(name, len(seen), len({row["text"] for row in seen}), repeats(everything(splits)), 1467)
        says(name, contradictions(splits_of(name)["train"] + splits_of(name)["validation"]), "different", "entities")


def test_bloomberggpt_prints_per_and_loc_of_the_test_swapped(data_mirror: Path) -> None:
    passport = catalogue.dataset("fin_bloomberg")
    assert passport.counts["test"] == {"PER": 216, "ORG": 56, "LOC": 39}  # the paper: 39 PER, 216 LOC, 56 ORG
    assert passport.rows["train"] + passport.rows["validation"] == 511
    assert passport.shots == [20]
    says("fin_bloomberg", 39, 216, 56)
    says("fin_bloomberg", 504, 511, 511 - 504)


# FiNER-ORD


def test_finer_ord_keeps_the_token_none(data_mirror: Path) -> None:
    token = raw("finer_ord", "train.parquet")[77148]
    assert token["gold_token"] == "None"
    assert any(row["text"].split(" ").count("None") for row in splits_of("finer_ord")["train"])
    says("finer_ord", 77148, "None")


def test_a_null_in_finer_ord_is_the_word_none(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    tokens = [("Asked", 0), (None, 1), ("replied", 0)]
    table = pyarrow.table(
        {
            "gold_token": [token for token, _ in tokens],
            "gold_label": [tag for _, tag in tokens],
            "doc_idx": [0] * 3,
            "sent_idx": [0] * 3,
        }
    )
    for split in ("train", "validation", "test"):
        pyarrow.parquet.write_table(table, tmp_path / f"{split}.parquet")
    test = catalogue.read(catalogue.dataset("finer_ord"), str(tmp_path))["test"]
    assert [(row["text"], row["entities"]) for row in test] == [
        ("Asked None replied", [{"start": 6, "end": 10, "type": "PER"}])
    ]


def test_finer_ord_entities_are_fewer_than_the_cards_tokens_and_more_than_b_tags(data_mirror: Path) -> None:
    splits = splits_of("finer_ord")
    opened = []
    for split, rows in splits.items():
        tags = Counter(row["gold_label"] for row in raw("finer_ord", f"{split}.parquet"))
        entities = Counter(kind for row in rows for _, kind in surfaces(row))
        opened.append(entities.total() - tags[1] - tags[3] - tags[5])
        if split == "train":
            says("finer_ord", tags[5] + tags[6], entities["ORG"])
        if split == "test":
            says("finer_ord", entities.total(), entities["PER"], entities["ORG"], entities["LOC"])
    says("finer_ord", sum(opened), *opened)


def test_finer_ord_noise(data_mirror: Path) -> None:
    splits = splits_of("finer_ord")
    says("finer_ord", len(seen_in_training(splits)), repeats(everything(splits)), 4739)
    says("finer_ord", contradictions(everything(splits)))
    says("finer_ord", sum(not row["entities"] for row in splits["test"]), 1075)


# the type of a given span


@pytest.mark.parametrize(("name", "base"), [("fin_type", "fin"), ("finer_ord_type", "finer_ord")])
def test_a_given_span_has_one_row_for_each_entity(name: str, base: str, data_mirror: Path) -> None:
    for split, rows in splits_of(name).items():
        expected = [(row["text"], *found) for row in splits_of(base)[split] for found in surfaces(row)]
        assert [(row["text"], row["entity"], row["label"]) for row in rows] == expected
    splits, passport = splits_of(name), catalogue.dataset(name)
    assert "extraction" in passport.comparable
    assert passport.kind == "labels"
    says(name, repeats(splits["test"]), len(splits["test"]))
    if name == "fin_type":
        says(name, repeats(everything(splits)), len(everything(splits)))
        assert (seen_in_training(splits), contradictions(everything(splits))) == ([], 0)
    else:
        says(name, len(seen_in_training(splits)))
        says(name, contradictions(everything(splits)))
        assert contradictions(splits["train"]) == contradictions(everything(splits))


# FinEntity


def test_finentity_offsets_that_are_wrong_are_a_few_characters_early(data_mirror: Path) -> None:
    source = raw("finentity", "train.parquet")
    wrong = [
        (row["content"], annotation)
        for row in source
        for annotation in row["annotations"]
        if row["content"][annotation["start"] : annotation["end"]] != annotation["value"]
    ]
    moved = set()
    for text, annotation in wrong:
        found = finentity.place(text, annotation)
        assert found is not None
        assert text[found["start"] : found["end"]] == annotation["value"]
        moved.add(found["start"] - annotation["start"])
    total = sum(len(row["annotations"]) for row in source)
    assert (len(wrong), total) == (70, 2131)
    for name in ("finentity", "finentity_spans"):
        says(name, len(wrong), total, min(moved), max(moved))
    assert len(everything(splits_of("finentity"))) == total  # none is dropped
    says("finentity_spans", total - sum(len(row["entities"]) for row in everything(splits_of("finentity_spans"))))


def test_an_annotation_is_placed_where_its_value_is() -> None:
    text = "Sable up, Orrin down, Sable mixed"

    def put(value: str, start: int, end: int) -> tuple | None:
        found = finentity.place(text, {"value": value, "start": start, "end": end, "label": "Neutral", "tag": "x"})
        return found and tuple(found.values())

    assert put("Orrin", 10, 15) == (10, 15, "neutral")
    assert put("Orrin", 8, 13) == (10, 15, "neutral")
    assert put("Sable", 20, 25) == (22, 27, "neutral")  # the nearer of two
    assert put("Sable", 11, 16) == (0, 5, "neutral")  # equally near: the earlier
    assert put("Tamsin", 0, 6) is None
    assert put("", 3, 3) is None


def test_spans_that_overlap_are_resolved_by_rule() -> None:
    def spans(*triples: tuple[int, int, str]) -> list[dict]:
        return [{"start": start, "end": end, "type": kind} for start, end, kind in triples]

    inner_first = spans((4, 9, "neutral"), (0, 12, "positive"), (12, 15, "negative"))
    assert finentity.disjoint(inner_first) == spans((0, 12, "positive"), (12, 15, "negative"))
    assert finentity.disjoint(spans((0, 4, "neutral"), (0, 4, "positive"))) == spans((0, 4, "neutral"))
    assert finentity.disjoint([]) == []


def test_finentity_noise_and_cut(data_mirror: Path) -> None:
    splits, by_text = splits_of("finentity"), splits_of("finentity_spans")
    texts = [row["text"] for row in everything(by_text)]
    for name in ("finentity", "finentity_spans"):
        says(name, len(texts) - len(set(texts)), len(texts))
    assert contradictions(everything(by_text)) == 0  # a text that occurs twice has the same annotations
    says("finentity", repeats(everything(splits)), 2131)
    says("finentity", contradictions(everything(splits)), contradictions(splits["test"]))
    assert all(row["entities"] for row in everything(by_text))
    for split, rows in by_text.items():
        assert {row["text"] for row in rows} == {row["text"] for row in splits[split]}
    one_side(by_text)
    assert 0.18 < len(by_text["test"]) / len(texts) < 0.22


def one_side(splits: dict[str, list[dict]]) -> None:
    """No test text is a copy of another split's, whatever its case and punctuation."""
    rest = {normalise(row["text"]) for split in ("train", "validation") for row in splits[split]}
    assert not rest & {normalise(row["text"]) for row in splits["test"]}


def test_copies_of_a_text_stay_on_one_side() -> None:
    texts = [f"Gold ends {number} up" for number in range(300)]
    rest, test = cuts.cut_copies([{"text": text} for text in texts])
    shouted = cuts.cut_copies([{"text": text.upper() + " !"} for text in texts])
    assert [row["text"].upper() + " !" for row in test] == [row["text"] for row in shouted[1]]
    assert len(rest) + len(test) == 300
    assert 40 < len(test) < 80


# FOMC


@pytest.mark.parametrize("seed", FOMC_SEEDS)
def test_fomc_codes_are_not_in_the_order_of_the_labels(seed: int, data_mirror: Path) -> None:
    name = f"fomc_{seed}"
    codes = {0: "dovish", 1: "hawkish", 2: "neutral"}
    assert catalogue.dataset(name).labels == ("dovish", "neutral", "hawkish")
    source = raw("fomc_communication", f"{seed}/test.parquet")
    assert [(row["text"], row["label"]) for row in splits_of(name)["test"]] == [
        (row["sentence"], codes[row["label"]]) for row in source
    ]
    says(name, 0, "dovish", 1, "hawkish", 2, "neutral")


@pytest.mark.parametrize("seed", FOMC_SEEDS)
def test_fomc_texts_in_train_and_test(seed: int, data_mirror: Path) -> None:
    name = f"fomc_{seed}"
    splits = splits_of(name)
    labels = defaultdict(set)
    for row in splits["train"] + splits["validation"]:
        labels[row["text"]].add(row["label"])
    seen = seen_in_training(splits)
    other = sum(row["label"] not in labels[row["text"]] for row in seen)
    assert len({row["text"] for row in seen}) == 16
    says(name, len(seen), 16, other or "none")
    rows = everything(splits)
    says(name, len(rows), len(rows) - repeats(rows), contradictions(rows))


def test_flares_fomc_is_the_test_split_of_seed_5768(data_mirror: Path) -> None:
    flare = [(row["text"], row["answer"]) for row in raw("flare_fomc", "test.parquet")]
    assert [(row["text"], row["label"]) for row in splits_of("fomc_5768")["test"]] == flare
    says("fomc_5768", "flare_fomc", len(flare))
    for seed in (78516, 944601):
        assert [(row["text"], row["label"]) for row in splits_of(f"fomc_{seed}")["test"]] != flare


# gold headlines


def test_each_headline_is_asked_all_nine_questions(data_mirror: Path) -> None:
    source = raw("gold_headlines", "train.parquet")
    splits = splits_of("gold")
    assert len(everything(splits)) == 9 * len(source) == 9 * 11412
    for rows in splits.values():
        assert [row["group"] for row in rows] == list(range(9)) * (len(rows) // 9)
        assert {(row["group"], row["question"]) for row in rows} == set(enumerate(gold.QUESTIONS.values()))
    yes = Counter(row["group"] for row in everything(splits) if row["label"] == "yes")
    assert [yes[group] for group in range(9)] == [sum(row[column] for row in source) for column in gold.QUESTIONS]
    one_side(splits)
    assert 0.18 < len(splits["test"]) / len(everything(splits)) < 0.22


def test_gold_noise(data_mirror: Path) -> None:
    source = raw("gold_headlines", "train.parquet")
    times = Counter(row["News"] for row in source)
    repeated = [count for count in times.values() if count > 1]
    says("gold", len(source) - len(times), 11412, len(repeated), sum(repeated))
    splits = splits_of("gold")
    labels = defaultdict(set)
    for row in everything(splits):
        labels[row["text"], row["group"]].add(row["label"])
    both = [pair for pair, found in labels.items() if len(found) > 1]
    says("gold", len({text for text, _ in both}), len(both), contradictions(splits["test"]))
    directions = ("DirectionUp", "DirectionConstant", "DirectionDown")
    off = [row for row in source if not row["PriceOrNot"]]
    says(
        "gold",
        sum(any(row[column] for column in (*directions, "PastPrice", "FuturePrice")) for row in off),
        sum(sum(row[column] for column in directions) > 1 for row in source),
    )


def test_always_no_scores_what_finben_prints_for_many_models(data_mirror: Path) -> None:
    confusion = np.zeros((9, 2, 3))
    for row in splits_of("gold")["test"]:
        confusion[row["group"], int(row["label"] == "yes"), 0] += 1
    always_no = float(f1_by_question(confusion))
    assert round(always_no, 3) == 0.596
    assert "0.596" in catalogue.dataset("gold").comparable
    share_yes = confusion[:, 1, 0] / confusion.sum((1, 2))
    by_question = (1 - share_yes) * 2 * (1 - share_yes) / (2 - share_yes)
    rare = [list(gold.QUESTIONS).index(column) for column in ("FutureNews", "FuturePrice", "DirectionConstant")]
    totals = [sum(row[column] for row in raw("gold_headlines", "train.parquet")) for column in
              ("FutureNews", "FuturePrice", "DirectionConstant")]  # fmt: skip
    says("gold", *totals, *(f"{by_question[group]:.2f}" for group in rare))


# Spanish


def test_no_translated_test_row_is_in_the_english_training_rows(data_mirror: Path) -> None:
    english = {split: {row["text"] for row in rows} for split, rows in catalogue.load("fpb").items()}
    side = defaultdict(set)
    for row in raw("es_financial_phrasebank_mt", "train.parquet"):
        side[row["sentence_es_googletranslate"]].add(row["sentence_en"])
    splits = splits_of("fpb_es_mt")
    for split, rows in splits.items():
        for row in rows:
            # a Spanish sentence may stand for several English ones, of which one must be of this split
            assert any(
                sentence in english[split] or any(whole[1:] == sentence for whole in english[split])
                for sentence in side[row["text"]]
            )
    source = raw("es_financial_phrasebank_mt", "train.parquet")
    both = [row for row in source if row["sentence_en"] in english["test"] & english["train"]]
    says("fpb_es_mt", len(both), len({row["sentence_en"] for row in both}), len(splits["test"]), 1212)
    only = [row["sentence_es_googletranslate"] for row in source
            if row["sentence_en"] in english["test"] - english["train"]]  # fmt: skip
    assert [row["text"] for row in splits["test"]] == only
    held_out = [row["sentence_es_googletranslate"] for row in source if row["sentence_en"] in english["validation"]]
    assert [row["text"] for row in splits["validation"]] == held_out
    assert len(everything(splits)) == len(source)


def test_fpb_es_noise(data_mirror: Path) -> None:
    english = {row["text"]: row["label"] for rows in catalogue.load("fpb").values() for row in rows}
    source = raw("es_financial_phrasebank_mt", "train.parquet")
    lost = [row["sentence_en"] for row in source if row["sentence_en"] not in english]
    assert len(lost) == 1
    assert [sentence[1:] for sentence in english if sentence[1:] == lost[0]] == lost
    says("fpb_es_mt", 1, "first", "character")
    says("fpb_es_mt", len(source), 4846 - len(source), 4846)
    splits = splits_of("fpb_es_mt")
    damaged = {split: sum(row["text"] == "#NAME?" for row in rows) for split, rows in splits.items()}
    assert damaged == {"train": 2, "validation": 0, "test": 2}
    says("fpb_es_mt", sum(damaged.values()), 2, "train", "test")
    rows = everything(splits)
    says("fpb_es_mt", repeats(rows), len(seen_in_training(splits)), contradictions(rows))
    assert "machine" in catalogue.dataset("fpb_es_mt").title


def test_multifin_es(data_mirror: Path) -> None:
    splits = splits_of("multifin_es")
    rows = everything(splits)
    assert sum(row["lang"] == "Spanish" for split in splits for row in raw("es_multifin", f"{split}.parquet")) == 1148
    says("multifin_es", len(seen_in_training(splits)), repeats(rows), len(rows))
    assert contradictions(rows) == 0
    says("multifin_es", sum(row["text"] != row["text"].strip() for row in rows))
