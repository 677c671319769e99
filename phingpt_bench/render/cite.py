"""BibTeX for what a board rests on: the tool, lm-eval, the datasets and the published rows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from phingpt_bench import __version__
from phingpt_bench.board.published.rows import Source
from phingpt_bench.board.values import Board
from phingpt_bench.data.passport import Passport
from phingpt_bench.text.latex_text import escape

Fields = dict[str, str | None]

TOOL: Fields = {
    "title": "phingpt-bench: base versus {QLoRA} on financial sentiment and named-entity recognition",
    "author": "{The phingpt-bench maintainers}",
    "note": f"version {__version__}",
}
HARNESS: Fields = {
    "title": "The Language Model Evaluation Harness",
    "author": "Gao, Leo and others",
    "year": "2024",
    "publisher": "Zenodo",
    "doi": "10.5281/zenodo.12608602",
}
_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_AUTHORS = re.compile(r"(?P<names>[A-Z][^;:]*?) (?P<year>(?:19|20)\d\d)\b")


def bibtex(board: Board, passports: Iterable[Passport]) -> str:
    """An entry for each thing that a board uses, newline at the end.

    passports: of the board's protocols. Of papers only that is said which passports and published results hold: names
    of authors may lack their first names.
    """
    entries = [_entry("misc", "phingpt-bench", TOOL), _entry("misc", "lm-eval", HARNESS)]
    datasets: dict[str, Passport] = {}
    for passport in passports:
        datasets.setdefault(passport.origin.folder, passport)
    entries += [_entry("misc", f"data-{_key(name)}", _dataset(passport)) for name, passport in datasets.items()]
    sources: dict[str, Source] = {}
    for section in board.sections:
        for row in section.published:
            for value in row.metrics.values():
                sources.setdefault(value.source.key, value.source)
    entries += [_entry("misc", f"published-{_key(name)}", _source(source)) for name, source in sources.items()]
    return "\n".join(entries)


def _dataset(passport: Passport) -> Fields:
    origin = passport.origin
    paper = "" if origin.paper.startswith("none") else origin.paper
    found = _AUTHORS.match(paper)
    arxiv = _ARXIV.search(paper.split(";")[0])
    place = None if origin.hub is None else f"Hugging Face: {origin.hub}"
    if place is not None and origin.revision:
        place = f"{place}, revision {origin.revision[:12]}"
    licence = "" if origin.licence == "unknown" else f"licence: {origin.licence}"
    return {
        "title": f"{{{escape(passport.title)}}}",
        "author": None if found is None else _authors(found["names"]),
        "year": None if found is None else found["year"],
        "howpublished": None if place is None else escape(place),
        **_eprint(None if arxiv is None else arxiv[1]),
        "note": escape("; ".join(filter(None, (paper, licence, f"protocol {passport.protocol}")))),
    }


def _source(source: Source) -> Fields:
    place = ", ".join(filter(None, (source.repository, source.path)))
    if place and source.commit:
        place = f"{place}, commit {source.commit[:12]}"
    return {
        "title": f"{{{escape(source.title)}}}",
        "year": f"20{source.arxiv[:2]}" if source.arxiv else None,
        "howpublished": escape(place) or None,
        **_eprint(source.arxiv),
        "note": None if source.table is None else escape(source.table),
    }


def _eprint(arxiv: str | None) -> Fields:
    return {} if arxiv is None else {"eprint": arxiv, "archiveprefix": "arXiv"}


def _authors(names: str) -> str:
    """Names as BibTeX wants them: "Malo and others" for "Malo et al."."""
    if names.endswith(" et al."):
        return f"{escape(names.removesuffix(' et al.'))} and others"
    parts = [name.strip() for part in names.split(",") for name in part.split(" and ")]
    return " and ".join(escape(name) for name in parts if name)


def _key(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


def _entry(kind: str, key: str, fields: Fields) -> str:
    if not fields.get("author"):
        fields = {**fields, "key": fields["title"]}  # by which styles sort what has no author
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}\n"])
