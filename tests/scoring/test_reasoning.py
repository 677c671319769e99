"""Reasoning is no part of an answer, in whatever marks: labels, numbers and entities are read behind it alike."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.scoring import reasoning
from phingpt_bench.scoring.answered import written_label, written_score, written_spans
from phingpt_bench.scoring.reading import CUT_OFF, LONGEST, TOO_LONG, Rules
from phingpt_bench.scoring.reasoning import answer_part

TYPES = ("PER", "ORG", "LOC")
LABELS = ("negative", "neutral", "positive")
TEXT = "Anna Lee left Nokia."
DOC = {"text": TEXT, "label": "positive", "score": 0.5, "entities": [{"start": 14, "end": 19, "type": "ORG"}]}
# start and end as models write them
PAIRS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ('<think effort="high">', "</think>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reason>", "</reason>"),
    ("<reflection>", "</reflection>"),
    ("<analysis>", "</analysis>"),
    ("<SCRATCHPAD>", "</SCRATCHPAD>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<unused94>thought", "<unused95>"),
    ('<details type="reasoning" done="true">', "</details>"),
    ("Here is my thought process:", "Here is my response:"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|start|>assistant<|channel|>analysis<|message|>", "<|end|><|channel|>final <|constrain|>json<|message|>"),
    ("analysis", "assistantfinal"),
]
BETWEEN = ["", "\n", "\n\n", " "]


@pytest.mark.parametrize(("start", "end"), PAIRS)
@pytest.mark.parametrize("between", BETWEEN)
def test_labels_numbers_and_entities_are_read_behind_reasoning(start: str, end: str, between: str) -> None:
    thought = "It could be negative, or -0.9, and PER: Anna Lee; LOC: Espoo\nOr neutral 0.1"
    label = written_label(DOC, LABELS, f"{start}{thought}{end}{between}positive")
    score = written_score(DOC, f"{start}{thought}{end}{between}0.5")
    spans = written_spans(DOC, TYPES, f"{start}{thought}{end}{between}ORG: Nokia")
    assert (label.parsed, score.parsed) == ("positive", 0.5)
    assert [tuple(span) for span in spans.parsed.spans] == [(14, 19, "ORG")] and not spans.invalid


@pytest.mark.parametrize(("start", "end"), PAIRS)
def test_reasoning_that_has_no_end_leaves_no_answer(start: str, end: str) -> None:
    answer = f"{start}It is positive, 0.5, ORG: Nokia"
    for row in (
        written_label(DOC, LABELS, answer), written_score(DOC, answer), written_spans(DOC, TYPES, answer),
        written_spans(DOC, TYPES, answer, "json"), written_spans(DOC, TYPES, answer, "tags"),
    ):  # fmt: skip
        assert (row.invalid, row.reason) == (True, CUT_OFF), row
    assert written_spans(DOC, TYPES, answer).counts == [[0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 1, 0]]  # one wrong piece


@pytest.mark.parametrize("end", [end for start, end in PAIRS if not start.startswith("<|") and start != "analysis"])
def test_an_end_mark_without_a_start_ends_reasoning(end: str) -> None:
    """Chat templates that open the block in the prompt."""
    assert written_label(DOC, LABELS, f"negative at first sight{end}\npositive").parsed == "positive"
    assert written_score(DOC, f"0.9 maybe{end}\n-0.6").parsed == -0.6


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        ("positive", "positive"),
        ("positive <think>since sales rose</think>", "positive "),  # nothing behind the end: what stands outside
        ("a <think>b</think> c <think>d</think>", "a  c "),
        ("<think>a</think> b <think>c", " b "),
        ("<think>a<think>b</think>c", "c"),
        ("x</think>y</think>z", "z"),
        ("</think>", ""),
        ("<think></think>[]", "[]"),
        ("<THINK>a</Think>b", "b"),
        ("<th\u200bink>a</think>b", "b"),
        ("analysis: positive", "analysis: positive"),
        ("Analysis shows that it is positive", "Analysis shows that it is positive"),
        ("the final message", "the final message"),
        ("positive<|im_end|>\n<|im_start|>user\nnegative", "positive"),
        ("<s>positive</s>", "positive"),
        ("<|im_start|>assistant\npositive<|im_end|>", "\npositive"),
        ("<think>a</think><answer>b</answer>", "b"),
        ("x <answer>a</answer> <answer>b</answer> y", "b"),
        ("<final_answer>a", "a"),
        ("<response><PER>Anna</PER> left</response>", "<PER>Anna</PER> left"),
        ("<|channel|>commentary<|message|>a<|end|><|channel|>final<|message|>b<|return|>", "b"),
        ("<｜Assistant｜>a<｜end▁of▁sentence｜>", "a"),
    ],
)
def test_the_part_that_is_the_answer(answer: str, part: str) -> None:
    assert answer_part(answer).text == part


def test_a_users_own_marks() -> None:
    assert answer_part("((hm)) yes", [("((", "))")]).text == " yes"
    assert answer_part("hm\n=====\nyes", [("", "=====")]).text == "\nyes"
    assert answer_part("((hm", [("((", "))")]) == ("", True)
    rules = Rules(reasoning_marks=(("((", "))"),))
    assert written_label(DOC, LABELS, "((negative)) positive", rules).parsed == "positive"
    assert written_score(DOC, "((0.9)) -0.6", rules).parsed == -0.6
    assert written_spans(DOC, TYPES, "((PER: Anna Lee)) ORG: Nokia", rules=rules).parsed.spans[0].type == "ORG"


def test_a_wrapper_that_is_an_entity_type_stays() -> None:
    assert answer_part("<result>Nokia</result>", keep=["RESULT"]).text == "<result>Nokia</result>"


@given(st.sampled_from(PAIRS[:-3]), st.lists(st.integers(0, 4), max_size=12))
@settings(max_examples=400)
def test_no_mark_is_left_of_any_mixture(pair: tuple[str, str], which: list[int]) -> None:
    part = answer_part("".join([*pair, "positive", " ", "\n"][at] for at in which))
    assert not any(mark.lower() in part.text.lower() for mark in pair)
    assert not part.cut_off or not part.text.strip()


def test_the_work_grows_with_the_length_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: every mark is looked for once, however many there are."""
    searched: list[int] = []

    class Counting:
        def __init__(self, pattern):
            self.pattern = pattern

        def finditer(self, text, *at):
            searched.append(len(text))
            return self.pattern.finditer(text, *at)

    marks = [(Counting(start), Counting(end)) for start, end in reasoning._compiled()]
    monkeypatch.setattr(reasoning, "_compiled", lambda: marks)
    totals = []
    for times in (1_000, 2_000, 4_000):
        searched.clear()
        answer_part("<think>a</think>b" * times)
        totals.append(sum(searched) / times)
    assert all(later <= earlier * 1.01 for earlier, later in itertools.pairwise(totals))


@pytest.mark.parametrize("unit", ["positive ", "ORG: Nokia; ", "<ORG>", '{"type": "ORG", "text": "x"}, ', "0.5 "])
def test_an_answer_without_an_end_is_too_long_to_read(unit: str) -> None:
    answer = unit * (LONGEST // len(unit) + 1)
    rows = [written_label(DOC, LABELS, answer), written_score(DOC, answer)]
    rows += [written_spans(DOC, TYPES, answer, form) for form in ("lines", "json", "tags")]
    assert {(row.invalid, row.reason) for row in rows} == {(True, TOO_LONG)}
    behind = "<think>" + answer + "</think>positive"  # the length of the reasoning is no matter
    assert written_label(DOC, LABELS, behind).parsed == "positive"
