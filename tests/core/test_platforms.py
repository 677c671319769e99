"""What other systems do otherwise, with the system made up: Windows' limits, and memory without /proc."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from phingpt_bench.cli import main as command
from phingpt_bench.core import jsonio, machine
from phingpt_bench.core.paths import is_name
from phingpt_bench.cost import meters
from phingpt_bench.data import separated


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


def test_a_field_may_be_as_long_as_a_c_long_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []

    def field_size_limit(limit: int) -> None:
        if limit > 2**31 - 1:
            raise OverflowError("Python int too large to convert to C long")
        limits.append(limit)

    monkeypatch.setattr(csv, "field_size_limit", field_size_limit)
    separated._read("a.csv", "a,b\n1,2\n", ",", 0, csv.QUOTE_MINIMAL)
    assert limits == [2**31 - 1]


@pytest.mark.usefixtures("windows")
def test_a_file_that_is_open_elsewhere_for_a_moment_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right, refusals = Path.replace, [PermissionError(13, "used by another process")] * 3

    def replace(self: Path, target: Path) -> Path:
        if refusals:
            raise refusals.pop()
        return right(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(jsonio.time, "sleep", lambda seconds: None)
    jsonio.write_json(tmp_path / "a.json", 1)
    assert (tmp_path / "a.json").read_text() == "1\n" and len(list(tmp_path.iterdir())) == 1


def test_memory_is_known_without_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)  # none
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=8_000, available=3_000))
    assert (machine.memory_bytes(), machine.available_bytes()) == (8_000, 3_000)
    (tmp_path / "memory.max").write_text("5000")
    (tmp_path / "memory.current").write_text("4000")
    assert (machine.memory_bytes(), machine.available_bytes()) == (5_000, 1_000)
    (tmp_path / "memory.max").write_text("max")
    assert (machine.memory_bytes(), machine.available_bytes()) == (8_000, 3_000)

    def unknown() -> None:
        raise RuntimeError("no such counter")

    monkeypatch.setattr(psutil, "virtual_memory", unknown)
    assert (machine.memory_bytes(), machine.available_bytes()) == (None, None)


def test_the_peak_of_a_process_is_known_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda self, **options: (_ for _ in ()).throw(FileNotFoundError()))
    monkeypatch.setitem(sys.modules, "resource", None)  # importing it raises ImportError
    info = SimpleNamespace(peak_wset=123)
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(memory_info=lambda: info))
    assert meters.peak_host_bytes() == 123
    del info.peak_wset
    assert meters.peak_host_bytes() is None


@pytest.mark.usefixtures("windows")
def test_a_path_that_windows_does_not_take_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "/" + "a" * 300
    verb = SimpleNamespace(
        NAME="run", HELP="", EPILOG="", configure=lambda parser: None,
        run=lambda args: (_ for _ in ()).throw(FileNotFoundError(2, "No such file or directory", name)),
    )  # fmt: skip
    monkeypatch.setattr(command, "verb_module", lambda name: verb)
    assert command.main(["run"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert "a path of 301 characters is too long for Windows" in lines[0] and "--results" in lines[1]


@pytest.mark.parametrize("encoding", ["cp1252", "cp932", "ascii"])
def test_a_redirected_output_has_the_letters_that_it_can(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """Windows gives a file or a pipe the code page of the system, which has few letters of other languages."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding=encoding) for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    assert command.main(["--lang", "es", "train", "--help"]) == 0
    assert command.main(["--lang", "es", "train", "niño★"]) == 2
    out, err = (stream.buffer.getvalue().decode(encoding) for stream in map(flushed, streams.values()))
    assert ("tipo numérico" if encoding == "cp1252" else "tipo numerico") in out
    assert ("niño?" if encoding == "cp1252" else "nino") in err


def flushed(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    return stream


def test_names_of_devices_are_no_names_of_files() -> None:
    assert not any(is_name(name) for name in ("con", "NUL.json", "com1", "aux", "a:b", "a."))
