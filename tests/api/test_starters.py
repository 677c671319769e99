"""Starter files: they load, have every key with its meaning, and overwrite nothing."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import re
from pathlib import Path

import pytest
import yaml

from phingpt_bench.api import starters
from phingpt_bench.cli.main import main
from phingpt_bench.core import config
from phingpt_bench.core.describe import field_texts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.catalogue import COUNTED
from phingpt_bench.data.passport import Origin, Passport
from phingpt_bench.data.stamp import draft
from phingpt_bench.evaluate.suite import AdapterEntry, Suite, load_suite
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.served.spec import ServedAdapter, ServedSpec
from phingpt_bench.train.recipe import Lora, Recipe, load_recipe

CLASSES = (Suite, Variant, AdapterEntry, BaseSpec, ServedSpec, ServedAdapter, Recipe, Lora, Passport, Origin)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def explained(text: str) -> list[str]:
    """The keys with a comment right above them."""
    lines = [line.strip() for line in text.splitlines()]
    keys = [line.partition(":")[0] for line in lines]
    return [key for above, key in itertools.pairwise(keys) if above.startswith("# ") and re.fullmatch(r"\w+", key)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_key_of_a_file_is_described(cls: type) -> None:
    texts = field_texts(cls)
    assert [field.name for field in dataclasses.fields(cls) if len(texts.get(field.name, "")) < 8] == []


def test_descriptions_of_both_forms() -> None:
    @dataclasses.dataclass
    class Example:
        """An example. low, high: ends of a range; null is none. kind: of it: narrow or wide."""

        low: int
        high: int
        kind: str
        bare: int = 0
        below: int = 0
        """What is said
        below it."""

    assert field_texts(Example) == {
        "low": "ends of a range; null is none.", "high": "ends of a range; null is none.",
        "kind": "of it: narrow or wide.", "below": "What is said below it.",
    }  # fmt: skip


def test_a_suite_loads_and_has_every_key(place: Path) -> None:
    assert starters.write("suite", Path("mine.yaml")) == [Path("mine.yaml")]
    suite = load_suite("mine.yaml")
    assert (suite.name, suite.bases, suite.variants) == ("mine", [BaseSpec()], [Variant()])
    text = Path("mine.yaml").read_text(encoding="utf-8")
    names = {field.name for cls in (Suite, Variant, AdapterEntry, BaseSpec) for field in dataclasses.fields(cls)}
    assert names <= set(explained(text))
    assert max(map(len, text.splitlines())) <= 102


def test_the_served_base_of_the_suite_loads_once_it_is_no_comment(place: Path) -> None:
    starters.write("suite", Path("mine.yaml"))
    block = Path("mine.yaml").read_text(encoding="utf-8").split("# A base behind a server")[1].splitlines()[1:]
    text = "\n".join(line.removeprefix("# ") for line in block)
    (value,) = yaml.safe_load(text)
    assert set(value) == {field.name for field in dataclasses.fields(ServedSpec)} <= set(explained(text))
    assert config.build(ServedSpec, value, "mine.yaml").engine == "local-completions"


def test_a_recipe_loads_with_its_defaults(place: Path) -> None:
    starters.write("recipe", Path("deep/mine.yaml"))
    assert load_recipe("deep/mine.yaml") == Recipe(name="mine", tasks=["phin_demo_sentiment", "phin_demo_ner"])
    names = {field.name for cls in (Recipe, Lora, BaseSpec) for field in dataclasses.fields(cls)}
    assert names <= set(explained(Path("deep/mine.yaml").read_text(encoding="utf-8")))


def test_a_task_has_a_passport_and_what_it_includes(place: Path) -> None:
    written = starters.write("task", Path("my_tasks/mood.yaml"))
    assert written == [Path("my_tasks/mood.yaml"), Path("my_tasks/passports/mood.yaml"), Path("my_tasks/_labels_yaml")]
    passport = draft(written[1])
    assert (passport.name, passport.labels) == ("mood", ("negative", "positive"))
    names = {field.name for cls in (Passport, Origin) for field in dataclasses.fields(cls)}
    assert names - set(COUNTED) <= set(explained(written[1].read_text(encoding="utf-8")))
    second = starters.write("task", Path("my_tasks/other.yaml"))
    assert Path("my_tasks/_labels_yaml") not in second


@pytest.mark.slow
def test_a_task_passes_the_checks_once_its_rows_are_there(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    starters.write("task", Path("my_tasks/mood.yaml"))
    rows = [
        {"text": f"Company {at} {'rose' if at % 2 else 'fell'} by {at} percent.", "label": label}
        for at in range(120)
        for label in ["positive" if at % 2 else "negative"]
    ]
    (place / "data" / "mood").mkdir(parents=True)
    for name, part in (("train", rows[:80]), ("test", rows[80:])):
        with open(place / "data" / "mood" / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["text", "label"])
            writer.writeheader()
            writer.writerows(part)
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(place / "data"))
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(place / "my_tasks"))
    assert main(["tasks", "stamp", "my_tasks/passports/mood.yaml"]) == 0
    stamped = capsys.readouterr().out
    with open("my_tasks/passports/mood.yaml", "a", encoding="utf-8") as file:
        file.write(stamped)
    assert main(["tasks", "validate", "my_tasks"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(("kind", "there"), [("suite", "a.yaml"), ("recipe", "a.yaml"), ("task", "passports/a.yaml")])
def test_nothing_is_overwritten_and_nothing_half_written(kind: str, there: str, place: Path) -> None:
    Path(there).parent.mkdir(exist_ok=True)
    Path(there).write_text("mine", encoding="utf-8")
    with pytest.raises(BenchError, match="exists already"):
        starters.write(kind, Path("a.yaml"))
    assert [path.name for path in place.rglob("*") if path.is_file()] == [Path(there).name]
    assert Path(there).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("kind", "file", "said"),
    [("suite", "a.txt", "must end in .yaml"), ("recipe", "a b.yaml", "name has only letters"),
     ("task", "a-b.yaml", "'a-b' cannot be the name of a task")],
)  # fmt: skip
def test_names_that_cannot_be(kind: str, file: str, said: str, place: Path) -> None:
    with pytest.raises(BenchError, match=re.escape(said)):
        starters.write(kind, Path(file))
    assert list(place.iterdir()) == []


def test_the_verb_says_what_it_wrote_and_what_is_next(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "recipe"]) == 0
    out = capsys.readouterr().out
    assert out == "wrote my-recipe.yaml\nnext: phingpt-bench train my-recipe.yaml --dry-run\n"
    assert main(["train", "my-recipe.yaml", "--dry-run"]) == 0
    assert main(["init", "recipe"]) == 2
    assert "my-recipe.yaml: exists already" in capsys.readouterr().err
