"""What an error of another package says, in one line."""

import pytest

from phingpt_bench.core.errors import first_line


@pytest.mark.parametrize(
    ("err", "line"),
    [
        (ValueError("\n no such file \nmore"), "no such file"),
        (OSError(), "OSError"),
        (RuntimeError(" \n"), "RuntimeError"),
        (ValueError("one\r\ntwo"), "one"),
    ],
)
def test_an_error_without_text_is_named_by_its_class(err: Exception, line: str) -> None:
    assert first_line(err) == line
