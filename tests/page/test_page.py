"""The page's data, scripts and file, without a browser: golden structure, nothing that escapes, what goes wrong.

UPDATE_GOLDEN=1 pytest tests/page/test_page.py     writes the golden file again: read the difference
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import re
import zlib
from html.parser import HTMLParser

import pytest
from helpers import page_factory, paths
from helpers.board_factory import PRICE, labels, make_run, spans, write_run
from helpers.comparison_factory import pairs
from helpers.page_factory import HOSTILE, hostile_runs, many_rows, runs

from phingpt_bench.board import load
from phingpt_bench.board.published.rows import Source
from phingpt_bench.board.sections import build
from phingpt_bench.cli import main as command
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.ledgers import Ledger, TokenPrice
from phingpt_bench.core.protocol import AskedPrompt
from phingpt_bench.data import network
from phingpt_bench.page import answers, changes
from phingpt_bench.page.answers import packed
from phingpt_bench.page.data import page_data, section_keys
from phingpt_bench.page.document import STATIC, STYLES, embedded
from phingpt_bench.page.page import html
from phingpt_bench.page.published import links
from phingpt_bench.page.script import linked
from phingpt_bench.page.texts import texts_of
from phingpt_bench.results import source
from phingpt_bench.results.calibrated import with_calibrated
from phingpt_bench.results.collect import read_run
from phingpt_bench.results.comparison.build import compare
from phingpt_bench.results.source import Held
from phingpt_bench.text.language import speaking

GOLDEN = paths.GOLDEN / "page.json"
TOKENS = TokenPrice(
    card="2000-01-01", entry="made-up-tokens", usd_per_million_in=2.0, usd_per_million_out=8.0,
    assumption="made-up price",
)  # fmt: skip
DEMO = ("demo-sentiment/v1", "test")


class Elements(HTMLParser):
    """The elements of a page with their attributes and text, as a browser would find them."""

    def __init__(self, page: str):
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.open = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), ""))
        self.open = True

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open:
            tag, attributes, text = self.found[-1]
            self.found[-1] = tag, attributes, text + data

    def of(self, tag: str, **attributes: str) -> list[tuple[dict[str, str | None], str]]:
        return [(a, text) for name, a, text in self.found if name == tag and attributes.items() <= a.items()]


@pytest.fixture(scope="module")
def board():
    return page_factory.board()


@pytest.fixture(scope="module")
def page(board):
    return html(board, runs())


def unpacked(text: str):
    return json.loads(zlib.decompress(base64.b64decode(text)))


def data_of(page: str):
    return json.loads(Elements(page).of("script", id="data")[0][1])


def test_the_data_are_the_golden_ones(board):
    rows = packed(board, Held(runs()))
    data = page_data(board, answers=rows.sections)
    for changing in ("languages", "legend", "metrics", "version"):  # theirs are other tests
        del data[changing]
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    text = re.sub(r"\n {5,}", " ", text)  # a row is a line
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_rows_under_another_prompt_say_so():
    plain = make_run(outcomes=labels(0.6, seed=1))
    prompt = AskedPrompt(name="mine", digest="f" * 16)
    protocol = dataclasses.replace(plain.record.protocol, prompt=prompt, thinking="off", prompt_digest="other")
    other = dataclasses.replace(plain, record=dataclasses.replace(plain.record, protocol=protocol, run_id="other"))
    models = page_data(build([plain, other]))["models"]
    assert {model["words"] for model in models} == {None, "thinking off, prompt mine"}
    assert len(models) == 2


def test_a_row_says_what_the_board_says(board):
    data = page_data(board)
    for section, drawn in zip((*board.sections, *board.limited), data["sections"], strict=True):
        for row, values in zip(section.rows, drawn["rows"], strict=True):
            shown = dict(zip(data["columns"], values, strict=True))
            assert shown["score"] == pytest.approx(row.score, rel=1e-6)
            assert (shown["rank"], shown["tied"], shown["frontier"]) == (row.rank, row.tied, row.frontier)
            assert data["models"][shown["model"]]["name"] == row.name
            scores = dict(zip(drawn["metrics"], shown["scores"], strict=True))
            assert {name: value for name, value in scores.items() if name in row.scores} == pytest.approx(
                row.scores, rel=1e-6
            )
            assert all(value is None for name, value in scores.items() if name not in row.scores)


def test_unknown_is_null_and_never_zero(board):
    data = page_data(board)
    place = data["columns"].index("training")
    trained = [row[place] for section in data["sections"] for row in section["rows"] if row[place] is not None]
    assert any("usd" not in ledger for ledger in trained)  # a ledger without USD
    assert all(ledger.get("usd") != 0 for ledger in trained)


def test_a_price_of_tokens_goes_through_the_page():
    cached = dataclasses.replace(TOKENS, entry="made-up-cached", usd_per_million_cached=0.25, assumption=None)
    asked = Ledger(seconds={"evaluate": 5.0}, usd=0.02, token_price=TOKENS, tokens_in=9000, tokens_out=300)
    runs = [
        make_run("Model H", "base", labels(0.9), evaluation=asked),
        make_run("Model H", "base", labels(0.9), limit=9, evaluation=dataclasses.replace(asked, token_price=cached)),
        make_run("Model I", "base", labels(0.8), base="i", evaluation=dataclasses.replace(asked, usd=None)),
        make_run("Model J", "base", labels(0.7), base="j", evaluation=Ledger(seconds={"evaluate": 5.0})),
        make_run("Model K", "base", labels(0.6), base="k", evaluation=Ledger(seconds={}, usd=0.01, price=PRICE)),
    ]
    data = data_of(html(build(runs), runs))
    place = data["columns"].index("evaluation")
    costs = [row[place] for section in data["sections"] for row in section["rows"]]
    spent = [
        (ledger.get("usd"), data["prices"]["en"][ledger["price"]] if "price" in ledger else None) for ledger in costs
    ]
    words = "a million tokens: $2 read, $8 written, made-up-tokens, price card of 2000-01-01, made-up price"
    hour = "$0.25 an hour, 2 x made-up-core, price card of 2000-01-01, made-up price"
    held = "a million tokens: $2 read, $0.25 read from a cache, $8 written, made-up-cached, price card of 2000-01-01"
    assert spent == [(0.02, words), (None, words), (None, None), (0.01, hour), (0.02, held)]
    assert not any("token_price" in ledger for ledger in costs)
    assert {text for mark, text in data["legend"]["en"] if mark == "USD"} == {words, hour, held}


def test_answers_are_those_of_the_records(board):
    made = packed(board, Held(runs()))
    by_id = {run.record.run_id: run for run in runs()}
    for section, key in zip(
        (*board.sections, *board.limited), section_keys((*board.sections, *board.limited)), strict=True
    ):
        found = made.sections[key]
        rows = unpacked(made.blobs[found["rows"]])
        assert len(found["runs"]) == len(section.rows) and found["left_out"] == 0
        for place, blob in found["runs"].items():
            outcomes, answers = by_id[section.rows[place].run_id].outcomes, unpacked(made.blobs[blob])
            assert rows["ids"] == outcomes.ids and "texts" not in rows
            if outcomes.kind == "labels":
                assert (rows["gold"], answers["pred"]) == (outcomes.gold, outcomes.pred)
            else:
                assert answers["counts"] == outcomes.counts
            if outcomes.probs:
                assert answers["probs"][0] == [round(10_000 * p) for p in outcomes.probs[0]]


@pytest.mark.slow
def test_intervals_and_the_parts_of_form_are_those_of_the_comparison():
    made = pairs()
    data = data_of(html(build(made), made))
    by_id = {run.record.run_id: run for run in made}
    tuned = [run for run in made if run.record.model.kind == "tuned"]
    columns = data["columns"]
    assert sum(len(section["changes"]) for section in data["sections"]) == len(tuned) == 4
    for section in data["sections"]:
        for place, shown in section["changes"].items():
            row = dict(zip(columns, section["rows"][int(place)], strict=True))
            base = dict(zip(columns, section["rows"][row["base"]], strict=True))
            expected = compare(by_id[base["run"]], by_id[row["run"]], runs=made)
            test = expected.test
            assert [row["difference"], row["difference_low"], row["difference_high"], row["p"]] == pytest.approx(
                [test.value, test.low, test.high, test.p], rel=1e-6
            )
            details = expected.labels or expected.spans
            ends = None if details is None else [[one.f1.low, one.f1.high] for one in details.classes]
            assert ends == shown["f1"] or [pytest.approx(pair, rel=1e-6) for pair in ends] == shown["f1"]
            form, found = expected.form, shown["form"]
            assert (found["n"], found["fixed"], found["broken"], found["unreadable"]) == (
                form.n_readable, form.fixed_unread, form.broken_unread, [expected.a.invalid, expected.b.invalid],
            )  # fmt: skip
            assert found["readable"] == pytest.approx(numbers_of(form.readable), rel=1e-6)
            if form.bounds_difference is not None:
                bounds = [form.bounds_a, form.bounds_b, form.bounds_difference]
                assert found["bounds"] == [pytest.approx(ends, rel=1e-6) for ends in bounds]
            assert (found["split"] is None) == (form.split is None) == section["task"].endswith(("_ner", "_score"))
            if form.split is not None:
                parts = [form.split.gain, form.split.knowledge, form.split.form]
                assert found["split"]["parts"] == [pytest.approx(numbers_of(part), rel=1e-6) for part in parts]
                assert (found["split"]["written"], found["split"]["chosen"]) == ("phin_made_up_gen", "phin_made_up")


def numbers_of(change):
    return [change.a, change.b, change.difference, change.low, change.high]


def test_intervals_are_of_the_best_of_each_task_first_and_of_so_many_pairs_at_most(monkeypatch):
    base, tuned = pairs()[:2]
    many = {key: dict.fromkeys(range(3), (base, tuned)) for key in "abc"}
    monkeypatch.setattr(changes, "PAIRS", 5)
    assert {key: list(found) for key, found in changes.changed(changes.first_pairs(many), []).items()} == {
        "a": [0, 1],
        "b": [0, 1],
        "c": [0],
    }


def test_pairs_whose_answers_are_left_out_have_no_intervals():
    data = data_of(html(build(pairs()), pairs(), budget=0))
    assert [section["changes"] for section in data["sections"]] == [{}] * len(data["sections"])


def test_answers_are_put_in_the_order_of_the_first_run():
    base = make_run("Model A", "base", labels(0.5, 30, seed=1))
    turned = {name: getattr(base.outcomes, name)[::-1] for name in ("ids", "gold", "pred", "invalid")}
    tuned = make_run("Model A", "tuned", dataclasses.replace(labels(0.9, 30, seed=2), **turned), adapter="a")
    board = build([base, tuned])
    made = packed(board, Held([base, tuned]))
    first, second = (unpacked(made.blobs[name]) for name in made.sections["phin_made_up"]["runs"].values())
    assert first == second


def test_what_the_budget_does_not_allow_is_counted_and_pairs_come_first():
    board = build(many_rows(2000))
    less = packed(board, Held(many_rows(2000)), budget=45_000)
    section = less.sections["phin_many"]
    assert section["left_out"] + len(section["runs"]) == 2 and section["left_out"] > 0
    assert 0 in section["runs"] or section["left_out"] == 2  # the tuned run before its base


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """The page's runs in files of which the board is made section by section, as it is of thousands."""
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(load, "LARGE", 1)
    for i, run in enumerate(runs()):
        write_run(tmp_path / "results" / f"{i:02d}", run)
    return tmp_path / "results"


@pytest.mark.slow
def test_the_page_of_a_large_folder_is_that_of_its_runs(stored):
    options = load.Options(published=False)
    assert html(*load.board_and_source(stored, options)) == html(*load.load_board(stored, options))


@pytest.mark.slow
def test_of_a_large_folder_only_the_runs_are_read_whose_answers_the_page_holds(stored, monkeypatch):
    board, kept = load.board_and_source(stored)
    read = []
    monkeypatch.setattr(source, "read_run", lambda path, known: read.append(path) or read_run(path, known))
    monkeypatch.setattr(answers, "CHUNK", 2)
    assert not packed(board, kept, budget=0).pairs["phin_made_up_ner"]
    assert len(read) <= 4 * len([*board.sections, *board.limited])  # the first, and a chunk; a joined run has two seeds


def test_runs_on_other_rows_are_left_out():
    here, there = labels(0.5, 30, seed=1), labels(0.5, 30, seed=2, ids=[f"other-{i}" for i in range(30)])
    made = [make_run("Model A", "base", here), make_run("Model B", "base", there, base="made-up/b")]
    assert packed(build(made), Held(made)).sections["phin_made_up"]["left_out"] == 1


def test_answers_to_other_gold_are_left_out():
    """The page would show what became of each row by the gold of the first run."""
    rows = labels(0.9, 60)
    other = dataclasses.replace(rows, gold=[(g + 1) % 3 for g in rows.gold])
    made = [make_run(outcomes=rows), make_run("Model B", base="b", outcomes=other)]
    assert packed(build(made), Held(made)).sections["phin_made_up"]["left_out"] == 1


def test_the_file_is_one_file_and_asks_nothing_of_a_network(page):
    elements = Elements(page)
    assert {attributes.get("href") for attributes, _ in elements.of("link")} == {"data:,"}
    assert not [a for tag, a, _ in elements.found if "src" in a or tag in ("img", "iframe", "object", "embed")]
    assert not re.search(r"@import|url\(", "".join((STATIC / "css" / name).read_text() for name in STYLES))


def test_the_policy_names_the_script_and_the_style_that_are_there(page):
    elements = Elements(page)
    policy = elements.of("meta", **{"http-equiv": "Content-Security-Policy"})[0][0]["content"]
    scripts = [text for attributes, text in elements.of("script") if "type" not in attributes]
    assert len(scripts) == 1
    for text in (scripts[0], elements.of("style")[0][1]):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy


@pytest.mark.slow
def test_hostile_names_stay_in_the_data():
    board = build(hostile_runs())
    page = html(board, hostile_runs())
    tame = html(build(many_rows(20)), many_rows(20))
    tags = [tag for tag, _, _ in Elements(page).found if tag != "script"]
    assert tags == [tag for tag, _, _ in Elements(tame).found if tag != "script"]
    assert len(Elements(page).of("script", id="data")) == 1
    names = {model["name"] for model in data_of(page)["models"]}
    assert set(HOSTILE[:5]) <= names
    assert "\u202e" not in "".join(names)  # a direction override reaches no reader


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "\u2028", "\u2029", "&lt;", "]]>"])
def test_embedded_json_ends_no_element_and_stays_the_same(text):
    made = embedded({"name": text})
    assert not set("<>&\u2028\u2029") & set(made)
    assert json.loads(made) == {"name": text}


def test_scripts_make_no_markup_of_data():
    for path in sorted((STATIC / "js").glob("*.js")):
        source = path.read_text(encoding="utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ):
            assert word not in source, (path.name, word)
        if path.name != "why-live.js":  # it asks the program that serves it; the policy of a file forbids it
            assert "fetch(" not in source, path.name
        assert "</script" not in source


def test_modules_are_linked_behind_what_they_import(tmp_path):
    (tmp_path / "a.js").write_text('import { b, c } from "./b.js";\nexport const a = b + c;\n')
    (tmp_path / "b.js").write_text("export const b = 1;\nexport function c() {}\nconst hidden = 2;\n")
    script = linked(tmp_path, "a.js")
    assert script.index('modules["b.js"] =') < script.index('modules["a.js"] =')
    assert 'const { b, c } = modules["b.js"];' in script and "return { b, c };" in script


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { x } from "./b.js";\n', "b.js does not export 'x'"),
        ('import { x } from "./none.js";\n', "no such module, imported by a.js"),
        ('import { x } from "./a.js";\n', "circle"),
        ('import x from "./b.js";\n', "not a form of import"),
        ("export default 3;\n", "not a form of import"),
    ],
)
def test_what_cannot_be_linked_is_an_error(tmp_path, source, message):
    (tmp_path / "a.js").write_text(source)
    (tmp_path / "b.js").write_text("export const b = 1;\n")
    with pytest.raises(BenchError, match=message):
        linked(tmp_path, "a.js")


def test_links_are_https_and_only_what_surely_is_one():
    def source(**values):
        empty = dict.fromkeys(("arxiv", "table", "repository", "path", "commit"))
        return Source(**{"key": "k", "title": "t", **empty, **values})

    commit = "0" * 40
    assert links(source(arxiv="2310.04027 / 2306.12659")) == [
        ["arXiv 2310.04027", "https://arxiv.org/abs/2310.04027"], ["arXiv 2306.12659", "https://arxiv.org/abs/2306.12659"],
    ]  # fmt: skip
    assert (
        links(source(repository="a/b (code only)", path="README.md", commit=commit))[0][1]
        == f"https://github.com/a/b/blob/{commit}/README.md"
    )
    assert (
        links(source(repository="a/b", path="x; y.md", commit=commit))[0][1] == f"https://github.com/a/b/tree/{commit}"
    )
    for other in (
        "javascript:alert(1)",
        "HF dataset TheFinAI/results",
        "SIMG-UN website source",
        "a/b/../../c",
        "../x",
    ):
        assert links(source(repository=other)) == [], other


def test_dataset_text_is_joined_by_row_id_with_its_licence():
    found = texts_of([DEMO])
    (licence,) = found.licences
    assert "Apache" in licence["licence"]
    assert all(isinstance(text, str) and text for text in found.rows[DEMO[0]].values())


def test_text_that_is_not_available_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(tmp_path))
    with pytest.raises(BenchError) as caught:
        texts_of([("fpb/fingpt-25-seed42/v1", "test")])
    assert "--with-text" in (caught.value.hint or "")
    with pytest.raises(BenchError, match="has no passport"):
        texts_of([("made-up/v1", "test")])


def test_text_from_the_hub_is_not_waited_for_where_it_is_out_of_reach(monkeypatch, tmp_path, capfd):
    huggingface = pytest.importorskip("huggingface_hub")
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    monkeypatch.setattr(huggingface.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(network, "reachable", lambda endpoint: False)
    with pytest.raises(BenchError):
        texts_of([("fpb/fingpt-25-seed42/v1", "test")])
    assert "Retry" not in capfd.readouterr().err


def test_without_text_no_text_is_in_the_file():
    ids = list(texts_of([DEMO]).rows[DEMO[0]])[:30]
    run = make_run("Model A", "base", labels(0.5, 30, ids=ids), task="phin_demo_sentiment", protocol=DEMO[0])
    bare, full = html(build([run]), [run]), html(build([run]), [run], with_text=True)
    rows = [unpacked(Elements(page).of("script", id="rows-0")[0][1]) for page in (bare, full)]
    assert "texts" not in rows[0] and len(rows[1]["texts"]) == 30
    assert data_of(bare)["texts"] == [] and data_of(full)["texts"]


@pytest.mark.slow
def test_the_verb_writes_the_page_in_the_language_asked_for(tmp_path, capsys):
    for i, run in enumerate(runs()):
        write_run(tmp_path / "results" / str(i), run)
    out = tmp_path / "board.html"
    assert command.main(["leaderboard", str(tmp_path / "results"), "--format", "html", "--output", str(out)]) == 0
    assert '<html lang="en">' in out.read_text(encoding="utf-8")
    with speaking("es"):
        assert '<html lang="es">' in html(page_factory.board(), runs())


def test_text_is_for_pages_only(tmp_path, capsys):
    write_run(tmp_path, make_run("Model A", "base", spans(0.5)))
    assert command.main(["leaderboard", str(tmp_path), "--with-text"]) == 2
    assert "--format html" in capsys.readouterr().err
    assert command.main(["leaderboard", str(tmp_path), "--format", "html"]) == 2
    assert "--output board.html" in capsys.readouterr().err


def test_a_board_without_runs_is_still_a_page(board):
    data = data_of(html(board))
    assert all(section["answers"] is None for section in data["sections"])


def test_a_calibrated_row_is_told_from_the_one_it_was_made_of():
    rows = dataclasses.replace(labels(0.5), probs=[[0.2, 0.3, 0.5]] * 300, pred=[2] * 300, invalid=[False] * 300)
    board = build(with_calibrated([make_run(outcomes=rows)], ["batch"]))
    assert sorted(str(model["words"]) for model in page_data(board)["models"]) == ["None", "batch-calibrated"]
