"""Files are written whole, into what the user named: a link stays a link, a pipe a pipe."""

from __future__ import annotations

import os
import threading

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import append_line, kept_lines, write_text


def test_the_target_of_a_link_is_written(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_text(tmp_path / "link", "first")
    write_text(tmp_path / "link", "second")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "second"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_written_into(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_text(tmp_path / "pipe", "text")
    reader.join(timeout=10)
    assert got == ["text"]
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644)])
def test_a_new_file_has_the_permissions_that_the_user_gives(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "file", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == mode


def test_a_folder_is_not_written(tmp_path):
    with pytest.raises(BenchError, match="is a folder"):
        write_text(tmp_path, "text")
    assert not list(tmp_path.iterdir())


def test_a_line_that_was_cut_off_is_dropped_and_the_next_one_is_whole(tmp_path):
    path = tmp_path / "folder" / "answers.jsonl"
    assert kept_lines(path) == []
    append_line(path, {"key": "a", "text": "\u2028"})
    with path.open("a", encoding="utf-8") as file:
        file.write('not JSON\n[1]\n{"key": "b", "te')
    assert kept_lines(path) == [{"key": "a", "text": "\u2028"}]
    append_line(path, {"key": "c"})
    assert [line["key"] for line in kept_lines(path)] == ["a", "c"]
