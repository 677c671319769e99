"""`KEY=VALUE`: put over a file's values, checked as they are, and named where they are at fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.overrides import applied, folder_suffix, given, parsed
from phingpt_bench.evaluate.suite import Suite, load_suite
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.train.recipe import Recipe, load_recipe

FILE = """\
name: mine
tasks: [a, b]
base: {model: tiny}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def read(file: Path, *texts: str) -> Recipe:
    return config.load(file, Recipe, parsed(texts))


def error(file: Path, *texts: str) -> str:
    with pytest.raises(BenchError) as caught:
        read(file, *texts)
    said = caught.value
    return (f"{said.where}: " if said.where else "") + str(said.message).replace(str(file), "F")


def test_keys_of_every_kind(file: Path) -> None:
    recipe = read(
        file, "epochs=2", "lora.r=8", "base.quantisation=none", "tasks.1=c", "tasks[2]=d", "learning_rate=1e-4",
        "lora.target_modules=[q_proj, v_proj]",
    )  # fmt: skip
    assert (recipe.epochs, recipe.learning_rate, recipe.tasks) == (2, 1e-4, ["a", "c", "d"])
    assert (recipe.lora.r, recipe.lora.alpha, recipe.lora.target_modules) == (8, 32, ["q_proj", "v_proj"])
    assert (recipe.base.model, recipe.base.quantisation) == ("tiny", "none")


def test_items_that_the_file_lacks_are_made() -> None:
    suite = load_suite("demo", parsed(["variants.1.shots=2", "trained_on={smollm2-135m-instruct: [fpb]}", "limit="]))
    assert suite.variants == [Variant(), Variant(shots=2)]
    assert suite.trained_on == {"smollm2-135m-instruct": ["fpb"]}
    assert suite.limit is None


def test_values_are_as_strict_as_the_file_and_name_the_override(file: Path) -> None:
    for text, said in (
        ("epochs=x", "epochs=x: epochs: expected a whole number, got 'x'"),
        ("epochs=true", "epochs=true: epochs: expected a whole number, got true"),
        ("epoch=1", "epoch=1: unknown key 'epoch' (did you mean 'epochs'?)"),
        ("loras.r=1", "loras.r=1: unknown key 'loras' (did you mean 'lora'?)"),
        ("lora.alphas=1", "lora.alphas=1: unknown key 'alphas' (did you mean 'alpha'?)"),
        ("epochs=0", "epochs=0: epochs is at least 1"),  # a check across fields
        (
            "base.quantisation=int8",
            "base.quantisation=int8: base.quantisation: unknown value 'int8' (known: nf4, none)",
        ),
        ("tasks=a", "tasks=a: tasks: expected a list, got 'a'"),
        ("tasks.3=a", "tasks.3=a: there is no item 3: the list has 2, counted from 0"),
        ("name.x=1", "name.x=1: 'name' is not a mapping, so it has no key 'x'"),
        ("tasks.x=1", "tasks.x=1: 'tasks' is a list, whose items are named by their places, so it has no key 'x'"),
        ("tasks=[a", "tasks=[a: the value is not YAML: did not find expected ',' or ']'"),
        ("lora={r: 1, r: 2}", "lora={r: 1, r: 2}: the value is not YAML: a key is given twice"),
        ("name=2024-13-01", "name=2024-13-01: the value is not YAML: month must be in 1..12"),
    ):
        assert error(file, text) == said


@pytest.mark.parametrize("text", ["epochs", "=1", "1=2", "lora.=1", "lora[x]=1", "a b=1"])
def test_what_is_no_override(file: Path, text: str) -> None:
    assert error(file, text) == f"'{text}' is not an override"


def test_a_key_is_given_once(file: Path) -> None:
    assert error(file, "lora.r=1", "lora.r=2") == "the same key is given twice: lora.r=1 and lora.r=2"
    assert error(file, "tasks.0=x", "tasks[0]=y") == "the same key is given twice: tasks.0=x and tasks[0]=y"


def test_only_the_override_at_fault_is_named(file: Path) -> None:
    assert error(file, "seed=1", "epochs=0", "lora.r=4") == "epochs=0: epochs is at least 1"
    two = error(file, "epochs=x", "seed=1", "warmup=y").splitlines()
    assert [line.partition(":")[0] for line in two] == ["epochs=x", "warmup=y"]


def test_a_mistake_of_the_file_keeps_its_line(file: Path) -> None:
    file.write_text(FILE + "epoch: 1\nwarmup: 2\n", encoding="utf-8")
    assert error(file, "seed=1") == "F:4: unknown key 'epoch' (did you mean 'epochs'?)"
    file.write_text(FILE + "warmup: 2\n", encoding="utf-8")
    assert error(file, "seed=1") == "F:1: warmup is from 0 up to 1"
    assert read(file, "warmup=0.5").warmup == 0.5  # an override may put a file right


def test_a_mistake_that_two_overrides_share(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("name: s\ntasks: [a]\nbases: [{}]\n", encoding="utf-8")
    with pytest.raises(BenchError) as caught:
        config.load(path, Suite, parsed(["adapters.0.recipe=demo", "seed=1", "adapters.0.path=x"]))
    named = "adapters.0.recipe=demo adapters.0.path=x"
    assert str(caught.value) == f"{named}: adapters[0]: give either 'recipe' or 'path'"


def test_values_of_python() -> None:
    suite = load_suite("demo", given({"limit": 3, "bases.0.device": "cpu"}))
    assert (suite.limit, suite.bases) == (3, [BaseSpec(device="cpu")])
    with pytest.raises(BenchError, match=r"limit=x: limit: expected a whole number"):
        load_suite("demo", given({"limit": "x"}))
    with pytest.raises(BenchError, match="'a b' is not a key"):
        given({"a b": 1})


def test_a_dataclass_is_changed_as_a_file_is() -> None:
    recipe = load_recipe("demo")
    assert config.changed(recipe, parsed(["lora.r=4"])).lora.r == 4
    assert config.changed(recipe, ()) is recipe
    with pytest.raises(BenchError, match=r"^lora\.r=0: lora\.r is at least 1$"):
        config.changed(recipe, parsed(["lora.r=0"]))


def test_the_part_of_a_folder_name() -> None:
    assert folder_suffix(parsed(["epochs=1", "lora.target_modules=[q_proj]"])) == "epochs-1_lora.target-modules-q-proj"
    assert len(folder_suffix(parsed([f"name={'x' * 99}"]))) == 60


VALUES = st.recursive(
    st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["a", "b", "c"]), inner, max_size=3
    ), max_leaves=8,
)  # fmt: skip
KEYS = st.from_regex(r"\A[abc](\.[abc]|\.[012]){0,3}\Z")


@pytest.mark.slow
@generated(values=st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES), key=KEYS)
def test_the_value_is_where_the_key_says_and_the_rest_stays(values: dict[str, object], key: str) -> None:
    before, overrides = repr(values), given({key: "new"})
    try:
        found = applied(values, overrides)
    except BenchError:
        return
    finally:
        assert repr(values) == before
    for part in overrides[0].key:
        found = found[part if isinstance(found, list) else str(part)]  # type: ignore[index]
    assert found == "new"
