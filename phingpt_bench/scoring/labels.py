r"""The label in a freely written answer: read by words, with negation, or INVALID with a reason.

The full rule of `reader`; its code has the same numbers. The word lists are the constants of scoring/words.py.
Reasoning is removed before (scoring/reasoning.py).

**Text.** Disregarded: characters of category Cf (zero-width ones, byte order mark, soft hyphen), variation selectors,
U+034F, and control characters that are no white space (NUL). A lone surrogate becomes U+FFFD. Then NFKC, case folding,
NFKC. Every kind of line break is "\n"; the apostrophes ’ ʼ ` ´ between letters are '.

**Tokens.** A word is a longest run of letters, digits and combining marks; an apostrophe between two such runs, and a
point or comma between two digits, belong to the word ("isn't", "0.5"). The underscore is not part of a word.
Characters of scripts without spaces between words, and Hangul, make words of their own ("答案是positive" is two words).
Stops are . , ; : = ! ? ( ) / | and the line break; an em dash, "--", and a dash with white space on both sides are
the stop "—". "&" is the word "and". Anything else (quotes, asterisks, braces, hyphens) only separates words. Stops
before the first word of the answer are disregarded, and so are those at its end, back to a question mark.

**Mentions** (scoring/mentions.py).
  M1 Labels and aliases are cut into words in the same way.
  M2 From left to right, the longest sequence of tokens that is a label or an alias is a mention of that label. So
     "mildly negative" is no mention of "negative" where it is a label itself, "positively" is no mention of "positive",
     and the letter of an option is no mention of anything, unless a code says so.
  M3 Common words are mentions only where they are answers ("no" is a label of many tasks and a word of most
     sentences, "si" is "sí" without its accent or "if"; and the `common` ones that `reader` is given, such as "tax"
     for a topic, and all codes):
       "no" at the beginning of the answer or after a stop, unless UNSURE or AFFIRMING begins there ("no idea", "no
         doubt"), or where it closes: the answer ends after it, or a stop or a word of JOINS, ENDS, REASONS_WHY or
         KEYWORDS follows;
       "si" where it closes;
       the others where they close, and are at the beginning, after a stop or a word of JOINS, or as in rule 5.

**Negation.** A mention is negated
  N1 by a negator (NEGATORS, or a word that ends in "n't") before it, with at most WINDOW words between and none of
     these, which end the reach of the negator: a stop (but "neither" reaches over commas until "nor"); a word of
     ENDS; after the negated mention, a word of COPULAS; after "no", "without" and "than", a word of VERBS, after
     "sin" one of SPANISH ("no growth is negative"). The word sequences in AFFIRMING ("not only") negate nothing. A
     negator that is itself a label or an alias ("no" beside "yes") is none;
  N2 by joining: only JOINS and commas, and at least one of JOINS, are between it and a negated mention;
  N3 by a copula and "not", "isn't" and the like, or "no es", directly after it ("positive is not right");
  N4 by "less" or "menos" directly before it ("less positive than negative"), but not "more or less" or "no less";
  N5 by Chinese, Japanese or Korean words directly beside it that deny it (DENIES_BEFORE, DENIES_BEHIND).
A mention is asked where the next of . ! ? ; : ( and line break after it is a question mark. What is neither negated
nor asked is stated.

**Which mention counts.** A list is two or more mentions of different labels, stated, with nothing but JOINS, commas
and bars between. The first of these rules that applies decides (1 and 2: scoring/choices.py):
  1. Boxes. The answer has boxes ("[x]", "[ ]", ☑, ☐ ...) beside two or more labels: the one that is ticked.
  2. Scores. Each label that is named, two or more, is named once and has a number (or yes and no) of its own beside it,
     and there are no other words between: the label with the highest ("negative: 5 %, positive: 80 %", the output of a
     classifier). Equal highest ones are several labels.
  3. Opening. The first line with a word in it begins with a stated mention, where words of KEYWORDS, FILLERS and
     COPULAS and stops may come first. Not in a list. Behind it the line ends, or a stop other than : = ? follows, or a
     word of KEYWORDS or REASONS_WHY. And no other label in the line is between two such places (begin of the line
     or . ; ! before it, end of the line or a stop other than : = ? after it). The answer was given; whatever
     follows explains it or, with a model that runs on, belongs to an invented next example.
  4. The first later line that begins with a word of PROMPTS and a colon, and has a mention before it, begins such an
     example: if rules 5 to 8 find a label before it, that is the answer.
  5. Explicit. The last stated mention, not in a list, after a word of KEYWORDS: FILLERS, bars and line breaks are
     skipped backwards, and then comes the keyword, or a colon, an equals sign or a copula does with
     at most WINDOW + 3 words between it and the keyword, no stop among them ("The answer to this is: negative").
  6. Lines of nothing but one stated mention and stops other than : = ?, where all such lines name the same label.
  7. The first line, where its stated mentions are all of one label.
  8. The whole answer, where its stated mentions are all of one label.
  9. Codes. Nothing is mentioned, and the first line with a letter or digit holds one number (by the rule of
     scoring/regression.py) that is a code of a label, or a label itself.
Otherwise the answer is INVALID, for one of REASONS: no word at all; no mention; stated mentions of several labels;
no stated mention, and one that is negated; mentions that are all asked; more than reading.LONGEST characters; reasoning
that was cut off.

It does not understand: irony, comparison of degree, a negation in other words ("I doubt that it is positive",
"positive is ruled out"), labels in languages other than those given, and labels that are told apart by signs alone
where they are not numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from phingpt_bench.scoring.choices import Choices
from phingpt_bench.scoring.classification import INVALID
from phingpt_bench.scoring.codes import Codes, codes_of, number
from phingpt_bench.scoring.mentions import Mention, explicit, find_mentions
from phingpt_bench.scoring.reading import CUT_OFF, LONGEST, TOO_LONG
from phingpt_bench.scoring.reasoning import answer_part
from phingpt_bench.scoring.regression import read_number
from phingpt_bench.scoring.vocabulary import Vocabulary
from phingpt_bench.scoring.words import COPULAS, FILLERS, JOINS, KEYWORDS, PROMPTS, REASONS_WHY, STOPS, fold
from phingpt_bench.scoring.words import tokens as tokenise

REASONS = ("empty", "no label", "several labels", "only negated", "only asked", CUT_OFF, TOO_LONG)
KEPT = 65_536  # the number of answers that a reader caches
KEPT_LENGTH = 1_000  # the maximum length of cached answers

_CLOSING = STOPS - frozenset(":=?")
_SIGNED = re.compile(r"(?<![^\W_])[-−–]\s?\d")


class Reading(NamedTuple):
    """label: an index into the labels, or -1 (INVALID). reason: one of REASONS where it is INVALID, else None."""

    label: int
    reason: str | None


def reader(
    labels: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    common: Collection[str] = (),
    *,
    codes: Iterable[tuple[str, str]] = (),
    marks: Collection[tuple[str, str]] = (),
) -> Callable[[str], Reading]:
    """A function that finds the label in an answer, by the rule above; it caches up to KEPT different answers.

    It never raises for an answer, whatever that is (None is empty). labels: in the order that indices follow.
    aliases: other ways to write a label, such as {"bullish": "positive"}.
    common: labels and aliases of one word that often occur in sentences with another meaning, as "no" and "si" do.
    codes: pairs (code, label). marks: the user's own of reasoning.
    BenchError for a label or alias without a letter or digit, for two of them that are the same words, and for an
    alias or a code of something that is not among the labels.
    """
    rules = _Rules(labels, aliases or {}, common, codes_of(labels, codes), tuple(marks))
    known = lru_cache(maxsize=KEPT)(rules.read)

    def read(answer: str) -> Reading:
        if not isinstance(answer, str):
            return Reading(INVALID, "empty")
        return known(answer) if len(answer) <= KEPT_LENGTH else rules.read(answer)

    return read


class _Rules:
    """The rule above with its labels: reads one answer after another."""

    def __init__(
        self,
        labels: Sequence[str],
        aliases: Mapping[str, str],
        common: Collection[str],
        codes: Codes,
        marks: tuple[tuple[str, str], ...],
    ):
        # labels that are told apart by their sign (-1 and 1) are read as numbers alone: words know no sign
        named = [label for label in labels if (value := number(label)) is None or value >= 0]
        signed = len(named) < len(labels)
        named = [label for label in labels if number(label) is None] if signed else named
        words = {code: label for code, label in codes.words.items() if code not in labels}
        self.vocabulary = Vocabulary(named, {**aliases, **words}, {*common, *words}, places=labels)
        self.choices = Choices(self.vocabulary)
        self.numbers = codes.numbers
        self.numeric = bool(labels) and all(number(label) is not None for label in labels)
        self.marks = marks

    def read(self, answer: str) -> Reading:
        text = fold(answer)
        if (label := self.vocabulary.whole.get(text.strip())) is not None and not self.numeric:
            return Reading(label, None)  # most answers; rule 3 gives the same result
        text, cut_off = answer_part(text, self.marks)
        if cut_off:
            return Reading(INVALID, CUT_OFF)
        if len(text) > LONGEST:
            return Reading(INVALID, TOO_LONG)
        if self.numeric and _SIGNED.search(text):
            return self._coded(text)
        reading = self._named(text)
        return self._coded(text) if self.numbers and reading.reason == "no label" else reading

    def _coded(self, text: str) -> Reading:
        """Rule 9."""
        value = read_number(text).value
        label = None if value is None else self.numbers.get(value)
        return Reading(INVALID, "no label") if label is None else Reading(label, None)

    def _named(self, text: str) -> Reading:
        """Rules 1 to 8, for the text behind the reasoning."""
        tokens = tokenise(text)
        while tokens and tokens[-1] in STOPS:
            if tokens.pop() == "?":
                tokens.append("?")
                break
        begin = next((at for at, token in enumerate(tokens) if token not in STOPS), len(tokens))
        if begin == len(tokens):
            return Reading(INVALID, "empty")
        tokens = tokens[begin:]
        known = self.vocabulary.labels
        if known.keys().isdisjoint(tokens):
            return Reading(INVALID, "no label")
        mentions, asked = find_mentions(self.vocabulary, tokens)
        if not mentions:
            return Reading(INVALID, "no label")
        if len({mention.label for mention in mentions}) > 1 and (preferred := self.choices(text)) is not None:
            if len(preferred) == 1:
                return Reading(preferred.pop(), None)
            return Reading(INVALID, "several labels" if preferred else "no label")
        stated = [at for at, mention in enumerate(mentions) if not mention.negated and at not in asked]
        if not stated:
            return Reading(INVALID, "only negated" if any(mention.negated for mention in mentions) else "only asked")
        return _decide(tokens, [mentions[at] for at in stated], mentions[0].end)


def _decide(tokens: list[str], stated: list[Mention], first: int) -> Reading:
    """Rules 3 to 8, for at least one stated mention; `first` is where the first mention ends."""
    if len({mention.label for mention in stated}) == 1:
        return Reading(stated[0].label, None)  # every rule gives this
    listed = set()
    for one, other in pairwise(stated):
        between = tokens[one.end : other.start]
        if one.label != other.label and between and all(token in JOINS or token in ",|" for token in between):
            listed |= {one, other}
    line = tokens.index("\n") if "\n" in tokens else len(tokens)
    if (label := _opening(tokens, stated, listed, line)) is not None:  # 3
        return Reading(label, None)
    for at in range(max(first, line), len(tokens) - 2):
        if tokens[at] == "\n" and tokens[at + 1] in PROMPTS and tokens[at + 2] == ":":  # 4
            label = _discussed(tokens[:at], [m for m in stated if m.end <= at], listed, line)
            if label is not None:
                return Reading(label, None)
            break
    label = _discussed(tokens, stated, listed, line)
    return Reading(INVALID, "several labels") if label is None else Reading(label, None)


def _opening(tokens: list[str], stated: list[Mention], listed: set[Mention], line: int) -> int | None:
    """The label by rule 3."""
    opening = stated[0]
    before = tokens[: opening.start]
    behind = tokens[opening.end] if opening.end < line else "\n"
    if opening.end > line or opening in listed:
        return None
    if not all(token in KEYWORDS or token in FILLERS or token in COPULAS or token in STOPS for token in before):
        return None
    if not (behind in _CLOSING or behind in KEYWORDS or behind in REASONS_WHY):
        return None
    for other in stated[1:]:
        alone = other.end <= line and tokens[other.start - 1] in ".;!"
        if other.label != opening.label and alone and (other.end == line or tokens[other.end] in _CLOSING):
            return None
    return opening.label


def _discussed(tokens: list[str], stated: list[Mention], listed: set[Mention], line: int) -> int | None:
    """The label by rules 5 to 8, in what is left of the answer."""
    for mention in reversed(stated):
        if mention not in listed and explicit(tokens, mention.start):  # 5
            return mention.label
    alone = {mention.label for mention in stated if _fills_line(tokens, mention)}
    for labels in (alone, {m.label for m in stated if m.end <= line}, {m.label for m in stated}):  # 6, 7, 8
        if len(labels) == 1:
            return labels.pop()
    return None


def _fills_line(tokens: list[str], mention: Mention) -> bool:
    """Whether nothing but stops is with a mention in its line."""
    start, end = mention.start - 1, mention.end
    while start >= 0 and tokens[start] in _CLOSING and tokens[start] != "\n":
        start -= 1
    while end < len(tokens) and tokens[end] in _CLOSING and tokens[end] != "\n":
        end += 1
    return (start < 0 or tokens[start] == "\n") and (end == len(tokens) or tokens[end] == "\n")
