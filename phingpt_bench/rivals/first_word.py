"""The rule of "Zero is Not Hero Yet" (2305.16633, gtfintechlab/zero-shot-finance): the first word is the label."""

from __future__ import annotations

import re

from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival, counter, each, reader
from phingpt_bench.scoring.classification import INVALID

# where NLTK's word_tokenize ends a word of letters: white space; signs that are tokens of their own; a full stop that
# ends its sentence; commas and colons unless a digit follows; a double hyphen; the parts before and after an apostrophe
_BREAK = r"\Z|\s|[;@#$%&?!*()\[\]{}<>\"`«»“”‘’„\u2012-\u2015]|\.(?=\s|\Z|\.|[\])}>\"'»”’ ]*\Z)|[,:](?!\d)|--|''"
_END_OF_WORD = re.compile(rf"{_BREAK}|'(?:s|m|d|ll|re|ve)?(?={_BREAK}|'(?=\s))", re.IGNORECASE)


def _judge(answers: Answers, docs: Docs, labels: Labels) -> list[int]:
    lowered = [(label.lower(), at) for at, label in enumerate(labels)]

    def read(answer: str) -> int:
        text = answer.lstrip()
        for label, at in lowered:
            if text[: len(label)].lower() == label and _END_OF_WORD.match(text, len(label)):
                return at
        return INVALID

    return each(read, answers)


FIRST_WORD = Rival(
    name="first-word",
    kind="labels",
    source="gtfintechlab/zero-shot-finance sentiment_analysis/code/generative_llm_res.py @ d12bbc8c; NLTK's words",
    rule=sentence(
        "The first word of the answer (as NLTK cuts words), without regard to case, must be a "
        "label; else the row is missing, and wrong."
    ),
    primary="f1_weighted",
    functions={
        "f1_weighted": metrics.f1_weighted,
        "acc": metrics.accuracy,
        "missing": metrics.missing,
    },
    counter=counter(_judge),
    reader=reader(_judge),
)
