"""results/published/: schema, every number against the notes it was taken from, what the board gets, and the verb."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections import Counter

import pytest
from helpers.paths import ROOT
from rich.cells import cell_len

from phingpt_bench.board.published.choice import choose, lines_of
from phingpt_bench.board.published.files import CLAIMS, PROTOCOLS, read
from phingpt_bench.board.published.rows import load, rows_of
from phingpt_bench.board.published.values import EVIDENCE, check_printed
from phingpt_bench.cli import main as command
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import share
from phingpt_bench.core.yamlfile import load_fast, load_yaml
from phingpt_bench.data import catalogue
from phingpt_bench.render.board.published_text import cost_marks, published_cost_note
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text.language import speaking, spoken

NOTES = ROOT.parent / "shared" / "notes" / "published.json"
FOLDER = share("results", "published")
OUTSIDE = re.compile("convfinqa|efpa?-es")  # question answering and exams: neither sentiment nor NER


@pytest.fixture(scope="module")
def published():
    return read()


def test_every_file_passes_the_strict_reader_and_what_it_names_is_used(published):
    used = {score.protocol.key for score in published.scores}
    assert {protocol.key for protocol in published.protocols} == used
    ids = {id for protocol in published.protocols for id in protocol.metrics}
    assert {score.id for score in published.scores} == ids
    for path in FOLDER.glob("*.yaml"):
        plain = load_yaml(path)  # the slow reader: the fast one is told apart from it by nothing else
        if path.stem == PROTOCOLS:
            assert len(plain) == len(published.protocols)
        elif path.stem != CLAIMS:
            rows = [row for result in plain["results"] for row in result["rows"]]
            assert {row["model"] for row in rows} == set(plain["models"]), path
            assert {m["cost"] for m in plain["models"].values() if "cost" in m} == set(plain.get("costs", {})), path
            assert len(rows) == sum(score.source.key == path.stem for score in published.scores)


def test_each_record_says_what_it_is(published):
    for score in published.scores:
        assert score.evidence in EVIDENCE
        assert score.model
        assert score.method
        assert score.protocol.note
        assert score.metric.metric is None or score.metric.metric in METRICS
        assert 0 <= score.value <= (float("inf") if score.metric.lower_is_better else 1)
        assert score.source.commit is None or len(score.source.commit) == 40
        check_printed(score.value, score.printed)


def test_ours_are_protocols_of_the_catalogue(published):
    known = {catalogue.dataset(name).protocol for name in catalogue.names()}
    for protocol in published.protocols:
        assert set(protocol.our_ids) <= known, protocol.key
        assert protocol.ours or not protocol.same_rows


def test_every_number_is_from_a_source_that_was_read():
    """No file marks a number as recalled instead of read."""
    for path in FOLDER.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert not re.search("recalled|memory:|evidence: memory", text, re.IGNORECASE), path


def noted() -> list[dict]:
    if not NOTES.is_file():
        pytest.skip("needs the optional folder ../shared/notes next to the checkout (CONTRIBUTING.md)")
    return json.loads(NOTES.read_text(encoding="utf-8"))


def test_the_numbers_are_those_of_the_notes_and_all_of_them(published):
    def record(protocol, model, method, shots, size, value, printed, evidence, arxiv, commit):
        return protocol, model, method, shots, size, float(value), printed, evidence, arxiv, commit

    def commit_of(source):
        return source["commit"].split(" / ")[0] if source["commit"] else None

    def arxiv_of(source):  # an identifier from memory is none
        return None if "RECALLED" in (source["arxiv"] or "") else source["arxiv"]

    expected = Counter(
        record(
            r["protocol_id"], r["model"], r["method"], r["shots"], r["size_b"], r["value"], r["printed"],
            r["evidence"], arxiv_of(r["source"]), commit_of(r["source"]),
        )
        for r in noted()
        if r["kind"] == "result" and r["status"] == "VERIFIED" and not OUTSIDE.match(r["protocol_id"])
        and not r["protocol_id"].startswith("phingpt-")
    )  # fmt: skip
    ours = Counter(
        record(
            s.id, s.model, s.method, s.shots, s.size_b, s.value, s.printed, s.evidence, s.source.arxiv, s.source.commit
        )
        for s in published.scores
    )
    assert ours == expected
    assert sum(ours.values()) == 978


def test_metrics_sizes_and_costs_are_those_of_the_notes(published):
    records = [r for r in noted() if r["kind"] == "result" and r["status"] == "VERIFIED"]
    metrics = {r["protocol_id"]: (r["metric"], r["averaging"], r["n_test"]) for r in records}
    for protocol in published.protocols:
        for id, metric in protocol.metrics.items():
            assert (metric.printed, metric.averaging, protocol.n_test) == metrics[id], id
    fields = ("gpu_count", "wall_hours", "usd", "usd_per_gpu_hour")
    costs = {
        (r["protocol_id"], r["model"], r["method"], r["printed"]): tuple(r["training_cost"][name] for name in fields)
        for r in records
        if r["training_cost"] and r["training_cost"]["status"] == "VERIFIED"
    }
    recalled = {
        (r["protocol_id"], r["model"], r["method"], r["printed"])
        for r in records
        if r["training_cost"] and r["training_cost"]["status"] != "VERIFIED"
    }
    assert recalled
    found = 0
    for score in published.scores:
        key = score.id, score.model, score.method, score.printed
        assert key not in recalled or score.cost is None
        if score.cost is not None and key in costs:
            cost = score.cost
            assert (cost.gpu_count, cost.hours, cost.usd, cost.usd_per_gpu_hour) == costs[key]
            found += 1
    assert found == sum(not OUTSIDE.match(id) and not id.startswith("phingpt-") for id, *_ in costs)


@pytest.mark.parametrize(
    ("source", "id", "model", "printed", "value", "evidence"),
    [
        ("fingpt-readme", "fpb-fingpt-1212", "FinGPT v3.3", "0.882", 0.882, "primary"),
        ("fingpt-v3-readme", "fiqa-fingpt-275-macro", "FinGPT v3.3", "0.769", 0.769, "primary"),
        ("bloomberggpt", "ner-bloomberg-20shot", "BloombergGPT", "60.82", 0.6082, "primary"),
        ("pixiu-readme", "ner-flare-98", "BloombergGPT", "0.61", 0.61, "secondary"),
        ("finlora-readme", "fpb-finlora", "Llama-3.1-8B-Instruct LoRA", "85.64", 0.8564, "primary"),
        ("finlora-readme", "fpb-finlora-f1", "Llama-3.1-8B-Instruct LoRA", "0.922", 0.922, "primary"),
        ("flame", "fpb-allagree-gt", "Claude 3.5 Sonnet", "0.944", 0.944, "secondary"),
        ("finer-ord", "finerord-test-strict", "RoBERTa-large", "0.753", 0.753, "recomputed"),
        ("finben-fpb-audit", "fpb-flare-970", "FinMA-7B (re-run)", "0.937 (raw prompt 0.941)", 0.937, "primary"),
        ("finben-english", "tsa-flare-rmse", "Baichuan-7B", "1.07", 1.07, "primary"),
        ("finben-spanish", "multifin-es-f1", "GPT-4", "0.17", 0.17, "primary"),
    ],
)
def test_values_as_printed(published, source, id, model, printed, value, evidence):
    (score,) = [s for s in published.scores if (s.source.key, s.id, s.model) == (source, id, model)]
    assert (score.printed, score.value, score.evidence) == (printed, value, evidence)


def test_claims_are_on_no_board(published):
    assert [claim.printed for claim in published.claims.claims] == ["0.873", "0.895", "0.912"]
    assert [claim.baseline for claim in published.claims.claims] == [0.821, 0.852, 0.887]
    assert published.claims.caveats
    assert not any("phingpt" in score.model.lower() for score in published.scores)
    assert not any("phingpt" in row.model.lower() for rows in load().values() for row in rows)


def test_the_board_gets_the_rows_of_its_protocols_with_metrics_it_has(published):
    rows = rows_of(published.scores)
    assert rows == load()
    assert set(rows) == {id for protocol in published.protocols for id in protocol.our_ids}
    expected = {
        (ours, s.metric.metric, s.source.key, s.model, s.value)
        for s in published.scores
        if s.metric.metric
        for ours in s.protocol.our_ids
    }
    found = {
        (ours, name, value.source.key, row.model, value.value)
        for ours, group in rows.items()
        for row in group
        for name, value in row.metrics.items()
    }
    assert found == expected
    assert all(row.comparison.note for group in rows.values() for row in group)


def test_scores_of_the_same_runs_are_in_one_row_and_others_are_not():
    rows = [row for row in load()["fpb/fingpt-25-seed42/v1"] if row.model == "FinGPT v3.3"]
    assert [sorted(row.metrics) for row in rows] == [["acc", "f1_macro", "f1_weighted"], ["f1_weighted"]]
    assert {value.source.key for value in rows[0].metrics.values()} == {"fingpt-readme", "fingpt-v3-readme"}
    assert rows[0].cost is not None
    assert rows[0].cost.usd == 17.25


def test_what_is_not_comparable_is_said_to_be_so():
    rows = load()
    assert not any(row.comparison.same_metric for row in rows["fin/flare-98/v1"])
    finlora = [row for row in rows["fpb/fingpt-25-seed42/v1"] if "1,212 rows; the first label" in row.comparison.note]
    assert {(*row.metrics, row.comparison.same_metric) for row in finlora} == {("acc", True), ("f1_weighted", False)}
    quoted = [row for row in rows["fpb/flare-970/v1"] if row.model == "BloombergGPT"]
    assert [row.comparison.same_rows for row in quoted] == [False]
    assert "another split" in quoted[0].comparison.note
    assert not any(row.comparison.same_rows for row in rows["fpb/allagree-gtfintechlab-78516/v1"])


def test_costs_of_training_only_and_doubtful_ones_are_marked():
    groups = load()
    assert all(row.cost is None for rows in groups.values() for row in rows if row.method == "zero-shot")
    costs = {row.cost.key: row.cost for rows in groups.values() for row in rows if row.cost is not None}
    doubtful = {key for key, cost in costs.items() if cost.doubtful}
    assert doubtful == {f"fingpt-readme/fingpt-{name}" for name in ("v3.1", "v3.2", "8bit", "qlora")}
    assert all(costs[key].note in published_cost_note(costs[key]) for key in doubtful)
    assert "quoted" in published_cost_note(costs["fingpt-base-models/study"])


@pytest.mark.slow
def test_there_are_marks_for_more_costs_than_letters():
    row = next(row for rows in load().values() for row in rows if row.cost is not None)
    many = [Priced(f"c{i}", row) for i in range(30)]
    assert list(cost_marks(many).values())[24:29] == ["y", "z", "aa", "ab", "ac"]


class Priced:
    """A row with a cost of another name."""

    def __init__(self, key, row):
        import dataclasses

        self.cost = dataclasses.replace(row.cost, key=key)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("fingpt-readme", ('value: 0.882, printed: "0.882"', 'value: 88.2, printed: "88.2"'), "not a fraction"),
        ("fingpt-readme", ('value: 0.882, printed: "0.882"', 'value: 0.822, printed: "0.882"'), "not what is printed"),
        ("fingpt-readme", ("  evidence: primary", "  evidence: memory"), "unknown value 'memory'"),
        ("fingpt-readme", ("protocol: tfns-2388", "protocol: tfns-2389"), "did you mean 'tfns-2388'"),
        ("fingpt-readme", ("{model: gpt-4, value: 0.833", "{model: gpt-5, value: 0.833"), "did you mean 'gpt-4'"),
        ("fingpt-readme", ("cost: fingpt-v3.3}", "cost: fingpt-v3.9}"), "unknown cost 'fingpt-v3.9'"),
        ("fingpt-readme", ("  commit: ", "  comit: "), "unknown key 'comit'"),
        ("fingpt-readme", ("method: API fine-tune}", "shots: 0}"), "missing key 'method'"),
        ("fingpt-readme", ("{model: gpt-4, value: 0.833", "{model: fingpt-v3.3, value: 0.833"), "given twice"),
        ("fingpt-readme", ("    gpu_count: 1\n", "    gpu_count: 1\n    gpu_count: 1\n"), "given twice"),
        ("fingpt-readme", ("    same_rows: false\n    note:", "    same_rows: false\n    # note:"), "which rows"),
        ("fingpt-v3-readme", ("joins: fingpt-readme ", "joins: fingpt-readmee "), "did you mean 'fingpt-readme'"),
        ("protocols", ("metric: f1_weighted", "metric: f1_weightet"), "unknown metric 'f1_weightet'"),
        ("protocols", ("  same_rows: true", "  same_rows: maybe"), "true or false"),
        ("protocols", ("    fpb-flare-970-acc:", "    fpb-fingpt-1212-acc:"), "given twice"),
        ("protocols", ("fpb-flare-970:\n  title", "fpb-flare-97:\n  title"), "the first of its metrics"),
        ("claims", ("baseline: 0.821", "baseline: 82.1"), "fractions"),
        ("claims", ("caveats:", "caveats: ["), "YAML syntax"),
    ],
)
def test_a_damaged_file_is_refused_with_file_and_line(tmp_path, file, change, message):
    folder = tmp_path / "published"
    shutil.copytree(FOLDER, folder)
    path = folder / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(change[0], change[1], 1), encoding="utf-8")
    with pytest.raises(BenchError) as told:
        read(folder)
    assert message in str(told.value)
    assert re.search(re.escape(str(path)) + r":\d+: ", str(told.value))


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(BenchError, match="no such file"):
        read(tmp_path)


@pytest.mark.slow
def test_the_fast_reader_reads_what_the_slow_one_reads():
    for path in (*FOLDER.glob("*.yaml"), FOLDER.parent / "prices.yaml"):
        assert load_fast(path) == load_yaml(path)


def test_choosing(published):
    everything = choose(published)
    assert everything.scores == published.scores
    assert len(choose(published, model="FINMA").scores) == sum("finma" in s.model.lower() for s in published.scores) > 9
    one = choose(published, protocols=["fpb-fingpt-1212-acc"])
    assert {s.protocol.key for s in one.scores} == {"fpb-fingpt-1212"}
    assert one == choose(published, protocols=["fpb-fingpt-1212"])
    assert not one.claims.claims
    ours = choose(published, ours=["fpb/fingpt-25-seed42/v1"])
    assert {s.protocol.key for s in ours.scores} == {"fpb-fingpt-1212", "fpb-finlora"}
    assert [source.key for source in choose(published, sources=["flame"]).sources] == ["flame"]
    assert choose(published, sources=["claims"]).claims == published.claims
    with pytest.raises(BenchError, match="did you mean 'flame'"):
        choose(published, sources=["flam"])
    with pytest.raises(BenchError, match="did you mean 'tfns-2388'"):
        choose(published, protocols=["tfns-2389"])


def test_lines_are_best_first_also_where_lower_is_better(published):
    for protocol in published.protocols:
        lines = lines_of(published, protocol)
        assert sum(len(line.scores) for line in lines) == sum(s.protocol.key == protocol.key for s in published.scores)
        first = protocol.key
        values = [line.scores[first].value for line in lines if first in line.scores]
        assert values == sorted(values, reverse=not protocol.metrics[first].lower_is_better)


def verb(capsys, *arguments: str) -> str:
    assert command.main(["published", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [76, 80, 160])
def test_the_verb_shows_everything_and_cuts_nothing(published, capsys, width):
    text = verb(capsys, "--width", str(width))
    assert max(map(cell_len, text.splitlines())) <= width
    assert "\u2026" not in text
    assert "\x1b" not in text
    squeezed = re.sub(r"\s", "", text)
    for protocol in published.protocols:
        assert re.sub(r"\s", "", protocol.title) in squeezed
        assert re.sub(r"\s", "", protocol.note)[1:] in squeezed
    for source in published.sources:
        assert f"{source.key}:" in text
        assert source.commit is None or source.commit[:12] in squeezed
    assert text.index("Sources\n") < text.index("Claims, outside every ranking") < text.index("! the page names")


def test_the_verb_shows_each_number_of_a_protocol_as_printed(published, capsys):
    text = verb(capsys, "--protocol", "finerord-test-strict", "--width", "80")
    words = text.split()
    for score in published.scores:
        if score.protocol.key == "finerord-test-strict":
            assert score.printed in words
            assert score.model.split()[0].rstrip(",") in text
    assert "0.28 h c1" in text
    assert "c1  0.28 h" in text
    assert re.search(r"0\.753 +0\.7917 +0\.7648 .*\dr\n", text)


def test_a_task_a_dataset_and_a_protocol_of_ours_name_the_same_rows():
    from phingpt_bench.cli.verb_published import our_protocols

    for name in ("phin_tfns", "tfns", "tfns/validation/v1"):
        assert our_protocols([name]) == ["tfns/validation/v1"]
    assert our_protocols(["phin_ner"]) == ["fin/flare-98/v1", "finer-ord/test-1075/v1"]


def test_a_task_of_the_users_without_a_dataset_has_nothing_published(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.yaml").write_text("task: mine\noutput_type: multiple_choice\n")
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(tmp_path))
    assert verb(capsys, "--task", "mine") == "No published results fit.\n"


def test_a_model_without_examples_has_no_training_cost_whatever_its_method_is_called():
    costed = {score.model: score for score in read(None).scores if score.cost is not None}
    rows = [row for found in load().values() for row in found]
    assert {row.cost for row in rows if row.zero_shot is not None} == {None}
    assert any(row.cost is not None for row in rows) and costed
    called = {row.method.partition(" ")[0] for row in rows if row.zero_shot is not None}
    assert called == {"zero-shot"} == {row.method[:9] for row in rows if row.method.startswith("zero-shot")}
    assert {row.zero_shot for row in rows if "chain of thought" in row.method and not row.shots} <= {"reasoning"}


def test_zero_shot_and_examples_exclude_each_other(tmp_path):
    text = (
        (FOLDER / "li-chatgpt-gpt4.yaml")
        .read_text()
        .replace("zero_shot: direct, shots: 0", "zero_shot: direct, shots: 5")
    )
    (tmp_path / "li-chatgpt-gpt4.yaml").write_text(text)
    for name in (PROTOCOLS, CLAIMS):
        (tmp_path / f"{name}.yaml").write_text((FOLDER / f"{name}.yaml").read_text())
    with pytest.raises(BenchError, match="zero_shot is given, and shots is 5"):
        read(tmp_path)


@pytest.mark.slow
def test_the_verb_by_task_names_what_else_there_is(capsys):
    text = verb(capsys, "--task", "phin_fpb")
    assert text == verb(capsys, "--task", "fpb/fingpt-25-seed42/v1")
    assert "$17.25" in text
    assert "same rows as fpb/fingpt-25-seed42/v1" in text
    assert "fpb-flare-970" in text.split("Other published protocols of FPB")[1]
    assert "FLaME" not in text
    assert "PhinGPT" not in text
    assert verb(capsys, "--task", "phin_demo_sentiment") == "No published results fit.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "phin_fp"], "unknown task 'phin_fp'\nhint: did you mean 'phin_fpb'?"),
        (["--task", "fpb/flare-971/v1"], "did you mean 'fpb/flare-970/v1'?"),
        (["--source", "pixiu"], "unknown source 'pixiu'"),
        (["--width", "20"], "a width of 20 columns is too small"),
    ],
)
def test_the_verb_tells_what_is_not_there(capsys, arguments, message):
    assert command.main(["published", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_csv_and_json_hold_every_number_and_the_claims_apart(published, capsys):
    rows = list(csv.DictReader(io.StringIO(verb(capsys, "--format", "csv"))))
    numbers = [row for row in rows if row["claim"] == "false"]
    assert [(row["protocol"], row["model"], row["printed"]) for row in numbers] == [
        (s.id, s.model, s.printed) for s in published.scores
    ]
    assert [row["printed"] for row in rows if row["claim"] == "true"] == ["0.873", "0.895", "0.912"]
    data = json.loads(verb(capsys, "--format", "json"))
    assert sum(len(group["rows"]) for group in data["protocols"]) == len(published.scores)
    assert len(data["claims"]["claims"]) == 3
    assert json.loads(verb(capsys, "--format", "json", "--task", "phin_fpb"))["claims"] is None


def test_markdown_holds_every_protocol_and_can_be_written(published, tmp_path, capsys):
    file = tmp_path / "published.md"
    assert verb(capsys, "--format", "markdown", "--output", str(file)) == ""
    text = file.read_text(encoding="utf-8")
    assert text.count("\n## ") == len(published.protocols) + 2  # sources and claims
    tables = [line for line in text.splitlines() if line.startswith("|")]
    rows = sum(len(lines_of(published, protocol)) for protocol in published.protocols)
    assert len(tables) == rows + 2 * len(published.protocols)
    assert text.index("## Sources") < text.index("## Claims")


def test_published_rows_say_what_their_training_has_seen():
    rows = {row.model: row for row in load()["fpb/flare-970/v1"] if row.note}
    text = "its published training rows hold a copy of 970 of the 970 test rows"
    assert rows["FinMA-7B"].note.endswith(f"; {text}"), "beside the note of the source"
    with speaking("es"):
        assert spoken(rows["FinMA-7B"].note).endswith("contienen una copia de 970 de las 970 filas de prueba")
    assert "copy" not in str(next(row for row in load()["fpb/flare-970/v1"] if row.model == "GPT-4").note)
