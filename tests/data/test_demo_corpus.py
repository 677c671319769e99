"""The demonstration corpus: counts, balance, disjoint splits, offsets, and the loader's errors."""

from __future__ import annotations

import difflib
import itertools
import re
import shutil
from collections import Counter, defaultdict

import pytest
from helpers.paths import ROOT

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import demo
from phingpt_bench.data.demo import CORPUS, LANGUAGES, SPLITS, load_demo, parse_markup, read_corpus

# Words that companies of different splits may share: legal forms and trades.
COMMON_TEXT = """
    agencia air authority banca banco bank brands caja capital co comisión commission corp corporación dairy
    data de del energy exchange for foods group grupo hermanos holdings homes hoteles hotels inc industries
    international la las logistics markets mining office partners plc sons sur systems textiles the tools
    trading trust y
"""
COMMON = set(COMMON_TEXT.split())


def rows(kind: str) -> list[dict]:
    return [{**row, "split": split} for split, part in load_demo(kind).items() for row in part]


def raw(kind: str) -> list[list[str]]:
    """[id, split, ..., sentence as written] of every line: frames with slots, sentences with markup."""
    lines = itertools.chain.from_iterable(
        (CORPUS / f"{kind}-{lang}.tsv").read_text("utf-8").splitlines() for lang in LANGUAGES
    )
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def frame(sentence: str) -> list[str]:
    """What is left of a sentence when names and numbers are gone: its words, in order."""
    sentence = re.sub(r"\[[^|\]]*\|(\w+)\]|\{[cd]\}", " NAME ", sentence)
    return re.findall(r"\w+", re.sub(r"\d[\d.,]*", " N ", sentence).casefold())


def names(kind: str) -> dict[str, set[str]]:
    """Split -> names of companies and persons."""
    found: dict[str, set[str]] = defaultdict(set)
    if kind == "sentiment":
        for (split, _), values in demo.read_companies(CORPUS / "companies.tsv").items():
            found[split].update(values)
    else:
        for row in rows("ner"):
            for e in row["entities"]:
                if e["type"] != "LOC":
                    found[row["split"]].add(row["text"][e["start"] : e["end"]])
    return found


def marks(names_: set[str]) -> set[str]:
    """The words by which names are told apart."""
    return {word for name in names_ for word in re.findall(r"\w+", name.casefold())} - COMMON


def test_counts_and_shares():
    sentiment, ner = rows("sentiment"), rows("ner")
    assert (len(sentiment), len(ner)) == (660, 300)
    assert len({tuple(frame(line[-1])) for line in raw("sentiment")}) >= 600  # hand-written, not multiplied
    for kind, found in (("sentiment", sentiment), ("ner", ner)):
        share = Counter(row["split"] for row in found)
        assert [round(share[split] / len(found), 2) for split in SPLITS] == [0.7, 0.1, 0.2], kind
        for split in SPLITS:
            english = [row["lang"] == "en" for row in found if row["split"] == split]
            assert 0.55 <= sum(english) / len(english) <= 0.65, (kind, split)


def test_labels_are_balanced_in_each_split_and_language():
    count = Counter((row["split"], row["lang"], row["label"]) for row in rows("sentiment"))
    for split, lang in itertools.product(SPLITS, LANGUAGES):
        assert len({count[split, lang, label] for label in ("negative", "neutral", "positive")}) == 1


def test_each_ner_split_has_all_types_repeats_and_sentences_without_entity():
    for split, part in load_demo("ner").items():
        assert 0.15 <= sum(not row["entities"] for row in part) / len(part) <= 0.40, split
        assert {e["type"] for row in part for e in row["entities"]} == {"PER", "ORG", "LOC"}
        surfaces = [[row["text"][e["start"] : e["end"]] for e in row["entities"]] for row in part]
        assert any(len(s) > len(set(s)) for s in surfaces), f"no repeated mention in {split}"
        assert any(len(set(s)) >= 3 for s in surfaces)
        entity_words = {s.casefold() for sentence in surfaces for s in sentence}
        plain = {w for row in part if not row["entities"] for w in re.findall(r"\w+", row["text"].casefold())}
        assert entity_words & plain, f"no word of {split} is both a name and an ordinary word"


@pytest.mark.parametrize("kind", ["sentiment", "ner"])
def test_ids_and_texts_are_unique_and_loading_is_deterministic(kind):
    found = rows(kind)
    for key in ("id", "text"):
        assert len({row[key] for row in found}) == len(found)
    assert found == rows(kind)
    assert all(re.fullmatch(r"(sent|ner)-(en|es)-\d{4}", row["id"]) for row in found)


def test_rows_have_exactly_the_promised_keys():
    assert {tuple(row) for part in load_demo("sentiment").values() for row in part} == {("id", "lang", "text", "label")}
    assert {tuple(row) for part in load_demo("ner").values() for row in part} == {("id", "lang", "text", "entities")}


def test_offsets():
    for row in rows("ner"):
        at = 0
        for e in row["entities"]:
            surface = row["text"][e["start"] : e["end"]]
            assert at <= e["start"] < e["end"] <= len(row["text"]), row["id"]
            assert surface[0].isupper(), row["id"]
            assert surface == surface.strip(), row["id"]
            at = e["end"]


def test_each_distinct_entity_describes_all_of_its_occurrences():
    """Listing (type, surface) once, longest first, between word boundaries, finds the annotated spans and no others."""
    for row in rows("ner"):
        pairs = {(row["text"][e["start"] : e["end"]], e["type"]) for e in row["entities"]}
        assert len({surface for surface, _ in pairs}) == len(pairs), f"{row['id']}: one surface with two types"
        found, taken = [], [False] * len(row["text"])
        for surface, kind in sorted(pairs, key=lambda p: -len(p[0])):
            # without regard to case: no sentence holds a word both as a name and as an ordinary word
            for m in re.finditer(rf"(?<!\w){re.escape(surface)}(?!\w)", row["text"], re.IGNORECASE):
                if not any(taken[m.start() : m.end()]):
                    taken[m.start() : m.end()] = [True] * len(m[0])
                    found.append({"start": m.start(), "end": m.end(), "type": kind})
        assert sorted(found, key=lambda e: e["start"]) == row["entities"], row["id"]


def test_a_person_or_company_annotated_anywhere_is_annotated_everywhere():
    """Names of several words cannot be ordinary words: an occurrence without markup is an omission."""
    listed = {name for part in names("ner").values() for name in part if " " in name}
    for row in rows("ner"):
        spans = [(e["start"], e["end"]) for e in row["entities"]]
        for name in listed:
            for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", row["text"]):
                assert any(a <= m.start() and m.end() <= b for a, b in spans), (row["id"], name)


@pytest.mark.parametrize("kind", ["sentiment", "ner"])
def test_splits_share_no_names(kind):
    for one, other in itertools.combinations(SPLITS, 2):
        # compared with both kinds of the other split: the two halves of the corpus do not undo each other
        theirs = marks(names("sentiment")[other] | names("ner")[other])
        assert not marks(names(kind)[one]) & theirs, (one, other)


def test_sentiment_texts_hold_no_company_of_another_split():
    companies = names("sentiment")
    used = set()
    for row in rows("sentiment"):
        for split in SPLITS:
            hits = {name for name in companies[split] if name in row["text"]}
            assert split == row["split"] or not hits, (row["id"], hits)
            used |= hits
    assert used == set().union(*companies.values()), "a company of companies.tsv is never used"


@pytest.mark.parametrize("kind", ["sentiment", "ner"])
def test_splits_share_no_frames(kind):
    """No sentence of one split is a near copy of one of another once names and numbers are masked."""
    by_lang = defaultdict(list)
    for line in raw(kind):
        by_lang[line[0].split("-")[1]].append((line[0], line[1], frame(line[-1])))
    for lines in by_lang.values():
        for (id_a, split_a, a), (id_b, split_b, b) in itertools.combinations(lines, 2):
            if split_a == split_b or set(a).isdisjoint(b):
                continue
            matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
            if matcher.real_quick_ratio() >= 0.7 and matcher.quick_ratio() >= 0.7:
                assert matcher.ratio() < 0.7, (id_a, id_b)


def test_a_sentence_and_its_translation_stay_together():
    """The same number in both languages is the same news: one split, one label."""
    by_number = defaultdict(list)
    for row in rows("sentiment"):
        by_number[row["id"][-4:]].append((row["split"], row["label"]))
    assert sum(len(v) == 2 for v in by_number.values()) >= 100
    assert all(len(set(v)) == 1 for v in by_number.values())


@pytest.mark.slow
def test_bag_of_words_neither_fails_nor_solves_it(capsys):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    parts = load_demo("sentiment")
    model = make_pipeline(
        make_union(TfidfVectorizer(ngram_range=(1, 2)), TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5))),
        LogisticRegression(class_weight="balanced", max_iter=1000),
    )
    model.fit([r["text"] for r in parts["train"]], [r["label"] for r in parts["train"]])
    scores = {s: model.score([r["text"] for r in parts[s]], [r["label"] for r in parts[s]]) for s in SPLITS[1:]}
    with capsys.disabled():
        print(f"\nTF-IDF + logistic regression on the demonstration corpus: {scores}")
    assert 0.45 <= scores["test"] <= 0.95


def test_every_file_and_the_page_say_that_it_is_synthetic():
    page = ROOT / "docs" / "demo-corpus.md"
    for path in [*CORPUS.glob("*.tsv"), page]:
        head = path.read_text("utf-8")[:700].casefold()
        for words in ("synthetic", "written for phingpt-bench", "not a benchmark", "never mix with real results"):
            assert words in head, (path.name, words)
    assert len(list(CORPUS.glob("*.tsv"))) == 5


@pytest.mark.parametrize(
    "sentence",
    [
        "[Leeds|CITY] fell",
        "[Leeds|LOC fell",
        "Leeds|LOC] fell",
        "[Leeds] fell",
        "[|LOC] fell",
        "[ Leeds|LOC] fell",
        "a|b",
    ],
)
def test_bad_markup_names_file_and_line(sentence, tmp_path):
    shutil.copytree(CORPUS, tmp_path / "corpus")
    file = tmp_path / "corpus" / "ner-en.tsv"
    lines = file.read_text("utf-8").splitlines()
    lines[9] = f"ner-en-9999\ttrain\t{sentence}"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(BenchError) as caught:
        read_corpus("ner", tmp_path / "corpus")
    assert caught.value.where == f"{file}:10"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sent-en-9999\ttrain\tpositve\t{c} rose.", "unknown label 'positve'"),
        ("sent-en-9999\ttrian\tpositive\t{c} rose.", "unknown split 'trian'"),
        ("sent-es-9999\ttrain\tpositive\t{c} rose.", "malformed id"),
        ("sent-en-9999\ttrain\tpositive\t{x} rose.", "unknown slot '{x}'"),
        ("sent-en-9999\ttrain\tpositive\t{c rose.", "an unmatched brace"),
        ("sent-en-9999\ttrain\tpositive {c} rose.", "3 columns"),
        ("sent-en-9999\ttrain\tpositive\t", "4 columns, of which 3 filled"),
        ("sent-en-9999\ttrain\tpositive\t{c} rose. ", "blanks"),
    ],
)
def test_bad_lines_name_file_and_line(line, message, tmp_path):
    shutil.copytree(CORPUS, tmp_path / "corpus")
    file = tmp_path / "corpus" / "sentiment-en.tsv"
    count = len(file.read_text("utf-8").splitlines())
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    with pytest.raises(BenchError) as caught:
        read_corpus("sentiment", tmp_path / "corpus")
    assert message in str(caught.value)
    assert caught.value.where == f"{file}:{count + 1}"


@pytest.mark.parametrize("kind", ["sentiment", "ner"])
def test_a_repeated_id_or_sentence_is_refused(kind, tmp_path):
    shutil.copytree(CORPUS, tmp_path / "corpus")
    file = tmp_path / "corpus" / f"{kind}-es.tsv"
    last = file.read_text("utf-8").splitlines()[-1]
    with file.open("a", encoding="utf-8") as out:
        out.write(last + "\n")
    with pytest.raises(BenchError, match="id occurs already"):
        read_corpus(kind, tmp_path / "corpus")
    plain = "\t".join([f"{last.split('-')[0]}-es-9998", *last.split("\t")[1:]])
    if kind == "ner":  # a sentiment frame may return with another company
        file.write_text(file.read_text("utf-8").removesuffix(last + "\n") + plain + "\n", "utf-8")
        with pytest.raises(BenchError, match="sentence occurs already"):
            read_corpus(kind, tmp_path / "corpus")


def test_a_company_in_two_splits_is_refused(tmp_path):
    shutil.copytree(CORPUS, tmp_path / "corpus")
    with (tmp_path / "corpus" / "companies.tsv").open("a", encoding="utf-8") as out:
        out.write("test\ten\tBrimworth Holdings\n")
    with pytest.raises(BenchError, match="Brimworth Holdings' occurs already"):
        read_corpus("sentiment", tmp_path / "corpus")


def test_unknown_kind_and_missing_file(tmp_path):
    with pytest.raises(BenchError, match="did you mean 'sentiment'"):
        load_demo("sentimen")
    with pytest.raises(BenchError, match="not readable"):
        read_corpus("ner", tmp_path)


def test_markup_becomes_offsets():
    text, entities = parse_markup("[Anna Leeworth|PER] left [Leeds|LOC].", "x:1")
    assert text == "Anna Leeworth left Leeds."
    assert entities == [{"start": 0, "end": 13, "type": "PER"}, {"start": 19, "end": 24, "type": "LOC"}]
    assert parse_markup("Nothing here.", "x:1") == ("Nothing here.", [])
