"""Entity answers as lines, JSON and tags: what is written is what is read, and damage is a problem, never an error."""

from __future__ import annotations

import itertools
import json
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.core.errors import BenchError
from phingpt_bench.scoring.entities import Parsed, Problem, Span
from phingpt_bench.scoring.entity_lines import parse_entities
from phingpt_bench.scoring.entity_metrics import entity_f1, entity_f1_macro
from phingpt_bench.scoring.formats import FORMATS, answer_format
from phingpt_bench.scoring.json_entities import read_json, write_json
from phingpt_bench.scoring.ner import partial_counts, strict_counts, type_only_counts
from phingpt_bench.scoring.spans import format_entities
from phingpt_bench.scoring.subsequence import common_subsequence
from phingpt_bench.scoring.tag_entities import read_tags, write_tags

TYPES = ("PER", "ORG", "LOC")
TEXT = "Anna Lee of Nokia Oyj met Bo Ek of Nokia in Espoo; Nokia Oyj fell."
SPANS = [Span(0, 8, "PER"), Span(12, 21, "ORG"), Span(35, 40, "ORG"), Span(44, 49, "LOC"), Span(51, 60, "ORG")]
EVERY = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())


def named(parsed: Parsed, text: str = TEXT) -> list[tuple[str, str]]:
    return [(span.type, text[span.start : span.end]) for span in parsed.spans]


def kinds(parsed: Parsed) -> list[str]:
    return [problem.kind for problem in parsed.problems]


def dataset_rows(name: str, folder: str) -> dict[str, list[tuple[str, list[Span]]]]:
    from phingpt_bench.data import catalogue

    return {
        split: [(row["text"], [Span(e["start"], e["end"], e["type"]) for e in row["entities"]]) for row in rows]
        for split, rows in catalogue.load(name, folder).items()
    }


# ---- all formats


def test_formats_by_name():
    assert list(FORMATS) == ["lines", "json", "tags"]
    assert all(answer_format(name) is form and form.name == name for name, form in FORMATS.items())
    with pytest.raises(BenchError, match="answer format 'jsno'") as error:
        answer_format("jsno")
    assert "'json'" in str(error.value.hint)


@EVERY
def test_an_instruction_names_the_types(form):
    asked = form.ask(TYPES)
    assert "PER, ORG, LOC" in asked
    assert "{{" not in asked
    assert "\n" not in asked


def test_the_same_entities_in_three_forms():
    assert answer_format("lines").write(TEXT, SPANS, TYPES) == format_entities(TEXT, SPANS)
    assert answer_format("lines").read is parse_entities
    assert answer_format("json").write(TEXT, SPANS[:1] + SPANS[2:3], TYPES) == (
        '[{"type": "PER", "text": "Anna Lee"}, {"type": "ORG", "text": "Nokia", "nth": 2}]'
    )
    assert answer_format("tags").write(TEXT, SPANS[:1] + SPANS[2:3], TYPES) == (
        "<PER>Anna Lee</PER> of Nokia Oyj met Bo Ek of <ORG>Nokia</ORG> in Espoo; Nokia Oyj fell."
    )


@pytest.mark.parametrize("name", ["fin", "finer_ord"])
def test_every_row_of_the_data_is_read_back_exactly(data_mirror, name):
    folder = {"fin": "flare_ner", "finer_ord": "finer_ord"}[name]
    seen = 0
    for rows in dataset_rows(name, str(data_mirror / folder)).values():
        for form in FORMATS.values():
            answers = [form.write(text, spans, TYPES) for text, spans in rows]
            assert not any("\n" in answer or "\r" in answer for answer in answers)
            parsed = [form.read(answer, text, TYPES) for answer, (text, _) in zip(answers, rows, strict=True)]
            assert parsed == [Parsed(sorted(spans)) for _, spans in rows]
        seen += len(rows)
    assert seen == {"fin": 609, "finer_ord": 4739}[name]


@pytest.mark.parametrize("name", ["fin", "finer_ord"])
def test_copies_with_other_spacing_and_a_lost_word_keep_their_entities(data_mirror, name):
    folder = {"fin": "flare_ner", "finer_ord": "finer_ord"}[name]
    rows = dataset_rows(name, str(data_mirror / folder))["test"]
    n_changed = 0
    for text, spans in rows:
        answer = write_tags(text, spans, TYPES)
        damaged = answer.replace(" ,", ",").replace(" .", ".").replace(" the ", " ", 1)
        n_changed += damaged != answer
        parsed = read_tags(damaged, text, TYPES)
        assert parsed.spans == sorted(spans)
        assert len(text.split()) < 5 or not parsed.problems
    assert n_changed > len(rows) / 2


@pytest.mark.perf
@pytest.mark.parametrize("name", ["fin", "finer_ord"])
def test_the_rows_of_the_data_are_read_in_two_milliseconds_each(data_mirror, name):
    rows = dataset_rows(name, str(data_mirror / {"fin": "flare_ner", "finer_ord": "finer_ord"}[name]))["test"]
    for form in FORMATS.values():
        answers = [form.write(text, spans, TYPES) for text, spans in rows]
        start = time.process_time()
        for answer, (text, _) in zip(answers, rows, strict=True):
            form.read(answer, text, TYPES)
        assert time.process_time() - start < 2 * max(1, len(rows) / 1075)


PARTS = """
    a Nokia Oyj < > </ <PER> </PER> <b> & &lt; &amp; &#32; #32; lt; [ ] { } " ' \\ \\n : ; , @2 none null ```
"""
SPACES = [" ", "\n", "\r", "\u00a0", "\u2028", "< per >", " @2"]
LETTERS = ["é", "e\u0301", "\u0301", "🏦", "ß", "\ud800"]
NASTY = st.one_of(
    st.lists(st.sampled_from([*PARTS.split(), *SPACES, *LETTERS]), max_size=14).map("".join), st.text(max_size=20)
)


@st.composite
def texts_with_spans(draw):
    text = draw(NASTY)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [
        Span(start, end, draw(st.sampled_from(TYPES))) for start, end in itertools.pairwise(cuts) if draw(st.booleans())
    ]
    return text, spans


@pytest.mark.slow
@EVERY
@given(case=texts_with_spans())
@settings(max_examples=400)
def test_any_spans_of_any_text_are_read_back_exactly(form, case):
    text, spans = case
    answer = form.write(text, spans, TYPES)
    assert not re.search(r"[\r\n]", answer)
    assert form.read(answer, text, TYPES) == Parsed(spans)


SCRAPS = """
    <PER> </PER> <ORG> </ORG> <x> </x> < > Nokia Oyj &lt; &#9; &#999999; [ ] { } " "PER" "type" "text" "nth" "entities"
    : , 1 null x none ; {"PER":["Nokia"]} {"type":"PER","text":"Nokia"}
"""
SCRAP = st.sampled_from([*SCRAPS.split(), "Anna Lee", "PER: ", " ", "\n", "\ud800"])
ANSWER = st.one_of(st.text(max_size=80), st.lists(SCRAP, max_size=40).map("".join))


@pytest.mark.slow
@EVERY
@given(answer=ANSWER, text=st.one_of(st.just(TEXT), NASTY))
@settings(max_examples=400)
def test_no_answer_breaks_a_reader(form, answer, text):
    parsed = form.read(answer, text, TYPES)
    ends = [0]
    for span in parsed.spans:
        assert ends[-1] <= span.start < span.end <= len(text)
        assert span.type in TYPES
        ends.append(span.end)
    assert {problem.kind for problem in parsed.problems} <= {"format", "hallucinated", "duplicate", "conflict"}
    assert form.read(form.write(text, parsed.spans, TYPES), text, TYPES) == Parsed(parsed.spans)
    strict_counts([], parsed, TYPES)


@EVERY
def test_no_answer_is_a_format_problem_and_none_is_none(form):
    for answer in ("", " ", "\n", " \n\t"):
        assert form.read(answer, TEXT, TYPES) == Parsed([], [Problem("format", "", None)])
    for answer in ("none", " None.", "none\nmore"):
        assert form.read(answer, TEXT, TYPES) == Parsed()
    assert form.read("I cannot help with that", TEXT, TYPES).invalid
    assert form.read(form.write(TEXT, [], TYPES), TEXT, TYPES) == Parsed()


@EVERY
def test_what_cannot_be_written_is_an_error(form):
    for span in (Span(3, 3, "PER"), Span(0, 99, "PER"), Span(-1, 3, "PER"), Span(0, 1, ""), Span(0, 1, " X")):
        with pytest.raises(BenchError):
            form.write("Anna Lee", [span], TYPES)
    with pytest.raises(BenchError, match="cannot be written"):
        write_tags("Anna Lee", [Span(0, 1, "A>B")], TYPES)


@pytest.mark.parametrize("form", ["json", "tags"])
def test_pieces_are_judged_as_those_of_lines_are(form):
    """The same five claims: right, invented, of unknown type, of a name inside a longer one, the first again."""
    line = "PER: Anna Lee; LOC: Turku; FOO: Bo Ek; PER: Lee; LOC: Turku"
    same = {
        "json": json.dumps([dict(zip(("type", "text"), p.split(": "), strict=True)) for p in line.split("; ")]),
        "tags": "<PER>Anna <PER>Lee</PER></PER> of Nokia Oyj met <FOO>Bo Ek</FOO> of Nokia in Espoo; Nokia Oyj fell. "
        "<LOC>Turku</LOC> <LOC>Turku</LOC>",
    }[form]
    lines, parsed = parse_entities(line, TEXT, TYPES), answer_format(form).read(same, TEXT, TYPES)
    assert parsed.spans == lines.spans == [Span(0, 8, "PER")]
    assert sorted(kinds(parsed)) == sorted(kinds(lines)) == ["conflict", "duplicate", "format", "hallucinated"]
    assert strict_counts(SPANS, parsed, TYPES) == strict_counts(SPANS, lines, TYPES)


# ---- JSON

ANNA = [("PER", "Anna Lee")]
BOTH = [("PER", "Anna Lee"), ("LOC", "Espoo")]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("[]", []),
        ("{}", []),
        ("null", []),
        ('{"entities": []}', []),
        ('{"PER": [], "ORG": null, "MISC": []}', []),
        ('[{"type": "PER", "text": "Anna Lee"}]', ANNA),
        ('```json\n[{"type": "PER", "text": "Anna Lee"}]\n```', ANNA),
        ('Entities: [{"type": "PER", "text": "Anna Lee"}] and [no more]', ANNA),
        ('[\n  {\n    "text": " Anna Lee ",\n    "type": "per"\n  },\n]\n', ANNA),
        ('[{"entity": "Anna Lee", "label": "PER"}, {"name": "Espoo", "label": "LOC"}]', BOTH),
        ('[{"entity": "PER", "word": "Anna Lee"}, {"Text": "Espoo", "Type": "LOC", "score": 0.9}]', BOTH),
        ('{"entities": [{"type": "PER", "text": "Anna Lee"}, {"type": "LOC", "text": "Espoo"}]}', BOTH),
        ('{"PER": ["Anna Lee"], "LOC": "Espoo", "ORG": []}', BOTH),
        ('{"entities": {"PER": ["Anna Lee"], "LOC": [{"text": "Espoo"}]}}', BOTH),
        ('[{"PER": "Anna Lee"}, {"LOC": ["Espoo"]}]', BOTH),
        ('[{"type": "PER", "text": ["Anna Lee"]}, {"type": "LOC", "text": "Espoo", "nth": null}]', BOTH),
        ('{"type": "PER", "text": "Anna Lee"}', ANNA),
        ('{"type": "PER", "text": "Anna Lee"}, {"type": "LOC", "text": "Espoo"}', BOTH),
        ('{"type": "PER", "text": "Anna Lee"}\n{"type": "LOC", "text": "Espoo"}\n', BOTH),
        ('{"PER": ["Anna Lee"], "PER": ["Bo Ek"]}', [("PER", "Anna Lee"), ("PER", "Bo Ek")]),
        ('[{"type": "ORG", "text": "Nokia", "nth": [2]}]', [("ORG", "Nokia")]),
        ('[{"type": "ORG", "text": "Nokia"}]', [("ORG", "Nokia")] * 3),
        ("{'PER': ['Anna Lee'], 'LOC': None}", ANNA),
        ("[{'type': 'PER', 'text': 'Anna Lee'}]", ANNA),
        ('[["PER", "Anna Lee"], ["Espoo", "LOC"]]', BOTH),
        ("[('Anna Lee', 'PER'), ('Espoo', 'LOC')]", BOTH),
        ("('Anna Lee', 'PER'), ('Espoo', 'LOC')", BOTH),
        ('{"Anna Lee": "PER", "Espoo": "LOC"}', BOTH),
        ('[[0, 8, "PER"], [44, 49, "LOC"]]', BOTH),
        ('[[{"type": "PER", "text": "Anna Lee"}]]', ANNA),
        ('{"PER": "none", "LOC": ["Espoo"]}', BOTH[1:]),
        ('{"text": "of Nokia", "entities": [{"type": "PER", "text": "Anna Lee"}], "note": "one"}', ANNA),
    ],
)
def test_json_is_read_leniently_where_nothing_is_guessed(answer, expected):
    parsed = read_json(answer, TEXT, TYPES)
    assert named(parsed) == expected
    assert not parsed.problems


@pytest.mark.parametrize(
    ("answer", "expected", "problems"),
    [
        ('[{"type": "PER", "text": "Anna Lee"}', ANNA, ["format"]),
        ('[{"type": "PER", "text": "Anna Lee"},', ANNA, ["format"]),
        ('[{"type": "PER", "text": "Anna Lee"}, {"type": "LOC", "te', ANNA, ["format"]),
        ('[{"type": "PER", "text": "Anna Lee"}, {"type": "LOC", "text": "Espoo"', ANNA, ["format"]),
        ('[{"type": "PER", "text": "Anna Lee"} {"type": "LOC", "text": "Espoo"}]', ANNA, ["format"]),
        ('{"entities": [{"type": "PER", "text": "Anna Lee"}, {"type": "LOC"', ANNA, ["format"]),
        ('{"PER": ["Anna Lee"], "LOC": ["Espoo", "Tur', BOTH, ["format"]),
        ('{"PER": [{"text": "Anna Lee"}, {"text": "Bo', ANNA, ["format"]),
        ('{"type": "PER", "text": "Anna Lee"}\n{"type": "LOC", "te', ANNA, ["format"]),
        ("[", [], ["format"]),
        ('["Anna Lee"]', [], ["format"]),
        ('[{"text": "Anna Lee"}]', [], ["format"]),
        ('[{"type": "PER"}, {"entity": "PER"}]', [], ["format", "format"]),
        ('[{"type": "PER", "text": 7}, {"type": null, "text": "Espoo"}]', [], ["format", "format"]),
        ('[{"type": "PER", "text": ""}, {"type": "MONEY", "text": "Espoo"}]', [], ["format", "format"]),
        ('{"MISC": ["Espoo"], "PER": ["Anna Lee", 3]}', ANNA, ["format", "format"]),
        ('[{"type": "ORG", "text": "Nokia", "nth": "second"}]', [], ["format"]),
        ('[{"type": "ORG", "text": "Nokia", "nth": 4}]', [], ["hallucinated"]),
        ('[{"type": "PER", "text": "anna lee"}]', [], ["hallucinated"]),
        ('{"PER": ["Anna Lee", "Anna Lee"], "ORG": ["Anna Lee"]}', ANNA, ["duplicate", "conflict"]),
        ('[{"type": "LOC", "text": "Turku"}, {"type": "LOC", "text": "Turku"}]', [], ["hallucinated", "duplicate"]),
    ],
)
def test_damaged_json_keeps_what_is_complete(answer, expected, problems):
    parsed = read_json(answer, TEXT, TYPES)
    assert named(parsed) == expected
    assert kinds(parsed) == problems


def test_what_is_lost_of_a_cut_json_answer_is_shown():
    (problem,) = read_json('[{"type": "PER", "text": "Anna Lee"}, {"type": "LOC", "te', TEXT, TYPES).problems
    assert problem == Problem("format", '{"type": "LOC", "te', None)


def test_every_cut_of_a_json_answer_loses_the_unfinished_only():
    spans = [Span(0, 8, "PER"), Span(26, 31, "PER"), Span(44, 49, "LOC")]
    answer = write_json(TEXT, spans, TYPES)
    for length in range(1, len(answer)):
        parsed = read_json(answer[:length], TEXT, TYPES)
        assert parsed.spans == spans[: answer[:length].count("}")]
        assert kinds(parsed) == ["format"]


# ---- tags


@pytest.mark.parametrize(
    ("answer", "spans"),
    [
        ("<per>Anna Lee</per> of Nokia Oyj met Bo Ek of Nokia in Espoo; Nokia Oyj fell.", SPANS[:1]),
        ("< PER > Anna Lee < / PER > of Nokia Oyj met Bo Ek of Nokia in Espoo; Nokia Oyj fell.", SPANS[:1]),
        ("```\n<PER>Anna Lee</PER> of Nokia Oyj met Bo Ek of Nokia in Espoo; Nokia Oyj fell.\n```", SPANS[:1]),
        ("\nAnna Lee of Nokia Oyj met Bo Ek of Nokia in <LOC>Espoo</LOC>, Nokia Oyj fell", SPANS[3:4]),
        ("Anna Lee of Nokia Oyj met Bo Ek of <ORG>Nokia</ORG> in Espoo; Nokia Oyj fell. Or so.", SPANS[2:3]),
        ("Anna Lee, Nokia Oyj, met Bo Ek of <ORG>Nokia</ORG> in Espo; <ORG>Nokia  Oyj</ORG> fell.", SPANS[2::2]),
        ("anna lee of nokia oyj met bo ek of nokia in <LOC>Espoo</LOC>; nokia oyj fell.", SPANS[3:4]),
        ("Anna Lee of Nokia Oyj met Bo Ek of Nokia in Espoo; Nokia Oyj fell.\n<LOC>Espoo</LOC>", []),
        # a copy in another order: what it moved is looked up
        ("In Espoo, <PER>Anna Lee</PER> of Nokia Oyj met Bo Ek of Nokia; Nokia Oyj fell.", SPANS[:1]),
        ("in <LOC>Espoo</LOC> Anna Lee of Nokia Oyj met Bo Ek of Nokia; Nokia Oyj fell.", SPANS[3:4]),
    ],
)
def test_copies_with_slips_are_aligned(answer, spans):
    assert read_tags(answer, TEXT, TYPES) == Parsed(spans)


def test_the_place_of_a_repeated_name_is_that_of_its_neighbours():
    text = "The Bank lent. The Bank paid. The Bank fell."
    for at in (4, 19, 34):
        exact = write_tags(text, [Span(at, at + 4, "ORG")], TYPES)
        for answer in (exact, exact.replace(".", ""), exact.replace("The ", "", 1), exact + " The Bank rose."):
            assert read_tags(answer, text, TYPES) == Parsed([Span(at, at + 4, "ORG")])
    twice = exact + " " + exact  # the model went round once more
    assert read_tags(twice, text, TYPES) == Parsed([Span(34, 38, "ORG")], [Problem("duplicate", "Bank", "ORG")])


def test_a_repeated_name_whose_first_sentence_was_left_out():
    text = "Bank A lent. Bank A paid well in May and fell down again in June after all of that."
    answer = "<ORG>Bank A</ORG> paid well in May and fell down again in June after all of that."
    assert read_tags(answer, text, TYPES) == Parsed([Span(13, 19, "ORG")])


def test_a_moved_piece_is_looked_up_in_what_the_copy_lacks():
    text = "In Espoo, Nokia fell a lot on Monday and then Nokia rose again."
    answer = "In Espoo, fell a lot on Monday and then Nokia rose again: <ORG>Nokia</ORG>."
    assert read_tags(answer, text, TYPES) == Parsed([Span(10, 15, "ORG")])
    whole = text + " <ORG>Nokia</ORG>"  # nothing is lacking: which one is meant cannot be told
    assert read_tags(whole, text, TYPES) == Parsed([], [Problem("hallucinated", "Nokia", "ORG")])


REST = " of Nokia Oyj met Bo Ek of Nokia in Espoo; Nokia Oyj fell."


@pytest.mark.parametrize(
    ("answer", "spans", "problems"),
    [
        ("<PER>Anna Lee" + REST, [], [Problem("format", "<PER>Anna Lee" + REST, "PER")]),
        ("Anna Lee</PER>" + REST, [], [Problem("format", "</PER>", "PER")]),
        ("<PER>Anna Lee</ORG>" + REST, [], [Problem("format", "<PER>Anna Lee</ORG>", None)]),
        ("<PER></PER>Anna Lee" + REST, [], [Problem("format", "", "PER")]),
        ("<MONEY>Anna Lee</MONEY>" + REST, [], [Problem("format", "<MONEY>Anna Lee</MONEY>", None)]),
        ("<PER>Anna <ORG>Lee</ORG></PER>" + REST, SPANS[:1], [Problem("conflict", "Lee", "ORG")]),
        ("<PER><PER>Anna Lee</PER></PER>" + REST, SPANS[:1], [Problem("duplicate", "Anna Lee", "PER")]),
        ("<PER>Ana Lee</PER>" + REST, [], [Problem("hallucinated", "Ana Lee", "PER")]),
        ("<PER>anna lee</PER>" + REST, [], [Problem("hallucinated", "anna lee", "PER")]),
        ("<PER>Anna Lee</PER> of", SPANS[:1], [Problem("format", "", None)]),
        (
            "<PER>Anna Lee</PER> of <ORG>Nok",
            SPANS[:1],
            [Problem("format", "<ORG>Nok", "ORG"), Problem("format", "", None)],
        ),
        ("PER: Anna Lee", [], [Problem("format", "", None)]),
        ("<PER>Anna Lee</PER>" + REST + " <LOC>Turku</LOC>", SPANS[:1], [Problem("hallucinated", "Turku", "LOC")]),
    ],
)
def test_damaged_tags(answer, spans, problems):
    assert read_tags(answer, TEXT, TYPES) == Parsed(spans, problems)


def test_tags_and_escapes_of_the_text_itself():
    text = "if <b>x</b> & <PER> &lt; y < z AT&T"
    spans = [Span(6, 7, "ORG"), Span(31, 35, "ORG")]
    answer = write_tags(text, spans, TYPES)
    assert answer == "if <b><ORG>x</ORG></b> & &lt;PER> &amp;lt; y < z <ORG>AT&T</ORG>"
    assert read_tags(answer, text, TYPES) == Parsed(spans)
    assert read_tags(answer.replace("AT&T", "AT&amp;T"), text, TYPES) == Parsed(spans)  # as HTML would have it


def test_a_text_of_several_lines_is_copied_in_one_or_in_several():
    text = "Anna Lee\nleft Nokia\r\n\nOyj"
    spans = [Span(0, 8, "PER"), Span(14, len(text), "ORG")]
    answer = write_tags(text, spans, TYPES)
    assert answer == "<PER>Anna Lee</PER> left <ORG>Nokia   Oyj</ORG>"
    for copy in (answer, answer.replace("   ", " "), "<PER>Anna Lee</PER>\nleft <ORG>Nokia\nOyj</ORG>\n"):
        assert read_tags(copy, text, TYPES) == Parsed(spans)


# ---- cost

HOSTILE = {
    "lists": "[" * 50_000,
    "objects": '{"a":' * 20_000,
    "entities": '{"entities": [' * 10_000,
    "quotes": '["' * 10_000,
    "loop of objects": '[{"type": "ORG", "text": "Nokia"}' + ', {"type": "ORG", "text": "Nokia"}' * 1_000,
    "lines of objects": '{"type": "ORG", "text": "Nokia"}\n' * 1_000,
    "digits": '[{"type": "ORG", "text": "Nokia", "nth": ' + "9" * 20_000 + "}]",
    "open tags": "<PER>" * 4_000,
    "closing tags": "</PER>" * 4_000,
    "nested tags": "<PER>" * 2_000 + TEXT + "</PER>" * 2_000,
    "unknown tags": "<x>" * 2_000 + "Nokia" + "</x>" * 2_000,
    "loop of tags": "<ORG>Nokia</ORG> " * 1_000,
    "loop of the copy": (write_tags(TEXT, SPANS, TYPES) + " ") * 100,
    "inventions": " ".join(f"<ORG>x{i}</ORG>" for i in range(1_000)),
    "angles": "<" * 20_000,
    "blanks in a tag": ("<" + " " * 5_000) * 4,
    "ampersands": "&" * 20_000,
    "words": "Nokia " * 10_000,
}


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_answers_are_read(form, answer):
    parsed = form.read(answer, " ".join([TEXT] * 20), TYPES)
    assert parsed.problems or parsed.spans


@pytest.mark.perf
@EVERY
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_answers_are_fast(form, answer):
    text = " ".join([TEXT] * 20)
    start = time.process_time()
    form.read(answer, text, TYPES)
    assert time.process_time() - start < 3  # some 0.2 s alone; what is quadratic takes minutes


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
@settings(max_examples=300)
def test_the_common_subsequence_is_one_and_the_longest(a, b):
    pairs = common_subsequence(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in itertools.pairwise(pairs))
    longest = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i, j in np.ndindex(len(a), len(b)):
        longest[i + 1, j + 1] = longest[i, j] + 1 if a[i] == b[j] else max(longest[i, j + 1], longest[i + 1, j])
    assert len(pairs) == longest[-1, -1]


def test_of_common_subsequences_the_early_one_with_neighbours_together():
    assert common_subsequence("b", "bdb") == common_subsequence("bb", "bd") == [(0, 0)]
    assert common_subsequence("bc", "bdbc") == [(0, 2), (1, 3)]
    assert common_subsequence("", "a") == common_subsequence("a", "") == []


# ---- type-only counts


def test_type_only_counts_by_hand():
    gold = [Span(0, 8, "PER"), Span(12, 21, "ORG"), Span(44, 49, "LOC")]
    spans = [Span(0, 4, "PER"), Span(5, 8, "PER"), Span(12, 21, "LOC"), Span(26, 31, "LOC"), Span(40, 49, "LOC")]
    parsed = Parsed(spans, [Problem("hallucinated", "x", "ORG"), Problem("format", "y", None)])
    assert type_only_counts(gold, parsed, TYPES) == [[1, 2, 1], [0, 1, 1], [1, 3, 1], [0, 1, 0]]
    assert strict_counts(gold, parsed, TYPES) == [[0, 2, 1], [0, 1, 1], [0, 3, 1], [0, 1, 0]]
    total = np.sum([type_only_counts(gold, parsed, TYPES), type_only_counts([], Parsed(), TYPES)], axis=0)
    assert entity_f1(total) == pytest.approx(2 * 2 / (7 + 3))
    assert entity_f1_macro(total) == pytest.approx((2 / 3 + 0 + 2 / 4) / 3)
    with pytest.raises(BenchError, match="MISC"):
        type_only_counts([Span(0, 1, "MISC")], Parsed(), TYPES)


@st.composite
def span_lists(draw):
    cuts = sorted(draw(st.sets(st.integers(0, 30), max_size=10)))
    return [Span(a, b, draw(st.sampled_from(TYPES))) for a, b in itertools.pairwise(cuts) if draw(st.booleans())]


@given(span_lists(), span_lists())
@settings(max_examples=300)
def test_type_only_lies_between_strict_and_what_overlaps(gold, predicted):
    parsed = Parsed(predicted)
    strict, typed = (np.array(f(gold, parsed, TYPES)) for f in (strict_counts, type_only_counts))
    assert (typed[:, 1:] == strict[:, 1:]).all()
    assert (strict[:, 0] <= typed[:, 0]).all()
    assert (typed[:, 0] <= typed[:, 1:].min(1)).all()
    for row, type_ in zip(typed, TYPES, strict=False):
        exact, overlapping, *_ = partial_counts(gold, parsed, type_)
        assert row[0] == exact + overlapping
    touched = [g for g in gold if any(g.start < p.end and p.start < g.end and g.type == p.type for p in predicted)]
    assert typed[:, 0].sum() <= len(touched)
    assert (typed[:, 0].sum() > 0) == bool(touched)
