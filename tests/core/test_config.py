"""Strict YAML: every mistake at once, each with its line. Files of JSON: whole or not at all, or one clear error."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from phingpt_bench.core import config, jsonio, yamlfile
from phingpt_bench.core.errors import BenchError


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    r: int
    dropout: float = 0.0
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    name: str
    lora: Lora
    learning_rate: float = 1e-4
    kind: Literal["labels", "spans"] = "labels"
    limit: int | None = None
    out: Path = Path("out")
    shuffle: bool = True
    weights: dict[str, float] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=lambda: [0])
    when: int | str = 0
    anything: Any = None

    def __post_init__(self) -> None:
        if self.limit == 0:
            raise ValueError("limit is 0: nothing would run")
        if self.limit == -1:
            raise BenchError("limit is negative", hint="leave it out for all rows")


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    path = write(folder, text)
    with pytest.raises(BenchError) as caught:
        config.load(path, Recipe)
    return [line.replace(str(path), "F") for line in str(caught.value).splitlines()]


def test_every_type_is_read(tmp_path: Path) -> None:
    text = """\
name: demo
lora: {r: 8, dropout: 0, modules: [q_proj, v_proj]}
learning_rate: 8e-4
kind: spans
limit: 12
out: a/b
shuffle: false
weights: {x: 1, y: 0.5}
seeds: [1, 2]
when: soon
anything: {a: [1]}
"""
    got = config.load(write(tmp_path, text), Recipe)
    assert got == Recipe(
        name="demo",
        lora=Lora(r=8, dropout=0.0, modules=("q_proj", "v_proj")),
        learning_rate=8e-4,
        kind="spans",
        limit=12,
        out=Path("a/b"),
        shuffle=False,
        weights={"x": 1.0, "y": 0.5},
        seeds=[1, 2],
        when="soon",
        anything={"a": [1]},
    )
    assert isinstance(got.lora.dropout, float)
    assert isinstance(got.lora.modules, tuple)


def test_defaults_and_null(tmp_path: Path) -> None:
    got = config.load(write(tmp_path, "name: a\nlora: {r: 1}\nlimit: null\n"), Recipe)
    assert (got.limit, got.learning_rate, got.seeds) == (None, 1e-4, [0])


@pytest.mark.parametrize(("text", "value"), [("1e-4", 1e-4), ("1E-4", 1e-4), ("-2e3", -2e3), ("1.5e-4", 1.5e-4)])
def test_numbers_that_yaml_reads_as_text(tmp_path: Path, text: str, value: float) -> None:
    got = config.load(write(tmp_path, f"name: a\nlora: {{r: 1}}\nlearning_rate: {text}\n"), Recipe)
    assert got.learning_rate == value


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = """\
name: 7
lora:
  rr: 8
  dropout: yes
  modules: q_proj
lerning_rate: 1
limit: 1.5
kind: span
weights: {x: a}
seeds: [1, two]
when: []
"""
    assert mistakes(tmp_path, text) == [
        "F:1: name: expected text, got 7 (put it in quotes)",
        "F:2: lora: missing key 'r'",
        "F:3: unknown key 'rr' (did you mean 'r'?)",
        "F:4: lora.dropout: expected a number, got true",
        "F:5: lora.modules: expected a list, got 'q_proj'",
        "F:6: unknown key 'lerning_rate' (did you mean 'learning_rate'?)",
        "F:7: limit: expected a whole number, got 1.5",
        "F:8: kind: unknown value 'span' (did you mean 'spans'?)",
        "F:9: weights.x: expected a number, got 'a'",
        "F:10: seeds[1]: expected a whole number, got 'two'",
        "F:11: when: expected a whole number or text, got a list of 0",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["F: missing key 'name'", "F: missing key 'lora'"]),
        ("- a\n", ["expected a mapping"]),
        ("just words\n", ["expected a mapping"]),
        ("name: a\nlora: {r: true}\n", ["F:2: lora.r: expected a whole number, got true"]),
        ("name: on\nlora: {r: 1}\n", ["F:1: name: expected text, got true (put it in quotes)"]),
        ("name: a\nlora: {r: 1}\nlearning_rate: .nan\n", ["F:3: learning_rate: expected a number, got nan"]),
        ("name: a\nlora: {r: 1}\nname: b\n", ["F:3: key 'name' is given twice, first in line 1"]),
        ("name: a\nlora: {r: 1}\nlimit: 0\n", ["F:1: limit is 0: nothing would run"]),
        ("name: a\nlora: {r: 1}\nlimit: -1\n", ["F:1: limit is negative (leave it out for all rows)"]),
        ("name: a\nlora:\n", ["F:2: lora: expected a mapping with the keys r, dropout, modules, got null"]),
    ],
)
def test_awkward_files(tmp_path: Path, text: str, told: list[str]) -> None:
    lines = mistakes(tmp_path, text)
    assert len(lines) == len(told)
    for line, part in zip(lines, told, strict=True):
        assert part in line


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: [1, 2\nb: 3\n", 2, "expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", 2, "spaces, not with tabs"),
        ("a: 'x\n", 2, "quoted scalar"),
        ("a: 1\nb: !function x.y\n", 2, "!function"),
        ("a: 1\n b: 2\n", 2, "mapping values are not allowed"),
    ],
)
def test_syntax_errors_have_a_line(tmp_path: Path, text: str, line: int, part: str) -> None:
    path = write(tmp_path, text)
    for read in (lambda: config.load(path, Recipe), lambda: yamlfile.load_yaml(path)):
        with pytest.raises(BenchError) as caught:
            read()
        assert str(caught.value).startswith(f"{path}:{line}: ")
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("limit: 2026-13-45", "'2026-13-45' cannot be read as timestamp (month must be in 1..12)"),
        ("limit: 2026-02-30 25:00:00", "'2026-02-30 25:00:00' cannot be read as timestamp"),
        ("limit: !!int twelve", "'twelve' cannot be read as int"),
        ("limit: !!bool perhaps", "'perhaps' cannot be read as bool"),
        ("limit: !!timestamp soon", "'soon' cannot be read as timestamp"),
    ],
)
def test_a_value_that_cannot_be_what_it_looks_like(tmp_path: Path, text: str, part: str) -> None:
    path = write(tmp_path, f"name: a\n{text}\nlora: {{r: 1}}\n")
    for read in (lambda: config.load(path, Recipe), lambda: yamlfile.load_yaml(path)):
        with pytest.raises(BenchError) as caught:
            read()
        assert str(caught.value).startswith(f"{path}:2: YAML syntax: {part}")
        assert caught.value.hint == "put it in quotes if it is meant as text"


def test_nested_too_deeply(tmp_path: Path) -> None:
    path = write(tmp_path, "a: " + "[" * 5000 + "]" * 5000)
    with pytest.raises(BenchError, match="more than 100 levels deep"):
        config.load(path, Recipe)


def test_control_characters_and_bad_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, "a: \x00\n")
    with pytest.raises(BenchError, match="YAML syntax"):
        yamlfile.load_yaml(path)
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(BenchError, match="not readable"):
        yamlfile.load_yaml(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no such file"):
        config.load(tmp_path / "none.yaml", Recipe)


def test_build_names_its_origin() -> None:
    assert config.build(Lora, {"r": 2}, "the --set option") == Lora(r=2)
    with pytest.raises(BenchError, match=r"^the --set option: missing key 'r'$"):
        config.build(Lora, {}, "the --set option")


def test_load_yaml_gives_plain_values(tmp_path: Path) -> None:
    assert yamlfile.load_yaml(write(tmp_path, "a: [1, {b: c}]\n")) == {"a": [1, {"b": "c"}]}
    assert yamlfile.load_yaml(write(tmp_path, "")) is None


def test_files_are_written_whole_with_their_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.json"
    jsonio.write_json(path, {"x": 1})
    jsonio.write_json(path, {"x": None})
    assert jsonio.read_json(path) == {"x": None}
    with pytest.raises(ValueError, match="JSON compliant"):
        jsonio.write_json(path, {"x": float("nan")})
    assert jsonio.read_json(path) == {"x": None}
    assert [one.name for one in path.parent.iterdir()] == ["c.json"]  # nothing temporary is left behind


def test_a_folder_where_a_file_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(BenchError, match="is a folder") as caught:
        jsonio.write_text(tmp_path / "out", "x")
    assert caught.value.where == str(tmp_path / "out")
    assert caught.value.hint
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("below", ["x", "x/y/z"])
def test_a_file_where_a_folder_is_wanted(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / below
    with pytest.raises(BenchError, match="is a file, not a folder") as caught:
        jsonio.write_jsonl(path, [1])
    assert caught.value.where == str(path)
    assert str(tmp_path / "file") in caught.value.message


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC, errno.EROFS])
def test_a_path_that_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*args: object, **kwargs: object) -> None:  # the tests may run as a user whom nothing is forbidden
        raise OSError(number, os.strerror(number), "some.tmp")

    monkeypatch.setattr(jsonio.os, "replace", refuse)
    with pytest.raises(BenchError) as caught:
        jsonio.write_json(tmp_path / "a.json", 1)
    assert caught.value.where == str(tmp_path / "a.json")
    assert os.strerror(number) in caught.value.message
    assert list(tmp_path.iterdir()) == []


def test_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    jsonio.write_jsonl(path, [{"a": "é"}, None, [1]])
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [{"a": "é"}, None, [1]]


def test_a_tilde_in_a_path_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "r.yaml").write_text("name: a\nlora: {r: 1}\nout: ~/out\n", encoding="utf-8")
    assert config.load(Path("~/r.yaml").expanduser(), Recipe).out == tmp_path / "out"
    assert config.load_shipped("recipe", tmp_path / "none", "~/r.yaml", Recipe).out == tmp_path / "out"
