"""The reference page and the JSON schemas are those that the code gives, and fit what the program writes."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType

import pytest
from helpers.board_factory import example_runs
from helpers.paths import ROOT
from helpers.published import published

from phingpt_bench.board.sections import build
from phingpt_bench.core.records import to_dict
from phingpt_bench.render.board.board_export import to_json

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: pip install -e '.[test]'")


@pytest.fixture(scope="module")
def generated() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generated", ROOT / "docs" / "generated.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date_and_explains_every_key(generated: ModuleType) -> None:
    text = generated.reference()
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == text, "run: python docs/generated.py"
    assert [line for line in text.splitlines() if line.endswith("|  |")] == []


def test_the_schemas_are_up_to_date(generated: ModuleType) -> None:
    for name, schema in generated.schemas().items():
        jsonschema.Draft202012Validator.check_schema(schema)
        file = ROOT / "docs" / "schemas" / name
        assert json.loads(file.read_text(encoding="utf-8")) == schema, "run: python docs/generated.py"


def valid(schema: dict[str, object], value: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def test_what_is_written_fits_its_schema(generated: ModuleType) -> None:
    schemas = generated.schemas()
    for run in example_runs():
        assert valid(schemas["run.json"], json.loads(json.dumps(to_dict(run.record)))) == []
        assert valid(schemas["outcomes.json"], json.loads(json.dumps(to_dict(run.outcomes)))) == []
    board = json.loads(to_json(build(example_runs(), published())))
    assert valid(schemas["board.json"], board) == []
    for file in sorted((ROOT / "results" / "smollm2-135m" / "runs").rglob("run.json"))[::9]:
        record = json.loads(file.read_text(encoding="utf-8"))
        if record["schema_version"] == 4:
            assert valid(schemas["run.json"], record) == [], file


def test_a_wrong_value_does_not_fit(generated: ModuleType) -> None:
    record = json.loads(json.dumps(to_dict(example_runs()[0].record)))
    assert valid(generated.schemas()["run.json"], {**record, "limit": 0})
    assert valid(generated.schemas()["run.json"], {**record, "more": 1})
