"""What all values of the API share: display in a notebook or as text, and conversion to a DataFrame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, overload

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.blocks import Block

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class Shown(ABC):
    """A value that notebooks show as a table, and that `print` writes as the command line does."""

    __slots__ = ()

    @abstractmethod
    def blocks(self) -> Sequence[Block]:
        """The value as blocks, without a width in mind."""

    @abstractmethod
    def records(self) -> Sequence[Mapping[str, object]]:
        """The value as flat rows of plain values, None if something is unknown."""

    def to_frame(self) -> pd.DataFrame:
        """The records as a pandas DataFrame; BenchError if pandas is not installed."""
        try:
            import pandas as pd
        except ImportError:
            raise BenchError("pandas is not installed", where="to_frame", hint="pip install pandas") from None
        return pd.DataFrame.from_records(list(self.records()))

    def to_markdown(self) -> str:
        """The value as markdown, newline at the end."""
        from phingpt_bench.text.write_markdown import markdown

        return markdown(self.blocks())

    def to_html(self) -> str:
        """The value as HTML without style or script."""
        from phingpt_bench.text.write_html import html

        return html(self.blocks())

    def to_text(self, width: int = 80) -> str:
        """The value as text of `width` columns, newline at the end."""
        from phingpt_bench.text.write_terminal import terminal

        return terminal(self.blocks(), width)

    def __str__(self) -> str:
        return self.to_text().rstrip("\n")

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        return self.to_html()


@dataclass(frozen=True, repr=False)
class ShownItems(Shown, Sequence[T]):
    """A sequence of values. Those with a task are found by its name too: `tasks["phin_fpb"]`."""

    items: tuple[T, ...]

    @abstractmethod
    def name_of(self, item: T) -> str:
        """The name of an item, by which the first with it is found."""

    @overload
    def __getitem__(self, key: int | str) -> T: ...

    @overload
    def __getitem__(self, key: slice) -> Sequence[T]: ...

    def __getitem__(self, key: int | str | slice) -> T | Sequence[T]:
        if not isinstance(key, str):
            return self.items[key]
        found = next((item for item in self.items if self.name_of(item) == key), None)
        if found is None:
            raise unknown(sentence("task"), key, [self.name_of(item) for item in self.items])
        return found

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)}>"
