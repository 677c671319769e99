"""Entities read from lines: the line of scoring/spans.py, and the lists that models write in its place.

The rule of `parse_entities`. Lines are gone through from the first that is not blank.

1. "none" and the like (`says_nothing`), before any entity: there is none.
2. A line has pieces between semicolons, or between commas where two of those parts are typed. A piece is typed where
   it is one of
     TYPE: name      (with "-", "|", "=" or a tab in place of the colon, or [TYPE] name)
     name: TYPE      name (TYPE)      name, TYPE      name | TYPE      name is a TYPE
     (name, TYPE)    name -> TYPE
   where bullets, numbers and marks of emphasis may be around it, and a word and a colon before the first
   ("Entities:"). Types are compared as written, then without case, then by alias. What a name means is decided
   in scoring/surfaces.py. A piece without a type directly after a typed one is of its type where it is a name in the
   text ("ORG: Nokia; Ericsson").
3. A line of nothing but a type heads a list: the lines after it, with a bullet or found in the text, are of that type.
4. The answer continues as long as its lines are typed, heads or in a list; blank ones are ignored. Lines before the
   first such line are ignored too, up to one that begins another example (a word of PROMPTS and a colon, unless it
   repeats the text). The first other line ends the answer, so what a model runs on with is not read.
5. Where nothing is typed at all, the pieces of the first line are format problems.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from phingpt_bench.scoring.entities import Parsed, Piece, align
from phingpt_bench.scoring.line_form import split_mark, split_pieces, unescape
from phingpt_bench.scoring.no_entities import says_nothing
from phingpt_bench.scoring.occurrences import Finder, as_seen
from phingpt_bench.scoring.reading import PLAIN, Rules
from phingpt_bench.scoring.surfaces import WRAPPING, Surfaces, is_suffix
from phingpt_bench.scoring.type_names import type_reader
from phingpt_bench.scoring.words import PROMPTS

_BULLET = re.compile(r"\A\s*(?:[-*•·‣▪●○–—+>#]{1,6}|\(?\d{1,3}[.)\]]|[a-z][.)])\s+")
_FENCE = re.compile(r"\s*(?:```|~~~)\w*\s*")
_HEADED = re.compile(r"\s*[\[(<{]\s*([^\[\](){}<>]{1,40})\s*[\])>}]\s*[:\-–—=]?\s*(?=\S)")
_TYPE_BEHIND = re.compile(r"(.+?)\s*[(\[<{]\s*([^()\[\]<>{}]{1,40})\s*[)\]>}]", re.DOTALL)
_BETWEEN = (":", "\t", "|", "->", "=>", "→", "⇒", " - ", " – ", " — ", "=", " is an ", " is a ", ", ")
_TUPLE = re.compile(r"\(\s*([^(),\n]{1,200}),\s*([^(),\n]{1,200})\)(?:\s*[\],.])*")  # to the end of their list
_COMMA = re.compile(r",\s+")
_LONGEST_LIST = 20_000  # characters of a list that is divided by commas
_LONGEST_PIECE = 400  # characters of a piece in another order than TYPE: name


def parse_entities(answer: str, text: str, types: Sequence[str], rules: Rules = PLAIN) -> Parsed:
    """The spans of `text` that `answer` names, by the rule above; never raises, whatever the answer is.

    Characters of category Cf are disregarded where the text holds none. What an entity means is decided by `align`.
    """
    find = Finder(text)
    pieces = _Reader(text, find, type_reader(tuple(types), rules.type_aliases)).pieces(as_seen(answer, text))
    return Parsed() if pieces is None else align(pieces, text, nested=rules.nested, find=find)


class _Reader:
    """Goes through the lines of one answer. head: the type of the list that is open, None outside of one."""

    def __init__(self, text: str, find: Finder, read_type: Callable[[str], str | None]):
        self.text, self.find, self.read_type = text, find, read_type
        self.surfaces = Surfaces(find)
        self.head: str | None = None

    def pieces(self, answer: str) -> list[Piece] | None:
        """The pieces in order; None if the answer says that there is not an entity."""
        lines = answer.split("\n") if "\r" not in answer else re.split(r"[\r\n]", answer)
        found: list[Piece] = []
        heads: list[str] = []
        first: str | None = None
        started = False
        for line in lines:
            if not line.strip() or (_FENCE.fullmatch(line) and not started):
                continue
            if not started and says_nothing(self._unheaded(line)):
                return None  # rule 1
            first = line if first is None else first
            if (head := self._head(line)) is not None:  # rule 3
                self.head, started = head, True
                heads.append(head)
            elif (own := self._line(line, is_first=not started)) is not None:  # rule 2
                found += own
                started = True
            elif started or self._begins_another(line):  # rule 4
                break
        if found:
            return found
        if not started:  # rule 5
            return [Piece(None, piece.strip()) for piece in split_pieces(first or "")]
        # every type without a name after it says that there is none; one type alone is a list that was cut
        return [Piece(heads[0], "")] if len(heads) == 1 else None

    def _line(self, line: str, *, is_first: bool) -> list[Piece] | None:
        """The pieces of a line that belongs to the answer; None for any other line."""
        pieces: list[Piece] = []
        typed = False
        before: str | None = None
        for written in self._parted(self._without_tuples(line)):
            own, type_ = self._piece(written, is_first and before is None and not pieces)
            if type_ is None and before is not None and (surface := self.surfaces.known(written.strip())) is not None:
                own, type_ = [Piece(before, surface)], before
            if type_ is None and self.head is not None:
                own, type_ = self._item(written)
            typed = typed or type_ is not None
            before = type_
            pieces += own if type_ is not None else [Piece(None, written.strip())]
        return pieces if typed else None

    def _without_tuples(self, line: str) -> str:
        """A line with "PER: Anna Lee;" in place of "(Anna Lee, PER)" and "(PER, Anna Lee)"."""

        def typed(match: re.Match[str]) -> str:
            first, second = self._type(match[1]), self._type(match[2])
            if (first is None) == (second is None):
                return match[0]
            return f"{second}: {match[1].strip()};" if second else f"{first}: {match[2].strip()};"

        return _TUPLE.sub(typed, line)

    def _parted(self, line: str) -> Iterator[str]:
        """The pieces of a line: between semicolons, and between commas where two or more of those parts are typed."""
        for written in split_pieces(line):
            parts: list[str] = []
            for part in _COMMA.split(written) if "," in written and len(written) <= _LONGEST_LIST else ():
                if parts and is_suffix(part):
                    parts[-1] += f", {part}"
                else:
                    parts.append(part)
            if len(parts) > 1 and sum(self._piece(part, False)[1] is not None for part in parts) > 1:
                yield from parts
            else:
                yield written

    def _piece(self, written: str, is_first: bool) -> tuple[list[Piece], str | None]:
        """(what a piece names, its type); ([], None) where it is not typed. ([], type) where it says that none is."""
        name, colon, rest = written.partition(":")
        type_ = self._type(name) if colon else None
        if type_ is None and colon and is_first:  # "Entities: PER: Anna Lee"
            inner, colon, behind = rest.partition(":")
            if colon and (type_ := self._type(inner)) is not None:
                rest = behind
        if type_ is not None:
            return self._of_type(type_, rest), type_
        if len(written) > _LONGEST_PIECE:
            return [], None
        return self._turned(_BULLET.sub("", written, count=1).strip())

    def _of_type(self, type_: str, written: str) -> list[Piece]:
        written, marks = split_mark(written)
        surface = unescape(written)
        return [Piece(type_, surface, marks)] if marks else list(self.surfaces.pieces(type_, surface))

    def _turned(self, written: str) -> tuple[list[Piece], str | None]:
        """A piece in another order than TYPE: name."""
        if (match := _HEADED.match(written)) and (type_ := self._type(match[1])) is not None:
            return self._of_type(type_, written[match.end() :]), type_
        bare = written.rstrip(". ")
        if (match := _TYPE_BEHIND.fullmatch(bare)) and (type_ := self._type(match[2])) is not None:
            return self._of_type(type_, match[1]), type_
        cells = [cell for cell in bare.split("|") if cell.strip()] if "|" in bare else []
        if len(cells) == 2:  # a row of a table
            bare = "|".join(cells)
        for sign in _BETWEEN:
            left, found, right = bare.rpartition(sign)
            if found and left.strip(WRAPPING) and (type_ := self._type(right)) is not None:
                return self._of_type(type_, left.strip(WRAPPING)), type_
            left, found, right = bare.partition(sign)
            if found and right.strip() and sign != ", " and (type_ := self._type(left)) is not None:
                return self._of_type(type_, right), type_
        return [], None

    def _item(self, written: str) -> tuple[list[Piece], str | None]:
        """A line of the list that is open."""
        assert self.head is not None
        bullet = _BULLET.match(written)
        bare = written[bullet.end() :].strip() if bullet else written.strip()
        own = list(self.surfaces.pieces(self.head, bare))
        in_text = any(self.find(piece.surface) for piece in own)
        return (own, self.head) if bullet or in_text or not own else ([], None)

    def _head(self, line: str) -> str | None:
        """The type that a line consists of: "PER:", "## Persons", "**ORG**"."""
        name, _, rest = line.partition(":")
        if len(name) > _LONGEST_PIECE or rest.strip(" \t*_"):
            return None
        return self._type(name)

    def _unheaded(self, line: str) -> str:
        """A line without a word and a colon before what it says: "Entities: none"."""
        head, colon, rest = line.partition(":")
        return rest if colon and rest.strip() and len(head) < 40 and self._type(head) is None else line

    def _type(self, name: str) -> str | None:
        name = name.strip()
        if (type_ := self.read_type(name)) is not None:
            return type_
        bare = _BULLET.sub("", name + " ", count=1).strip(WRAPPING + ".")
        return self.read_type(bare) if bare else None

    def _begins_another(self, line: str) -> bool:
        word, colon, rest = line.strip().partition(":")
        return bool(colon) and word.strip(WRAPPING).casefold() in PROMPTS and rest.strip() != self.text.strip()
