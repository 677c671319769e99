"""The names under which answers mention the types of entities."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

# full names of the types of CoNLL-2003 and FiNER-ORD, as models write them for PER, ORG and LOC
FULL_NAMES = {
    "PER": ("person", "persons", "people", "persona", "personas"),
    "ORG": ("organization", "organisation", "organizations", "organisations", "organización", "organizaciones"),
    "LOC": ("location", "locations", "lugar", "lugares", "ubicación"),
    "MISC": ("miscellaneous",),
}


@lru_cache(maxsize=256)
def type_reader(types: tuple[str, ...], aliases: tuple[tuple[str, str], ...] = ()) -> Callable[[str], str | None]:
    """From a type as written to one of `types`: as written, then without case; None for any other.

    aliases: pairs (as written, type). FULL_NAMES of the types are read too, where they are not types themselves.
    """
    known = {type_.casefold(): type_ for type_ in reversed(types)} | {type_: type_ for type_ in types}
    for name, type_ in (*aliases, *((name, type_) for type_, names in FULL_NAMES.items() for name in names)):
        if type_ in types:
            known.setdefault(name, type_)
            known.setdefault(name.casefold(), type_)
    return lambda name: known.get(name) or known.get(name.casefold())
