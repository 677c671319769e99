"""Files that never end, or that stand for more than a memory holds: refused in one line, in no time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from phingpt_bench.core import config, yamlfile
from phingpt_bench.core.declared import Count
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.core.jsonio import dumps, read_json, write_json
from phingpt_bench.core.outcomes import read_outcomes
from phingpt_bench.core.paths import is_name

# each of these takes a second at most; what it guards against takes minutes, or never ends
pytestmark = pytest.mark.timeout(60)


@dataclass(frozen=True)
class Anything:
    name: str = ""
    items: object = None
    numbers: tuple[int, ...] = ()
    count: Count = 0


def laughs(levels: int, open_: str = "[", close: str = "]") -> str:
    """YAML of a line a level, each nine times the one before."""
    lines = ["items:", " - &a0 [x]"]
    lines += [f" - &a{n} {open_}{', '.join([f'*a{n - 1}'] * 9)}{close}" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


MERGES = "items:\n - &a0 {x: 1}\n" + "".join(
    f" - &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12)
)
YAML = {
    "aliases": (laughs(9), "aliases stand for more than"),
    "aliases under merge keys": (MERGES, "aliases stand for more than"),
    "an alias within itself": ("items: &a [*a]\n", "part of"),
    "brackets": ("items: " + "[" * 200_000, "levels deep"),
    "closed brackets": ("items: " + "[" * 5_000 + "]" * 5_000, "levels deep"),
    "mappings": ("items: " + "{a: " * 100_000, "levels deep"),
    "dashes": ("items:\n" + "- " * 1_000_000, "levels deep"),
    "questions": ("? " * 100_000, "levels deep"),
    "a chain of aliases": (
        "items:\n - &a0 [x]\n" + "".join(f" - &a{n} [*a{n - 1}]\n" for n in range(1, 5000)),
        "aliases stand for more",
    ),
    "a number of 5,000 digits": (f"count: {'9' * 5_000}\n", "cannot be read as int"),
    "a number of 400 digits": (f"count: {'9' * 400}\n", "number of 400 digits is too large"),
    "numbers in a list": (f"numbers: [1, {'9' * 400}]\n", "number of 400 digits is too large"),
    "a python tag": ("items: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
}


@pytest.mark.parametrize(("text", "said"), YAML.values(), ids=YAML)
@pytest.mark.parametrize("read", [lambda path: config.load(path, Anything), yamlfile.load_yaml], ids=["load", "plain"])
def test_yaml_has_bounds(text: str, said: str, read: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(text)
    if read is yamlfile.load_yaml and "too large" in said:
        read(path)  # a plain value may be as large as it likes: nothing computes with it
    else:
        with pytest.raises(BenchError, match=said) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert len(str(caught.value)) < 1_000


def test_aliases_within_bounds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(laughs(4))
    assert len(yamlfile.load_yaml(path)["items"][3]) == 9
    path.write_text("name: a\nitems: " + "[" * 90 + "]" * 90 + "\n")
    assert config.load(path, Anything).name == "a"
    path.write_text("items: [" + "[[a]], " * 3_000 + "]\n")  # many brackets, none of them deep
    assert len(yamlfile.load_yaml(path)["items"]) == 3_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize(
    "read",
    [read_json, read_outcomes, yamlfile.load_yaml, lambda path: config.load(path, Anything)],
    ids=["json", "outcomes", "yaml", "strict yaml"],
)
def test_pipes_and_devices_are_not_opened(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        with pytest.raises(BenchError, match="a pipe or a device"):
            read(tmp_path / name)
    with pytest.raises(BenchError, match="folder"):
        read(tmp_path)
    with pytest.raises(BenchError, match="no such file"):
        read(tmp_path / "none")
    with pytest.raises(BenchError, match="not readable"):
        read(Path("a\0b"))


def test_a_file_beyond_all_use_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BenchError, match="larger than anything of its kind"):
        read_json(tmp_path / "sparse")
    with pytest.raises(BenchError, match="larger than anything of its kind"):
        yamlfile.load_yaml(tmp_path / "sparse")


@pytest.mark.parametrize(
    "text",
    ["[" * 1_000_000, '{"a": ' * 100_000 + "1" + "}" * 100_000, "9" * 10_000, "{", "\udcff", "[1e999999]", ""],
    ids=["open", "nested", "digits", "cut", "bytes", "infinite", "empty"],
)  # fmt: skip
def test_json_has_bounds(text: str, tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BenchError) as caught:
        read_outcomes(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("value", [10**400, 2**63, -(10**400)])
def test_numbers_beyond_all_arithmetic_are_refused(value: int, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.json"
    columns = {"kind": "spans", "labels": ["ORG"], "ids": ["a"], "counts": [[[value, value, value], [0, 0, 0]]]}
    path.write_text(json.dumps(columns))
    with pytest.raises(BenchError, match="too large"):
        read_outcomes(path)
    scores = {"kind": "scores", "labels": [], "ids": ["a"], "gold": [10**400], "pred": [0.5]}
    path.write_text(json.dumps(scores))
    with pytest.raises(BenchError, match=r"gold"):
        read_outcomes(path)


def test_json_that_is_written_moves_no_terminal(tmp_path: Path) -> None:
    value = {"name": "a\x9b31m\u202eb\x7f", "answer": "\ud800", "letters": "é中😀"}
    text = dumps(value)
    assert not set(text) & set("\x9b\u202e\x7f\ud800")
    assert "é中😀" in text
    write_json(tmp_path / "f.json", value)
    assert read_json(tmp_path / "f.json") == value


@pytest.mark.parametrize("name", ["a", "my-suite_2.1", "con-1", "console", "Über", ".hidden", "a" * 200])
def test_names_of_folders(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "...", "a/b", "a\\b", "../a", "con", "NUL.txt", "com1", "Lpt9.x.y", "a.", "a ", "a\0", "a\nb",
     "a:b", "a" * 201, "\ud800", "\u202ea"],
)  # fmt: skip
def test_names_that_no_folder_may_have(name: str) -> None:
    assert not is_name(name)


def test_text_is_utf8(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xff\xfe")
    with pytest.raises(BenchError, match="not readable"):
        read_text(tmp_path / "f")
