"""What the fields of a dataclass mean, read from its source: for starter files, which then cannot be out of date."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import re
import textwrap


def field_texts(cls: type) -> dict[str, str]:
    """The description of each field that has one, on one line.

    It is the string below the field, or else what the docstring of the class says after the field's name and a colon
    ("limit: rows of each task."; "low, high: ..." describes both), up to the next such name.
    """
    names = {field.name for field in dataclasses.fields(cls)}
    return _in_docstring(inspect.getdoc(cls) or "", names) | _below_fields(cls)


def _in_docstring(text: str, names: set[str]) -> dict[str, str]:
    text = " ".join(text.split())
    entry = re.compile(r"(?:^|(?<=[.;:] ))((?:\w+)(?:, \w+)*): ")
    starts = [found for found in entry.finditer(text) if names.issuperset(found[1].split(", "))]
    ends = [found.start() for found in starts[1:]] + [len(text)]
    return {
        name: text[start.end() : end].strip()
        for start, end in zip(starts, ends, strict=False)  # without a start there is one end all the same
        for name in start[1].split(", ")
    }


def _below_fields(cls: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found = {}
    for field, below in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            text = ast.literal_eval(below.value) if isinstance(below.value, ast.Constant) else None
            if isinstance(text, str):
                found[field.target.id] = " ".join(text.split())
    return found
