"""Answers about every label: the scores of a classifier, a distribution, ticked boxes."""

from __future__ import annotations

import re
from itertools import islice

from phingpt_bench.scoring.occurrences import UNSPACED
from phingpt_bench.scoring.vocabulary import Vocabulary

TICKED, EMPTY = "xv✓✔☑☒✅🗹●◉🔘", "☐⬜□○◯❌✗✘"
# words that may accompany the numbers of a distribution
_NUMBERED = "score probability prob p confidence logit likelihood weight value chance"
_BESIDE = frozenset(f"{_NUMBERED} label labels scores class name sentiment percent and y of the is at with a".split())
_SCORE = f"(?:{'|'.join(_NUMBERED.split())})"
_OF = r"/\s?(?P<of>\d{1,4})(?![^\W_]|[.,]\d)"  # the 10 of "3/10"
_NUMBER = (
    r"(?P<sign>(?<![^\W_])[-−–+])?(?P<number>(?<![^\W_])(?:\d+(?:[.,]\d+)?|\.\d+)(?:e[-+−]?\d+)?)(?![^\W_]|[.,]\d)"
    rf"\s*(?:%|{_OF})?"
)
_YES_NO = r"(?P<word>\b(?:true|false|yes|no|sí|si)\b)"
_BEHIND = re.compile(
    rf"[\s\"'`*_)\]}}>]*(?:[:=(|\[>~—]|->|-(?=\s)|(?<=[\"']),)?[\s\"'`*_(\[{{]*"
    rf"(?:,?\s*[\"']?{_SCORE}[\"']?\s*[:=(]?\s*)?(?:(?:is|of|at|with)\s+)?(?:a\s+)?(?:{_NUMBER}|{_YES_NO})"
)
_BEFORE = re.compile(rf"{_NUMBER}[\s\"'`*_:)(|-]*(?:(?:{_SCORE}|of|percent)\s+)*\Z")
_BOX = re.compile(rf"\[([ xv✓✔*]?)\]|\(([xv✓✔ ])\)|([{TICKED[2:]}{EMPTY}])")
_MANY = 64  # the largest number of labels in such an answer


class Choices:
    """Reads such answers, for one set of labels."""

    def __init__(self, vocabulary: Vocabulary):
        self.labels: dict[str, int] = {}
        parts = []
        for phrase, index in sorted(vocabulary.whole.items(), key=lambda item: -len(item[0])):
            words = phrase.split()
            self.labels[" ".join(words)] = index
            parts.append(r"[\W_]{1,3}".join(map(re.escape, words)))
        self.pattern = re.compile(rf"(?<![^\W_{UNSPACED}])(?:{'|'.join(parts)})(?![^\W_{UNSPACED}])") if parts else None
        self.answers = not {"yes", "no", "true", "false", "sí", "si"}.isdisjoint(self.labels)

    def __call__(self, text: str) -> set[int] | None:
        """The labels that an answer (folded) prefers, by rules 1 and 2 of scoring/labels.py: one, several or none.

        None if it is no such answer.
        """
        preferred = self._boxes(text)
        return self._scores(text) if preferred is None else preferred

    def _found(self, text: str) -> list[tuple[int, int, int]]:
        """(start, end, label) of each label that is named, by position; of the first names of a long answer."""
        found = []
        for match in self.pattern.finditer(text) if self.pattern else ():
            words = " ".join(re.findall(r"[^\W_]+(?:['.,][^\W_]+)*", match[0]))
            found.append((*match.span(), self.labels.get(words, -1)))
            if len(found) > _MANY:
                return []
        return [one for one in found if one[2] >= 0]

    def _boxes(self, text: str) -> set[int] | None:
        if not 2 <= sum(1 for _ in islice(_BOX.finditer(text), _MANY + 1)) <= _MANY:
            return None
        ticked: set[int] = set()
        named: set[int] = set()
        for line in text.split("\n"):
            boxes = list(_BOX.finditer(line))
            cuts = [0, *(at for box in boxes for at in box.span()), len(line)]
            between = [line[start:end] for start, end in zip(cuts[::2], cuts[1::2], strict=True)]
            # boxes are before their labels or after them; if after, a label comes before the first box
            own = between[:-1] if boxes and self._found(between[0]) else between[1:]
            for box, part in zip(boxes, own, strict=True):
                labels = {label for *_, label in self._found(part)}
                if len(labels) != 1:
                    continue
                named |= labels
                mark = "".join(group for group in box.groups() if group)
                if mark.strip() and mark not in EMPTY:
                    ticked |= labels
        return ticked if len(named) > 1 else None

    def _scores(self, text: str) -> set[int] | None:
        found = self._found(text)
        labels = [label for *_, label in found]
        if len(labels) < 2 or len(set(labels)) < len(labels):  # a repeated label belongs to a sentence
            return None
        values = self._behind(text, found) or self._before(text, found)
        if values is None:
            return None
        return {label for label, value in zip(labels, values, strict=True) if value == max(values)}

    def _behind(self, text: str, found: list[tuple[int, int, int]]) -> list[float] | None:
        """The number after each label ("positive: 0.8"); None if one has none, or if there are words between."""
        values = []
        for at, (_, end, _) in enumerate(found):
            last = at + 1 == len(found)
            until = _end_of_line(text, end) if last else found[at + 1][0]
            match = _BEHIND.match(text, end)
            if match is None or (match.end() > until and not last) or (match["word"] and self.answers):
                return None
            if not _only_beside(text[match.end() : until]):
                return None
            values.append(_value(match))
        return values

    def _before(self, text: str, found: list[tuple[int, int, int]]) -> list[float] | None:
        """The number before each label ("80 % positive")."""
        values, last = [], 0
        for at, (start, end, _) in enumerate(found):
            match = _BEFORE.search(text, max(last, start - 60), start)
            if match is None or (at and not _only_beside(text[last : match.start()])):
                return None
            values.append(_value(match))
            last = end
        return values


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _only_beside(text: str) -> bool:
    return not re.search(r"\d", text) and all(word in _BESIDE for word in re.findall(r"[^\W\d_]+", text))


def _value(match: re.Match[str]) -> float:
    word = match.groupdict().get("word")
    if word:
        return float(word in ("true", "yes", "sí", "si"))
    value = float(match["number"].replace(",", ".").replace("−", "-"))
    value /= float(match["of"] or 0) or 1
    return -value if match["sign"] in ("-", "−", "–") else value
