"""Served models in suites: what each task becomes, records, costs, resumed answers, boards, and no key anywhere."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import api as apis
from helpers.api import Api, serving
from transformers import AutoTokenizer

from phingpt_bench.api.suites import prepared
from phingpt_bench.cli.main import main
from phingpt_bench.core.config import load
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import RunRecord, read_record
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.embedded import SMOLLM2
from phingpt_bench.results.verify import Checked, verify
from phingpt_bench.served import client, spec
from phingpt_bench.text.money import rate_text, usd_text

CANARY = "sk-canary-3f9a8b7c6d5e4f3a"
LABELS = (" negative", " neutral", " positive")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(SMOLLM2.folder())


@pytest.fixture
def api(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(client, "PAUSE", 0.01)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    found = Api(tokenizer, ("toy", "tuned"))
    found.candidates = [tokenizer.encode(text)[0] for text in (*LABELS, " a", " the")]
    with serving(found):
        yield found


def evaluate(api: Api, tmp_path: Path, *more: str, engine: str = "local-completions", args: str = "", code: int = 0) -> dict[str, RunRecord]:  # fmt: skip # noqa: E501
    """Runs `phingpt-bench evaluate` and gives the records by task and adapter."""
    given = f"base_url={api.url},model=toy" + (f",{args}" if args else "")
    command = ["evaluate", "--model", engine, "--model-args", given, "--results", str(tmp_path / "results"), *more]
    assert main([*command, "--limit", "8", "--no-floors"]) == code
    records = [read_record(file) for file in sorted((tmp_path / "results" / "runs").glob("*/*/run.json"))]
    for found in verify([tmp_path / "results"], tmp_path) if records else ():
        assert isinstance(found, Checked) and [one for one in found.findings if one.ok is False] == []
    return {f"{one.task} {one.model.adapter or ''}".strip(): one for one in records}


def everything(folder: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*") if file.is_file())


@pytest.mark.slow
def test_base_and_adapter_of_one_server_on_one_board(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = evaluate(
        api, tmp_path, "--tasks", "phin_demo_sentiment", "phin_demo_ner", "--adapter", "tuned",
        args="tokenizer=smollm2-135m-instruct,dtype=bfloat16",
    )  # fmt: skip
    assert sorted(found) == [
        "phin_demo_ner", "phin_demo_ner tuned", "phin_demo_sentiment", "phin_demo_sentiment tuned",
    ]  # fmt: skip
    tuned = found["phin_demo_sentiment tuned"]
    assert (tuned.model.engine, tuned.model.compute_dtype, tuned.model.kind) == (
        "local-completions",
        "bfloat16",
        "tuned",
    )
    assert tuned.exposure is None and tuned.training is None and tuned.model.trained_elsewhere
    served = tuned.diagnostics.served
    assert served is not None and served.ladder["named"] == "yes" and served.rungs == {"named": 8}
    assert tuned.evaluation.usd is not None, "a server on this machine costs its time"
    said = capsys.readouterr()
    assert "log-probabilities of named tokens: yes" in said.err
    assert "toy + tuned" in said.out and "local-completions, bfloat16" in said.out
    assert "p=" in said.out, "base and adapter are paired"
    assert "trained elsewhere: prompt and rows" in " ".join(said.out.split()), "nothing is known of a served name alone"
    assert "number format unknown" not in " ".join(said.out.split())


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "can"), [("local-completions", "top usage stream"), ("local-chat-completions", "usage stream")])  # fmt: skip # noqa: E501
def test_what_compares_no_labels_writes_them(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str, can: str
) -> None:
    api.can = set(can.split())
    found = evaluate(api, tmp_path, "--tasks", "phin_demo_sentiment", "phin_demo_ner", engine=engine)
    assert sorted(found) == ["phin_demo_ner", "phin_demo_sentiment_gen"]
    board, said = capsys.readouterr()
    assert "labels are written" in said and "phin_demo_sentiment -> phin_demo_sentiment_gen" in said
    assert "number format unknown" in " ".join(board.split())
    assert found["phin_demo_ner"].protocol.chat_template == (engine == "local-chat-completions")
    assert found["phin_demo_sentiment_gen"].protocol.extraction == "generation"


@pytest.mark.slow
def test_bounded_labels_are_compared_where_that_is_asked_for(api: Api, tmp_path: Path, tokenizer: Any) -> None:
    api.can = {"top", "usage"}
    found = evaluate(api, tmp_path, "--tasks", "phin_demo_sentiment", args="labels=bounded")
    served = found["phin_demo_sentiment"].diagnostics.served
    assert served is not None and served.rungs == {"top": 8} and served.undecided_labels == 0
    api.candidates = [tokenizer.encode(text)[0] for text in (" a", " the")]  # labels are not among the first tokens
    found = evaluate(api, tmp_path / "other", "--tasks", "phin_demo_sentiment", args="labels=bounded")
    one = found["phin_demo_sentiment"]
    assert one.diagnostics.served is not None and one.diagnostics.served.undecided_labels == 8
    assert one.diagnostics.invalid == 8, "an order that is not known is no answer"


def prices(tmp_path: Path, **more: Any) -> Path:
    entry = {
        "id": "toy-price", "models": ["Toy"], "ids": ["toy"], "host": "OpenAI", "usd_per_million_in": 2.0,
        "usd_per_million_out": 8.0, "usd_per_million_cached": 0.5, "source": "s", "read_on": "2026-11-25",
        "assumption": "none", **more,
    }  # fmt: skip
    file = tmp_path / "prices.yaml"
    file.write_text(json.dumps({"date": "2026-11-25", "entries": [], "api": [entry]}))
    return file


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["openai-chat-completions", "anthropic-chat-completions"])
def test_an_api_is_priced_by_its_tokens(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_PRICES", str(prices(tmp_path)))
    found = evaluate(api, tmp_path, "--tasks", "phin_demo_ner", engine=engine, args="price=toy-price")
    spent = found["phin_demo_ner"].evaluation
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("$")[2] for line in lines[-3:]] == ["", *2 * [rate_text(spent.usd)[1:]]], (
        "also while it runs"
    )
    cached = 10 if engine.startswith("anthropic") else 0
    each = (50 - cached) * 2.0 + cached * 0.5 + 2 * 8.0
    assert (spent.tokens_in, spent.tokens_out, spent.tokens_cached) == (400, 16, 8 * cached)
    assert spent.usd == pytest.approx(8 * each / 1e6)
    assert spent.token_price is not None and spent.token_price.entry == "toy-price" and spent.machine is None


@pytest.mark.slow
@pytest.mark.parametrize(("builds", "changed"), [(["fp_a"] * 20, False), (["fp_a"] * 7 + ["fp_b"], True)])
def test_a_server_that_changes_during_a_run_is_noted_on_the_board(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], builds: list[str], changed: bool
) -> None:
    api.builds = builds  # the probe takes the first four
    found = evaluate(
        api, tmp_path, "--tasks", "phin_demo_ner", engine="local-chat-completions", args="num_concurrent=1"
    )
    served = found["phin_demo_ner"].diagnostics.served
    assert served is not None and served.fingerprints == ({"fp_a": 3, "fp_b": 5} if changed else {"fp_a": 8})
    shown = " ".join(capsys.readouterr().out.split())
    note = "warning: the server's system_fingerprint changed during the run: fp_b (5 answers), fp_a (3 answers)"
    assert (note in shown) == changed and ("fingerprint" in shown) == changed


@pytest.mark.slow
def test_a_run_says_that_it_waits_for_a_server(api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api.played = [lambda handler, body: False] * 6 + [apis.status(429, "slow down")] * 2
    evaluate(api, tmp_path, "--tasks", "phin_demo_ner", engine="local-chat-completions", args="num_concurrent=1")
    said = capsys.readouterr().err
    assert said.count(f"{api.url}: status 429: slow down; the request is repeated (try 2 of 6)") == 1


@pytest.mark.slow
def test_the_time_of_an_api_is_known_from_another_week(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_PRICES", str(prices(tmp_path)))
    asked = ["--tasks", "phin_demo_ner", "phin_demo_sentiment_gen"]
    evaluate(api, tmp_path, *asked[:2], engine="openai-chat-completions", args="price=toy-price")
    given = ["--model", "openai-chat-completions", "--model-args", f"base_url={api.url},model=toy,price=toy-price"]
    capsys.readouterr()
    call = ["evaluate", *given, *asked, "--results", str(tmp_path / "week-2"), "--no-floors", "--dry-run"]
    assert main([*call, "--limit", "4"]) == 0
    lines = [
        line.split("(openai-chat-completions)")[1] for line in capsys.readouterr().out.splitlines() if ")  " in line
    ]
    ner, sentiment = (line.split(maxsplit=1)[1] for line in lines)
    assert ner.startswith(("~", "<")) and sentiment.startswith("N/A"), "another kind of task is not near"


@pytest.mark.slow
def test_a_price_is_looked_up_before_the_first_request_and_named_in_a_dry_run(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_PRICES", str(prices(tmp_path)))
    asked = ("--tasks", "phin_demo_ner")
    for more in ((), ("--dry-run",)):
        evaluate(api, tmp_path, *asked, *more, engine="local-chat-completions", args="price=toy-prise", code=2)
        assert "'toy-prise'" in (said := capsys.readouterr().err) and "toy-price" in said
    evaluate(api, tmp_path, *asked, "--dry-run", engine="local-chat-completions", args="price=toy-price")
    said = " ".join(capsys.readouterr().out.split())
    assert "toy: billed by tokens, $2 a million read and $8 written (toy-price, card of 2026-11-25)" in said
    evaluate(api, tmp_path, *asked, "--dry-run", engine="local-chat-completions")
    said = " ".join(capsys.readouterr().out.split())
    assert "toy: an address of this machine, so it costs the time here; price=toy-price bills its tokens" in said
    assert api.requests == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["local-chat-completions", "local-completions"])
def test_a_plan_says_what_an_api_may_cost_and_the_bill_lies_in_between(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_PRICES", str(prices(tmp_path)))
    base = {"engine": engine, "base_url": api.url, "model": "toy", "price": "toy-price"}
    file = tmp_path / "api.yaml"
    given = {"name": "api", "bases": [base], "tasks": ["phin_demo_sentiment", "phin_demo_ner"], "limit": 8}
    file.write_text(yaml.safe_dump({**given, "floors": False, "results": str(tmp_path / "results")}))
    plan = prepared(load(file, Suite), fetch=False)
    (fee,) = plan.fees(plan.steps())
    assert fee.runs == 2
    assert main(["run", str(file)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    low, high = usd_text(fee.usd.low), usd_text(fee.usd.high)
    assert f"2 runs of toy cost {low} with short answers, at most {high}" in said
    bills = [read_record(file).evaluation.usd for file in (tmp_path / "results" / "runs").glob("*/*/run.json")]
    assert len(bills) == 2 and fee.usd.low <= sum(bills) <= fee.usd.high
    plan = prepared(load(file, Suite), fetch=False)
    assert plan.fees(plan.steps()) == [], "what is done is paid"


def test_the_price_of_a_seller_is_found_by_host_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from phingpt_bench.cost.prices import load_prices
    from phingpt_bench.served.bill import price_of

    card = load_prices()
    for engine, model, wanted in (
        ("openai-chat-completions", "gpt-4o-mini", "openai-gpt-4o-mini"),
        ("openai-chat-completions", "gpt-99", None),
        ("anthropic-chat-completions", "claude-3-haiku-20240307", "anthropic-claude-3-haiku"),
        ("anthropic-chat-completions", "gpt-4o", None),
    ):
        found = price_of(spec.ServedSpec(engine=engine, model=model), card)  # type: ignore[arg-type]
        assert (found.id if found else None) == wanted
    other = spec.ServedSpec(engine="local-completions", model="gpt-4o", base_url="http://127.0.0.1:1")
    assert price_of(other, card) is None, "a model of that name on a server of one's own is not sold by OpenAI"
    with pytest.raises(BenchError, match="unknown price of an API 'gpt4'"):
        price_of(spec.ServedSpec(engine="openai-chat-completions", model="m", price="gpt4"), card)


@pytest.mark.slow
def test_a_wrong_count_leaves_the_cost_unknown_never_zero(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_PRICES", str(prices(tmp_path)))
    api.can = set()
    found = evaluate(
        api, tmp_path, "--tasks", "phin_demo_ner", engine="openai-chat-completions", args="price=toy-price"
    )
    one = found["phin_demo_ner"]
    assert (one.evaluation.usd, one.evaluation.tokens_in) == (None, None)
    assert one.diagnostics.served is not None and one.diagnostics.served.wrong_usage == {"not reported": 8}
    assert "N/A" in capsys.readouterr().out


@pytest.mark.slow
def test_after_an_error_the_same_command_pays_for_no_answer_twice(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--tasks", "phin_demo_ner", "--quiet")
    api.played = [lambda handler, body: False] * 8 + [apis.status(400, "out of order")]
    evaluate(api, tmp_path, *asked, engine="openai-chat-completions", args="num_concurrent=1", code=2)
    assert "out of order" in capsys.readouterr().err
    before = len(api.asked("/v1/chat/completions"))  # 3 + 1 of the probe, 4 answers, and the one that failed
    assert before == 9
    found = evaluate(api, tmp_path, *asked, engine="openai-chat-completions", args="num_concurrent=1")
    assert len(api.asked("/v1/chat/completions")) - before == 4 + 4, "a probe, and what was not answered"
    one = found["phin_demo_ner"]
    assert one.diagnostics.served is not None and one.diagnostics.served.resumed_answers == 4
    assert (one.evaluation.tokens_in, one.evaluation.tokens_out) == (400, 16), "of all answers"


@pytest.mark.slow
def test_forced_work_is_asked_again_and_an_interrupted_one_pays_for_no_answer_twice(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def chats() -> int:
        return len(api.requests) - sum(path == "/v1/models" for path, _, _ in api.requests)

    def again(*more: str, code: int = 0) -> tuple[RunRecord, int]:
        before = chats()
        found = evaluate(
            api, tmp_path, "--tasks", "phin_demo_ner", *more, engine="local-chat-completions",
            args="num_concurrent=1,max_retries=1", code=code,
        )["phin_demo_ner"]  # fmt: skip
        return found, chats() - before

    first, asked = again()
    api.say = lambda text: "[]"
    second, forced = again("--force")
    assert forced == asked and second.run_id != first.run_id
    assert second.diagnostics.served is not None and second.diagnostics.served.resumed_answers == 0
    probes = asked - 8
    api.played = [lambda handler, body: False] * (probes + 3) + [apis.status(500)]
    _, broken = again("--force", code=2)
    assert broken == probes + 4
    third, rest = again("--force")
    assert rest == probes + 5 and third.diagnostics.served is not None
    assert third.diagnostics.served.resumed_answers == 3
    assert again("--force")[1] == asked, "what was resumed once is not new any more"
    assert "asked for with --force" in capsys.readouterr().out


@pytest.mark.slow
def test_no_key_in_any_output(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for engine in ("openai-chat-completions", "anthropic-chat-completions"):
        evaluate(api, tmp_path / engine, "--tasks", "phin_demo_ner", engine=engine)
        api.played = [apis.status(401, f"Incorrect API key provided: {CANARY}. Key {CANARY[:4]}****{CANARY[-4:]}")]
        evaluate(api, tmp_path / "bad" / engine, "--tasks", "phin_demo_ner", engine=engine, code=2)
    page = tmp_path / "board.html"
    assert main(["leaderboard", str(tmp_path), "--format", "html", "--output", str(page)]) == 0
    said = capsys.readouterr()
    told = everything(tmp_path) + said.out + said.err + caplog.text
    assert "[key]" in said.err and "phin_demo_ner" in told
    for piece in (CANARY, CANARY[3:], f"{CANARY[:4]}****"):
        assert piece not in told
    assert CANARY in json.dumps([headers for _, _, headers in api.requests]), "it was sent"


def test_a_missing_key_and_a_wrong_engine_are_reported_in_one_line(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    evaluate(api, tmp_path, "--tasks", "phin_demo_ner", engine="openai-chat-completions", code=2)
    assert (
        "no API key: openai-chat-completions wants one in the environment variable OPENAI_API_KEY"
        in capsys.readouterr().err
    )
    evaluate(api, tmp_path, "--tasks", "phin_demo_ner", engine="openai-chat", code=2)
    assert "did you mean 'openai-chat-completions'" in capsys.readouterr().err
    assert main(["evaluate", "--base", "x", "--model-args", "a=b", "--tasks", "phin_demo_ner"]) == 2
    assert "--model-args belong to --model" in capsys.readouterr().err


def test_a_task_without_a_written_form_is_reported(api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip # noqa: E501
    from phingpt_bench.evaluate import served

    monkeypatch.setattr(served, "GEN", "_nowhere")
    evaluate(api, tmp_path, "--tasks", "phin_demo_sentiment", engine="local-chat-completions", code=2)
    assert "there is no task 'phin_demo_sentiment_nowhere'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_plan_is_done_when_its_runs_are(api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--tasks", "phin_demo_ner")
    evaluate(api, tmp_path, *asked)
    before = len(api.asked("/v1/completions"))
    evaluate(api, tmp_path, *asked)
    assert "Nothing to do" in capsys.readouterr().out
    probe = 3 * 3 * 2 + 3 * 3 + 1 + 1
    assert len(api.asked("/v1/completions")) - before <= probe, "no document is asked again"
    evaluate(api, tmp_path, *asked, args="max_gen_toks=9")
    assert "queried" in capsys.readouterr().out, "the served model was queried with other settings, in a narrow column"


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["local-completions", "local-chat-completions"])
@pytest.mark.parametrize("owner", ["vllm", "llamacpp", "own"])
def test_what_a_server_says_of_itself_is_not_held_against_a_plan_that_has_not_asked_it(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str, owner: str
) -> None:
    """A chat endpoint is not probed for a plan, and nothing is for a dry run: their runs were done again."""
    api.owner = owner
    asked = ("--tasks", "phin_demo_ner")
    evaluate(api, tmp_path, *asked, engine=engine)
    capsys.readouterr()
    evaluate(api, tmp_path, *asked, "--dry-run", engine=engine)
    assert "Nothing to do" in capsys.readouterr().out
    before = len(api.requests)
    evaluate(api, tmp_path, *asked, engine=engine)
    assert "Nothing to do" in capsys.readouterr().out
    assert engine == "local-completions" or len(api.requests) == before
    api.owner = "another"
    evaluate(api, tmp_path, *asked, engine=engine)
    said = " ".join(capsys.readouterr().out.split())
    assert ("again: it was" in said) == (engine == "local-completions" and owner != "own")


@pytest.mark.slow
def test_a_run_of_another_server_with_that_name_is_done_and_says_so(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(api, tmp_path, "--tasks", "phin_demo_ner", engine="local-chat-completions")
    notes = []
    for url in (api.url, api.url + "/v1", api.url.replace("127.0.0.1", "localhost")):
        capsys.readouterr()
        call = ["evaluate", "--model", "local-chat-completions", "--model-args", f"base_url={url},model=toy"]
        call += ["--tasks", "phin_demo_ner", "--results", str(tmp_path / "results"), "--limit", "8"]
        assert main([*call, "--no-floors", "--dry-run"]) == 0
        out = capsys.readouterr().out
        assert "Nothing to do" in out
        notes.append("at another address" in " ".join(out.split()))
    assert notes == [False, False, True]
    file = next((tmp_path / "results" / "runs").glob("*/*/run.json"))
    record = json.loads(file.read_text(encoding="utf-8"))
    assert api.url not in json.dumps(record["diagnostics"]), "only a digest of the address"


SUITE = """\
name: both
tasks: [phin_demo_sentiment]
bases:
  - {model: smollm2-135m-instruct, quantisation: none, compute_dtype: float32}
  - engine: local-completions
    model: toy
    base_url: URL
    tokenizer: smollm2-135m-instruct
    adapters: [{name: tuned}]
floors: false
limit: 8
results: RESULTS
"""


def suite(tmp_path: Path, **changes: str) -> Path:
    file, text = tmp_path / "suite.yaml", SUITE
    for old, new in changes.items():
        text = text.replace(old, new)
    file.write_text(text)
    return file


@pytest.mark.slow
def test_a_suite_has_loaded_and_served_bases_and_ranks_them_apart(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = suite(tmp_path, URL=api.url, RESULTS=str(tmp_path / "results"))
    kinds = [type(base) for base in load(file, Suite).bases]
    assert kinds == [BaseSpec, spec.ServedSpec]
    assert main(["run", str(file), "--quiet"]) == 0
    records = tmp_path / "results"
    assert main(["verify", str(records)]) == 0
    capsys.readouterr()
    for record in records.rglob("run.json"):  # as if all rows had been run: limited runs are never ranked
        data = json.loads(record.read_text())
        whole = {**data["protocol"], "id": "made-up/first-rows/v1"}  # that of the task has more rows
        data["provenance"]["fingerprint"]["limit"] = None
        record.write_text(json.dumps({**data, "limit": None, "protocol": whole}))
    board = boards(records, capsys)
    ranked = {row["name"]: row["rank"] for row in board if row["adapter"] is None}
    assert ranked["toy"] is not None and ranked["SmolLM2-135M-Instruct"] is None
    assert "computed by this program, the rest by another engine" in drawn(records, capsys)
    everyone = {row["name"]: row["rank"] for row in boards(records, capsys, "--across-engines")}
    assert None not in everyone.values()
    assert "ranked across engines, as asked" in drawn(records, capsys, "--across-engines")


def boards(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[Mapping[str, Any]]:
    assert main(["leaderboard", str(folder), "--format", "json", *more]) == 0
    rows: list[Mapping[str, Any]] = json.loads(capsys.readouterr().out)["sections"][0]["rows"]
    return rows


def drawn(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["leaderboard", str(folder), "--lang", "en", *more]) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
def test_runs_of_two_engines_are_compared_only_when_asked(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(api, tmp_path, "--tasks", "phin_demo_sentiment", args="tokenizer=smollm2-135m-instruct,dtype=float32")
    evaluate(api, tmp_path, "--tasks", "phin_demo_sentiment", args="tokenizer=smollm2-135m-instruct,dtype=bfloat16")
    capsys.readouterr()
    names = ["toy@float32", "toy@bfloat16", "--results", str(tmp_path / "results"), "--lang", "en"]
    assert main(["compare", *names]) == 0
    assert "not tested: another engine (--across-engines tests it)" in capsys.readouterr().out
    assert main(["compare", *names, "--across-engines"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "A was computed by local-completions, float32, B by local-completions, bfloat16" in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tokenizer:": "tokeniser:"}, "suite.yaml:8: unknown key 'tokeniser' (did you mean 'tokenizer'?)"),
        ({"local-completions": "local-completion"}, "did you mean 'local-completions'?"),
        ({"compute_dtype: float32": "compute_dtype: float31"}, "did you mean 'float32'?"),
        ({"{name: tuned}": "{name: tuned}, {name: tuned}"}, "the same adapter is named twice"),
    ],
)
def test_a_slip_in_a_served_base_is_reported_with_its_line(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    with pytest.raises(BenchError) as caught:
        load(suite(tmp_path, URL="http://127.0.0.1:9", RESULTS=str(tmp_path), **changes), Suite)
    assert words in str(caught.value) and "suite.yaml:" in str(caught.value)


@pytest.mark.slow
def test_written_answers_are_read_as_labels(api: Api, tmp_path: Path) -> None:
    api.say = lambda text: f"Sentiment: {('negative', 'neutral', 'positive')[zlib.crc32(text.encode()) % 3]}\nBecause"
    found = evaluate(api, tmp_path, "--tasks", "phin_demo_sentiment", engine="local-chat-completions")
    one = found["phin_demo_sentiment_gen"]
    assert one.diagnostics.invalid == 0
    lines = (tmp_path / "results").rglob("samples.jsonl")
    answers = [json.loads(line)["answer"].split() for file in lines for line in file.read_text().splitlines()]
    assert {label for label, _ in answers} <= {"negative", "neutral", "positive"}
    assert {reason for _, reason in answers} == {"Because"}  # the turn ends an answer, not its first line break
