"""What of a board is drawn, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from phingpt_bench.text.write_latex import Paper

Published = Literal["top", "all", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How much of a board a terminal shows. By default the answer, the tables of a few tasks, and one line of marks."""

    full: bool = False
    """Also every task's table, all notes, break-even, plots, published rows and the legend."""

    tables: bool = False
    """A table for each task, however many there are."""

    legend: bool = False
    """What all marks and numbers mean."""

    published: Published | None = None
    """Published rows: the best of each kind, all or none; None is "top" in full, else one line that says how many."""

    columns: Sequence[str] = ()
    """Names of `columns.COLUMNS` in place of the usual ones."""

    plot: bool | None = None
    """Cost against score under each task; None is where there is one task only, in full."""

    encoding: str = "utf-8"
    """The encoding of the output; if it has no characters for lines, plots are drawn in ASCII."""

    paper: Paper | None = None
    """How tables are set in LaTeX; None is for a page of their own."""
