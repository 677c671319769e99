"""Answers and gold in the forms that people bring: each scores as what it says, or is refused with the cure.

Every kind has the case that was reported and three or more of its kin.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.data import catalogue

LABELS = ("--labels", "negative,neutral,positive")
TYPES = ("--entity-types", "PER,ORG,LOC")
ESPOO = "Anna Lee left Nokia for Ericsson in Espoo."
PAIRS = [("Anna Lee", "PER"), ("Nokia", "ORG"), ("Ericsson", "ORG"), ("Espoo", "LOC")]
GOLD = [{"text": name, "type": type_} for name, type_ in PAIRS]
LINE = "; ".join(f"{type_}: {name}" for name, type_ in PAIRS)


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def labels(*answers: tuple[Any, Any]) -> str:
    """JSON lines of (answer, gold)."""
    return lines(*({"text": f"t{at}", "answer": answer, "gold": gold} for at, (answer, gold) in enumerate(answers)))


def entities(answer: Any, gold: Any = None, text: Any = ESPOO) -> str:
    """JSON lines of one text with entities, and one without."""
    rows = [{"text": text, "answer": answer, "gold": GOLD if gold is None else gold}]
    return lines(*rows, {"text": "Nothing here.", "answer": "none", "gold": []})


@pytest.fixture
def scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """(content, options, name of the file) -> the report as JSON values; AssertionError with the error's text else."""

    def scored(content: str | bytes, *options: str, name: str = "a.jsonl") -> Any:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        code = main(["rescore", str(file), *options, "--format", "json"])
        out, err = capsys.readouterr()
        assert code == 0, err
        return json.loads(out)

    return scored


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """(content, options) -> what is said in place of a score."""

    def refused(content: str | bytes, *options: str, name: str = "a.jsonl") -> str:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert main(["rescore", str(file), *options]) == 2
        out, err = capsys.readouterr()
        assert out == "" and "Traceback" not in err
        return err

    return refused


def value(report: Any, metric: str = "acc") -> float | None:
    return report["scorers"][0]["scores"][metric]["score"]


def told(report: Any) -> str:
    return " ".join(report["notes"])


# ---- reasoning

THOUGHT = [
    labels(("<think>negative at first sight</think>\npositive", "positive"), ("negative", "negative")),
    labels(
        ("analysisWe must pick one. Loss is negative, but it narrowed.assistantfinalpositive", "positive"),
        ("analysisSales rose, so good.assistantfinalpositive", "positive"),
        ("analysisNo effect, not positive or negative.assistantfinalneutral", "neutral"),
        ("analysisFalling sales are negative.assistantfinalnegative", "negative"),
    ),
    labels(("[THINK]Negative?[/THINK]Neutral", "neutral"), ("<reasoning>up</reasoning> positive", "positive")),
    labels(
        ("first negative</think>positive", "positive"),
        (
            "<|channel|>analysis<|message|>negative<|end|>"
            "<|start|>assistant<|channel|>final<|message|>neutral<|return|>",
            "neutral",
        ),
    ),
    labels(
        (["<think>negative</think>", "positive"][1], "positive"),
        ([{"generated_text": "<think>x</think>neutral"}], "neutral"),
    ),
]


@pytest.mark.parametrize("content", THOUGHT)
def test_labels_behind_reasoning(scored: Any, content: str) -> None:
    assert value(scored(content, *LABELS)) == 1


@pytest.mark.parametrize(
    "marks", [("<think>", "</think>"), ("[THINK]", "[/THINK]"), ("analysis", "assistantfinal"), ("", "</think>")]
)
def test_numbers_behind_reasoning(scored: Any, data_mirror: Path, marks: tuple[str, str]) -> None:
    start, end = marks
    rows = [
        ("First guess 0.9.\nBut costs rose.", -0.6),
        ("Maybe 0.8 or so.\nNo, weak.", -0.4),
        ("Looks like -0.7.", 0.5),
    ]
    content = labels(*((f"{start}{thought}{end}\n{gold}", gold) for thought, gold in rows))
    report = scored(content, "--task", "phin_fiqa_official_score", "--gold-column", "gold")
    assert (value(report, "r2"), value(report, "mse")) == (1, 0)


@pytest.mark.parametrize("form", ["lines", "json", "tags"])
@pytest.mark.parametrize(
    "thought",
    [
        "<think>Anna Lee is a person.</think>\n",
        '<think>The form is [{"type": "PER", "text": "x"}].</think>\n',
        "[THINK]PER: Espoo[/THINK]",
        "analysisPER: Espoo?assistantfinal",
        "<PER>Nokia</PER>?</think>",
    ],
)
def test_entities_behind_reasoning(scored: Any, form: str, thought: str) -> None:
    for answer in (LINE, json.dumps(GOLD)):
        assert value(scored(entities(thought + answer), *TYPES, "--answer-format", form), "entity_f1") == 1


def test_marks_of_the_users_own(scored: Any) -> None:
    content = labels(("((negative.)) positive", "positive"), ("hm )) neutral", "neutral"))
    assert value(scored(content, *LABELS, "--reasoning-marks", "((", "))")) == 1
    assert value(scored(content, *LABELS)) == 0.5
    both = labels(("%%negative%% positive", "positive"), ("((negative)) neutral", "neutral"))
    assert value(scored(both, *LABELS, "--reasoning-marks", "((", "))", "--reasoning-marks", "%%", "%%")) == 1


def test_reasoning_that_was_cut_off_is_invalid(scored: Any) -> None:
    report = scored(labels(("<think>it is positive, or", "positive"), ("positive", "positive")), *LABELS)
    assert value(report) == 0.5 and report["details"]["reasons"] == {"reasoning cut off": 1}
    report = scored(entities("<think>PER: Anna Lee"), *TYPES)
    assert report["details"]["reasons"] == {"reasoning cut off": 1}


# ---- answers inside of lists and objects

SAID = ["\npositive", "Sales rose.\nPositive", "positive\n", "\n\nNegative.", "neutral"]
RIGHT = ["positive", "positive", "positive", "negative", "neutral"]
WRAPPINGS = [
    lambda text: text,
    lambda text: [text],
    lambda text: {"generated_text": text},
    lambda text: [{"generated_text": text}],
    lambda text: [[{"generated_text": text}]],
    lambda text: [
        {"generated_text": [{"role": "user", "content": "negative?"}, {"role": "assistant", "content": text}]}
    ],
    lambda text: [{"role": "system", "content": "negative"}, {"role": "assistant", "content": text}],
    lambda text: {"role": "assistant", "content": text},
    lambda text: {"role": "assistant", "content": [{"type": "text", "text": text}]},
    lambda text: {"content": [{"type": "thinking", "thinking": "negative"}, {"type": "text", "text": text}]},
    lambda text: {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]},
    lambda text: {"id": "x", "choices": [{"text": text, "index": 0}]},
    lambda text: {"model": "m", "choices": [{"message": {"content": text, "reasoning_content": "negative"}}]},
    lambda text: {"completions": [{"text": text, "logprob": -1.0}]},
    lambda text: {"outputs": [{"text": text}]},
    lambda text: {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}]},
    lambda text: {
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": text}]},
        ]
    },
    lambda text: {"text": text, "finish_reason": "stop"},
    lambda text: json.dumps([{"generated_text": text}]),
    lambda text: str([{"generated_text": text}]),
    lambda text: json.dumps({"choices": [{"message": {"content": text}}]}),
]


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_an_answer_in_a_wrapping_is_its_text(scored: Any, wrap: Any) -> None:
    content = labels(*((wrap(said), right) for said, right in zip(SAID, RIGHT, strict=True)))
    report = scored(content, *LABELS, "--scorer", "phin", "helm")
    assert value(report) == 1
    assert report["scorers"][1]["scores"]["acc"]["score"] == 0.8  # HELM's rule is given the same texts


@pytest.mark.parametrize("wrap", WRAPPINGS[1:])
def test_entities_in_a_wrapping(scored: Any, wrap: Any) -> None:
    assert value(scored(entities(wrap(LINE)), *TYPES), "entity_f1") == 1


def test_json_that_a_model_wrote_is_left_as_it_is(scored: Any) -> None:
    answers = ['{"sentiment": "positive"}', '{"text": "sales fell", "label": "negative"}', '["neutral"]']
    content = labels(*zip(answers, ("positive", "negative", "neutral"), strict=True))
    report = scored(content, *LABELS, "--scorer", "phin", "flame")
    assert value(report) == 1
    assert report["scorers"][1]["scores"]["acc"]["score"] == 0  # as the text that it is


# ---- class scores

SCORES = [
    {"positive": 0.03, "negative": 0.95, "neutral": 0.02},
    {"positive": 0.01, "negative": 0.01, "neutral": 0.98},
    {"positive": 0.97, "negative": 0.01, "neutral": 0.02},
]
BEST = ["negative", "neutral", "positive"]
DISTRIBUTIONS = [
    lambda scores: [{"label": label, "score": score} for label, score in scores.items()],
    lambda scores: [[{"label": label.title(), "score": score} for label, score in scores.items()]],
    lambda scores: str([{"label": label, "score": score} for label, score in scores.items()]),
    lambda scores: scores,
    lambda scores: [[label, score] for label, score in scores.items()],
    lambda scores: "\n".join(f"{label}: {100 * score:.0f}/100" for label, score in scores.items()),
    lambda scores: {"sequence": "positive", "labels": list(scores), "scores": list(scores.values())},
    lambda scores: "\n".join(f"{label.title()}: {100 * score:.0f}%" for label, score in scores.items()),
    lambda scores: "\n".join(f"[{'x' if score > 0.5 else ' '}] {label}" for label, score in scores.items()),
    lambda scores: " ".join(f"{'☑' if score > 0.5 else '☐'} {label}" for label, score in scores.items()),
]


@pytest.mark.parametrize("write", DISTRIBUTIONS)
def test_of_scores_for_all_classes_the_highest_counts(scored: Any, write: Any) -> None:
    report = scored(labels(*((write(scores), best) for scores, best in zip(SCORES, BEST, strict=True))), *LABELS)
    assert value(report) == 1 and value(report, "flip_rate") == 0


# ---- codes

CODED = labels((1.0, "positive"), (-1.0, "negative"), (0.0, "neutral"))


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (CODED, (*LABELS, "--codes", "-1=negative,0=neutral,1=positive")),
        (labels((1.0, 1.0), (0.0, 0.0)), ("--labels", "0,1")),
        (labels((1, 1), (-1, -1)), ("--labels", "-1,0,1")),
        (labels((1, 1), (-1, -1)), ("--labels=-1,0,1",)),
        (labels(("LABEL_2", "positive"), ("LABEL_0", 0)), (*LABELS, "--codes", "0=negative,1=neutral,2=positive")),
        (labels(("2", "2"), ("Label: 0", "0.0"), (" 1\n", 1)), (*LABELS, "--codes", "0=negative,1=neutral,2=positive")),
        (labels(("A", "positive"), ("(B)", "negative")), (*LABELS, "--codes", "A=positive,B=negative,C=neutral")),
        (labels(("bullish", "pos"), ("up", "pos")), (*LABELS, "--codes", "pos=positive,up=positive")),
        ("text,answer,gold\na,1.0,1\nb,-1.0,-1\n", ("--labels", "-1,0,1")),
    ],
)
def test_labels_as_codes(scored: Any, content: str, options: tuple[str, ...]) -> None:
    name = "a.csv" if content.startswith("text,") else "a.jsonl"
    assert value(scored(content, *options, name=name)) == 1


@pytest.mark.parametrize(
    ("content", "option"),
    [
        (CODED, "--codes -1.0=negative,0.0=neutral,1.0=positive"),
        (labels(("LABEL_2", "positive"), ("LABEL_1", "neutral")), "--codes LABEL_1=negative,LABEL_2=neutral"),
        (labels(("2", "positive"), ("0", "neutral")), "--codes 0=negative,2=neutral"),
        (labels(("(A)", "positive"), ("b", "neutral")), "--codes A=negative,b=neutral"),
        (labels(("上涨", "positive"), ("下跌", "negative")), "--codes 上涨=negative,下跌=neutral"),
    ],
)
def test_codes_without_names_are_reported_with_the_option(scored: Any, content: str, option: str) -> None:
    report = scored(content, *LABELS)
    assert value(report) == 0
    assert "More than half of the answers cannot be read" in told(report) and option in told(report)


def test_gold_that_is_a_code_is_refused_with_the_option(refused: Any) -> None:
    for gold in (2, "1.0", "LABEL_2", "-1"):
        err = refused(labels(("positive", gold)), *LABELS)
        assert "is not among negative, neutral, positive" in err and "--codes" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--codes", "0:negative"), "'0:negative' is not a pair"),
        (("--codes", "0=bad"), "unknown label 'bad'"),
        (("--codes", "0=negative,0=positive"), "is given for both 'negative' and 'positive'"),
        (("--type-aliases", "a=PER"), "--type-aliases is for entities"),
        (("--nested",), "--nested is for entities"),
        (("--reasoning-marks", "x", " "), "needs the mark that ends the reasoning"),
        (("--repeats", "most"), "invalid choice"),
        (("--encoding", "utf-99"), "unknown encoding 'utf-99'"),
        (("--encoding", "base64"), "unknown encoding 'base64'"),
    ],
)
def test_options_that_do_not_fit_are_refused(refused: Any, options: tuple[str, ...], message: str) -> None:
    assert message in refused(labels(("positive", "positive")), *LABELS, *options)


def test_options_for_labels_do_not_fit_entities(refused: Any) -> None:
    assert "--codes is for labels" in refused(entities(LINE), *TYPES, "--codes", "0=PER")
    assert "unknown entity type 'ORGA', did you mean 'ORG'?" in refused(
        entities(LINE), *TYPES, "--type-aliases", "x=ORGA"
    ).replace("\nhint: ", ", ")


# ---- labels beside words of other scripts


@pytest.mark.parametrize(
    "answers",
    [
        [
            ("情感分类结果为positive。", "positive"),
            ("答案是negative", "negative"),
            ("这条新闻的情感是neutral，因为没有影响", "neutral"),
            ("答案：positive", "positive"),
        ],
        [("センチメントはpositiveです", "positive"), ("評価：negative（株価下落）", "negative")],
        [("감정은 negative입니다", "negative"), ("정답: neutral", "neutral")],
        [("该句不是positive，而是negative", "negative"), ("不算negative，属于neutral", "neutral")],
    ],
)
def test_labels_beside_chinese_japanese_and_korean(scored: Any, answers: list[tuple[str, str]]) -> None:
    assert value(scored(labels(*answers), *LABELS)) == 1


# ---- entities

PIPELINE = [
    {
        "entity_group": type_,
        "score": 0.99,
        "word": name,
        "start": ESPOO.index(name),
        "end": ESPOO.index(name) + len(name),
    }
    for name, type_ in PAIRS
]
AUTHORS = [
    "Anna:Person_B",
    "Lee:Person_I",
    "left:Other",
    "Nokia:Organisation_B",
    "for:Other",
    "Ericsson:Organisation_B",
    "in:Other",
    "Espoo:Location_B",
    ".:Other",
]
FORMS = [
    LINE,
    LINE.replace("; ", "\n"),
    "PER: Anna Lee\nORG: Nokia, Ericsson\nLOC: Espoo",
    "PER:\n- Anna Lee\nORG:\n- Nokia\n- Ericsson\nLOC:\n- Espoo",
    PIPELINE,
    str(PIPELINE),
    str(PAIRS),
    f"```json\n{json.dumps(GOLD)}\n```",
    {"PER": ["Anna Lee"], "ORG": ["Nokia", "Ericsson"], "LOC": ["Espoo"]},
    [list(pair) for pair in PAIRS],
    "B-PER I-PER O B-ORG O B-ORG O B-LOC O",
    ["B-PER", "I-PER", "O", "B-ORG", "O", "B-ORG", "O", "B-LOC", "O"],
    "\n".join(AUTHORS),
    "Person: Anna Lee; Organization: Nokia; Organization: Ericsson; Location: Espoo",
    "<PER>Anna Lee</PER> left <ORG>Nokia</ORG> for <ORG>Ericsson</ORG> in <LOC>Espoo</LOC>.",
    "[PER]Anna Lee[/PER] left [ORG]Nokia[/ORG] for [ORG]Ericsson[/ORG] in [LOC]Espoo[/LOC].",
    "[Anna Lee](PER) left [Nokia](ORG) for [Ericsson](ORG) in [Espoo](LOC).",
    "[Anna Lee | PER] left [Nokia | ORG] for [ORG: Ericsson] in [Espoo|Location].",
    "(Anna Lee, PER), (Nokia, ORG), (Ericsson, ORG), (Espoo, LOC)",
    "[(PER, Anna Lee), (ORG, Nokia), (ORG, Ericsson), (LOC, Espoo)]",
    "Entities: [ (Anna Lee, PER), (Nokia, ORG), (Ericsson, ORG), (Espoo, LOC) ].",
    "Anna Lee -> PER\nNokia → ORG\nEricsson=>ORG\nLOC ⇒ Espoo",
    [{"start": entity["start"], "end": entity["end"], "label": entity["entity_group"]} for entity in PIPELINE],
    *(
        {
            "text": ESPOO,
            key: [
                {"start": entity["start"], "end": entity["end"], "label": entity["entity_group"]} for entity in PIPELINE
            ],
        }
        for key in ("ents", "entities", "named_entities")
    ),
]


@pytest.mark.parametrize("answer", FORMS)
@pytest.mark.parametrize("form", ["lines", "json", "tags"])
def test_entities_in_every_form_under_every_format(scored: Any, answer: Any, form: str) -> None:
    assert value(scored(entities(answer), *TYPES, "--answer-format", form), "entity_f1") == 1


def test_a_form_that_was_not_asked_for_is_said(scored: Any) -> None:
    report = scored(entities(f"```json\n{json.dumps(GOLD)}\n```"), *TYPES)
    assert "1 of 2 answers is in another form than lines and was read as what it is: 1 json." in told(report)
    assert "another form" not in told(scored(entities(LINE), *TYPES))


COMPANY = "human: Anna Lee; Company: Nokia; Company: Ericsson; City: Espoo"


@pytest.mark.parametrize(
    "answer",
    [
        COMPANY,
        COMPANY.replace("; ", "\n"),
        '{"human": ["Anna Lee"], "Company": ["Nokia", "Ericsson"], "City": ["Espoo"]}',
        "B-human I-human O B-Company O B-Company O B-City O",
        "<human>Anna Lee</human> left <Company>Nokia</Company> for <Company>Ericsson</Company> in <City>Espoo</City>.",
    ],
)
def test_types_under_other_names(scored: Any, answer: str) -> None:
    aliases = ("--type-aliases", "human=PER,Company=ORG,City=LOC")
    assert value(scored(entities(answer), *TYPES, *aliases), "entity_f1") == 1


def test_unknown_types_are_reported_with_the_option(scored: Any) -> None:
    content = lines(*({"text": ESPOO, "answer": COMPANY, "gold": GOLD, "id": at} for at in range(3)))
    report = scored(content, *TYPES)
    assert value(report, "entity_f1") == 0
    assert "3 entities of other types" in told(report) and "--type-aliases Company=" in told(report)
    assert [shape["count"] for shape in report["details"]["shapes"]] == [3]


def test_gold_types_under_other_names_are_refused_with_the_option(scored: Any, refused: Any) -> None:
    gold = [{"text": "Nokia", "type": "Company"}]
    err = refused(entities("ORG: Nokia", gold), *TYPES)
    assert "gold entity of type 'Company', known are PER, ORG, LOC" in err and "--type-aliases Company=" in err
    assert value(scored(entities("ORG: Nokia", gold), *TYPES, "--type-aliases", "Company=ORG"), "entity_f1") == 1


GOLD_FORMS = [
    [{"start": 14, "end": 19, "type": "ORG"}],
    [{"start": 14, "end": 19, "label": "ORG"}],
    [{"start": 14, "end": 19, "entity_group": "ORG"}],
    [{"start": 14.0, "end": 19.0, "type": "org"}],
    [{"start": "14", "end": "19", "type": "ORG", "text": "Nokia"}],
    [[14, 19, "ORG"]],
    {"entities": [[14, 19, "ORG"]]},
    [["Nokia", "ORG"]],
    {"ORG": ["Nokia"]},
    [{"type": "ORG", "text": "Nokia"}],
    [{"label": "ORG", "word": "Nokia"}],
    [{"value": {"start": 14, "end": 19, "text": "Nokia", "labels": ["ORG"]}, "from_name": "label"}],
    ["O", "O", "O", "B-ORG", "O", "O", "O", "O", "O"],
    "O O O I-ORG O O O O O",
    '[{"start": 14, "end": 19, "type": "ORG"}]',
    "[(14, 19, 'ORG')]",
]


@pytest.mark.parametrize("gold", GOLD_FORMS)
def test_gold_entities_in_every_form(scored: Any, gold: Any) -> None:
    report = scored(lines({"text": ESPOO, "answer": "ORG: Nokia", "gold": gold}), *TYPES)
    assert value(report, "entity_f1") == 1 and report["details"]["classes"][1]["gold"] == 1


def test_gold_tags_with_tokens_in_place_of_a_text(scored: Any) -> None:
    row = {"tokens": ["Anna", "Lee", "left", "Nokia", "."], "ner_tags": ["B-PER", "I-PER", "O", "B-ORG", "O"]}
    report = scored(lines({**row, "answer": "PER: Anna Lee; ORG: Nokia"}), *TYPES)
    assert value(report, "entity_f1") == 1


DISAGREE = [
    (
        [{"start": 0, "end": 4, "text": "Nokia", "type": "ORG"}],
        "text[0:4] is 'Noki', the gold entity says 'Nokia'",
        "add 1",
    ),
    ([{"start": 1, "end": 6, "text": "Nokia", "type": "ORG"}], "text[1:6] is 'okia ', the gold", "'Nokia' begins at 0"),
    ([{"start": 14, "end": 18, "word": "Espoo", "label": "LOC"}], "text[14:18] is 'Espo', the gold", "add 1"),
    (
        [{"start": 0, "end": 5, "text": "Nokia Oyj", "type": "ORG"}],
        "is 'Nokia', the gold entity says 'Nokia Oyj'",
        "not in",
    ),
    (
        [{"start": 0, "end": 50, "type": "ORG"}],
        "from 0 to 50 is not within the text of 20",
        "end is one past the last character",
    ),
    ([{"start": 0, "end": 5}], "has no type", "its key is one of type, label"),
    ([{"type": "ORG"}], "neither offsets nor a text", ""),
    (["B-ORG", "O"], "2 gold tags, and the text has 4 words", "one tag per word"),
    (["B-COMPANY", "O", "O", "O"], "gold tags of unknown types: COMPANY", "--type-aliases"),
    ("Nokia", "gold entities are not a JSON list of objects", "forms that are read"),
    ([5], "gold entity 5 is not an object", "forms that are read"),
    ([{"type": "ORG", "text": "Turku"}], "gold entity 'Turku' has no place", "whole words"),
]


@pytest.mark.parametrize(("gold", "message", "hint"), DISAGREE)
def test_gold_that_does_not_fit_its_text_is_refused(refused: Any, gold: Any, message: str, hint: str) -> None:
    err = refused(lines({"text": "Nokia rose in Espoo.", "answer": "none", "gold": gold}), *TYPES)
    assert "a.jsonl:1: " in err and message in err and hint in err


NESTED = lines(
    {
        "text": "The Bank of England fell",
        "answer": "ORG: Bank of England; LOC: England",
        "gold": [{"start": 4, "end": 19, "type": "ORG"}, {"start": 12, "end": 19, "type": "LOC"}],
    },
    {"text": "Nokia rose", "answer": "ORG: Nokia", "gold": [{"start": 0, "end": 5, "type": "ORG"}]},
)


def test_nested_gold_is_said_and_can_be_scored(scored: Any) -> None:
    flat = scored(NESTED, *TYPES)
    assert value(flat, "entity_f1") == pytest.approx(2 * 2 / (3 + 3))  # the inner one is a conflict
    assert "! 1 row with gold entities inside or across others" in told(flat) and "--nested" in told(flat)
    whole = scored(NESTED, *TYPES, "--nested")
    assert {value(whole, metric) for metric in ("entity_f1", "entity_f1_partial", "entity_f1_type")} == {1}
    assert "--nested" not in told(whole)


def test_nested_gold_by_name_is_said_too(scored: Any) -> None:
    gold = [{"text": "Bank of England", "type": "ORG"}, {"text": "England", "type": "LOC"}]
    named = lines({"text": "The Bank of England fell", "answer": "ORG: Bank of England; LOC: England", "gold": gold})
    flat = scored(named, *TYPES)
    assert value(flat, "entity_f1") == pytest.approx(2 * 1 / (2 + 2)) and "--nested" in told(flat)
    assert value(scored(named, *TYPES, "--nested"), "entity_f1") == 1


def test_one_place_of_two_types_is_no_nested_gold(refused: Any) -> None:
    gold = [{"text": "England", "type": "ORG"}, {"text": "England", "type": "LOC"}]
    assert "has no place of its own" in refused(lines({"text": "England fell", "answer": "", "gold": gold}), *TYPES)


# ---- one row, spreadsheets, pandas, encodings

ONE = {"text": "Nokia rose in Espoo.", "answer": "ORG: Nokia", "gold": [{"start": 0, "end": 5, "type": "ORG"}]}


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json"])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("answer", ["ORG: Nokia", [{"type": "ORG", "text": "Nokia"}], {"ORG": ["Nokia"]}])
def test_a_file_of_one_row_with_a_list_in_it(scored: Any, name: str, indent: int | None, answer: Any) -> None:
    report = scored(json.dumps({**ONE, "answer": answer}, indent=indent), *TYPES, name=name)
    assert (report["rows"]["scored"], value(report, "entity_f1")) == (1, 1)


def test_a_row_of_tags_is_no_table_by_columns(scored: Any) -> None:
    row = {"tokens": ["Nokia", "rose"], "answer": ["B-ORG", "O"], "gold": ["B-ORG", "O"]}
    report = scored(json.dumps(row), *TYPES)
    assert (report["rows"]["scored"], value(report, "entity_f1")) == (1, 1)


ROWS = [
    {"text": "Sales rose.", "answer": "positive", "gold": "positive"},
    {"text": 'He said "no"; costs, too, fell', "answer": "negative", "gold": "negative"},
]
TABLES = {
    "Excel's first line": ("a.csv", "sep=;\ntext;answer;gold\nSales rose.;positive;positive\n"),
    "Excel's first line with a comma": ("a.csv", 'sep=,\r\ntext,answer,gold\r\n"Sales; rose",positive,positive\r\n'),
    "Excel's first line in quotes": ("a.csv", '\ufeff"sep=|"\r\ntext|answer|gold\r\nSales|positive|positive\r\n'),
    "semicolons": ("a.csv", "text;answer;gold\nSales, and costs, rose.;positive;positive\n"),
    "a bare quote": ("a.tsv", 'text\tanswer\tgold\n"Nokia" rose\tpositive\tpositive\n5" screens\tnegative\tnegative\n'),
    "quotes that never close": ("a.tsv", 'text\tanswer\tgold\n"Nokia rose\tpositive\tpositive\nb\tneutral\tneutral\n'),
    "two lines with a quote": (
        "a.tsv",
        'text\tanswer\tgold\n"a\tpositive\tpositive\nb\tneutral\tneutral\n"c\tneutral\tneutral\n',
    ),
    "columns": ("a.json", json.dumps({k: {str(i): row[k] for i, row in enumerate(ROWS)} for k in ROWS[0]})),
    "records": ("a.json", json.dumps(ROWS)),
    "by index": ("a.json", json.dumps({str(i): row for i, row in enumerate(ROWS)})),
    "split": (
        "a.json",
        json.dumps({"columns": list(ROWS[0]), "index": [0, 1], "data": [list(r.values()) for r in ROWS]}),
    ),
    "table": ("a.json", json.dumps({"schema": {"fields": [{"name": "text"}]}, "data": ROWS})),
    "lists": ("a.json", json.dumps({k: [row[k] for row in ROWS] for k in ROWS[0]})),
    "Spanish": ("a.csv", "texto,respuesta,etiqueta\nSubió.,positivo,positive\n"),
    "Spanish with accents": ("a.csv", "Oración;Predicción;Etiqueta real\nSubió.;positiva;positive\n"),
    "LLaMA-Factory": (
        "generated_predictions.jsonl",
        lines({"prompt": "x", "predict": "\n\npositive", "label": "positive"}),
    ),
    "OpenCompass lines": (
        "a.jsonl",
        lines({"idx": 0, "origin_prompt": "x", "prediction": "positive", "gold": "positive"}),
    ),
    "an old lm-eval": (
        "a_write_out_info.json",
        json.dumps([{"doc_id": 0, "prompt_0": "x", "logit_0": "positive", "truth": "positive"}]),
    ),
}


@pytest.mark.parametrize(("name", "content"), TABLES.values(), ids=TABLES.keys())
def test_tables_of_other_programs(scored: Any, name: str, content: str) -> None:
    report = scored(content, *LABELS, name=name)
    assert value(report) == 1 and report["rows"]["scored"] == report["rows"]["in_file"] > 0


def test_lines_behind_excels_first_line_are_counted(refused: Any) -> None:
    assert "a.csv:3: 2 columns, the header has 3" in refused("sep=;\ntext;answer;gold\na;b\n", *LABELS, name="a.csv")


def test_a_comma_too_many_is_still_an_error(refused: Any) -> None:
    err = refused('text,answer,gold\n"Nokia" rose,positive,positive\n', *LABELS, name="a.csv")
    assert "not readable as CSV" in err


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a.gz"])
def test_gzip(scored: Any, name: str) -> None:
    content = "text,answer,gold\na,positive,positive\n" if "csv" in name else labels(("positive", "positive"))
    assert value(scored(gzip.compress(content.encode()), *LABELS, name=name)) == 1


def test_a_cut_archive_is_refused(refused: Any) -> None:
    packed = gzip.compress(labels(("positive", "positive")).encode())
    assert "not readable as gzip" in refused(packed[:-12], *LABELS, name="a.jsonl.gz")


SPANISH = "texto,respuesta,etiqueta\nSubió un 5 % más.,positivo,positive\n"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-8-sig"])
def test_other_encodings(scored: Any, encoding: str) -> None:
    report = scored(SPANISH.encode(encoding), *LABELS, "--encoding", encoding, name="a.csv")
    assert value(report) == 1


def test_another_encoding_is_offered(refused: Any) -> None:
    err = refused(SPANISH.encode("cp1252"), *LABELS, name="a.csv")
    assert "not UTF-8: byte 0xf3" in err and "--encoding cp1252 reads it as '... " in err and "Subió un 5" in err
    assert "--encoding utf-16" in refused(SPANISH.encode("utf-16"), *LABELS, name="a.csv")
    assert "--encoding NAME" in refused("答案".encode("shift_jis") + b"\x81\n", *LABELS, name="a.csv")
    assert "not ascii: byte" in refused(SPANISH.encode(), *LABELS, "--encoding", "ascii", name="a.csv")


# ---- samples of lm-eval


def samples(*resps: Any) -> str:
    docs = catalogue.load("demo_ner")["test"]
    rows = []
    for doc, resp in zip(docs, resps, strict=False):
        right = "; ".join(f"{e['type']}: {doc['text'][e['start'] : e['end']]}" for e in doc["entities"]) or "none"
        filled = [[right if answer is ... else answer for answer in resp]]
        rows.append(
            {
                "doc": doc,
                "target": right,
                "arguments": {},
                "resps": filled,
                "filtered_resps": filled[0],
                "filter": "none",
            }
        )
    return lines(*rows)


NAME = "samples_phin_demo_ner_2026-01-01T00-00-00.000002.jsonl"


def test_null_in_samples_is_an_answer_that_is_not_there(scored: Any) -> None:
    report = scored(samples([None], [...], [...]), "--answered-only", name=NAME)
    assert report["rows"]["scored"] == 3 and report["details"]["reasons"] == {"format": 1}
    assert 0 < value(report, "entity_f1") < 1


@pytest.mark.parametrize(
    ("resps", "first", "majority"),
    [
        ([["none", ..., ...]] * 3, 0, 1),
        ([[..., "none", ...]] * 3, 1, 1),
        ([[None, ..., None]] * 3, 0, 1),
        ([["?", ..., "what?"]] * 3, 0, 1),  # of the readable ones
        ([["none", ...]] * 3, 0, 0),  # the earliest of equals
    ],
)
def test_of_several_answers_one_counts_and_that_is_said(scored: Any, resps: Any, first: int, majority: int) -> None:
    content = samples(*resps)
    report = scored(content, "--answered-only", name=NAME)
    assert value(report, "entity_f1") == first and "the first counts (--repeats majority" in told(report)
    report = scored(content, "--answered-only", "--repeats", "majority", name=NAME)
    assert value(report, "entity_f1") == majority and "most of them agree" in told(report)


def test_several_answers_in_a_list_of_a_file(scored: Any) -> None:
    content = labels((["neutral", "positive", "Positive."], "positive"), (["negative", None, "negative"], "negative"))
    assert value(scored(content, *LABELS)) == 0.5
    assert value(scored(content, *LABELS, "--repeats", "majority")) == 1
    one = entities([LINE.replace("PER", "LOC"), LINE, LINE])
    assert value(scored(one, *TYPES, "--repeats", "majority"), "entity_f1") == 1


# ---- what cannot be read


def test_the_commonest_shapes_of_unreadable_answers(scored: Any) -> None:
    answers = ["up", "up", "up", "down", "", "<scratch>negative</scratch>", "I am not sure what this says about it"]
    report = scored(labels(*((answer, "positive") for answer in answers)), *LABELS)
    assert [shape["words"] for shape in report["details"]["shapes"]][:1] == ["other words"]
    assert "--codes up=negative,down=neutral" in told(report)
    marked = scored(labels(("<scratch>hm</scratch>x", "neutral")), *LABELS)
    assert "--reasoning-marks '<scratch>' '</scratch>'" in told(marked)
    assert "More than half" not in told(scored(labels(("up", "neutral"), ("neutral", "neutral")), *LABELS))


def test_shapes_are_in_every_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(labels(("2", "positive")), encoding="utf-8")
    for form in ("terminal", "markdown"):
        assert main(["rescore", str(file), *LABELS, "--format", form]) == 0
        assert "--codes 2=negative" in capsys.readouterr().out.replace("\n  ", " ")
