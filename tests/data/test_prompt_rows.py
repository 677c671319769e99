"""`init prompt`: the words that an adapter was taught are found in its rows, and render these byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.cli.main import main
from phingpt_bench.core.config import build
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.prompt_file import PromptFile, as_yaml, read_prompt
from phingpt_bench.data.prompt_rows import prompt_of

TEXTS = [
    "The firm lost money.",
    "The outlook is stable.",
    "The profit rose.",
    "The deal: done.",
    "The board met.",
    "The end.",
]
LABELS = ["negative", "neutral", "positive", "positive", "neutral", "negative"]
ASK = "Instruction: Name the mood. One of {negative/neutral/positive}.\nInput: "
ALL = "### Task:\nName {{the}} mood.\n\n### Line:\n"


def rows(make) -> list[dict]:
    return [make(text, label) for text, label in zip(TEXTS, LABELS, strict=True)]


def whole(text: str, label: str) -> dict:
    answer = label.title()
    parts = {"instruction": "Name {{the}} mood.", "input": text, "output": answer}
    return {**parts, "text": f"{ALL}{text}\n\n### Mood:\n{answer}</s>"}


def talk(text: str, label: str) -> dict:
    said = (("system", "Be brief."), ("user", f'Mood of "{text}"?'), ("assistant", label))
    return {"messages": [{"role": role, "content": content} for role, content in said]}


def turns(text: str, label: str) -> dict:
    return {"conversations": [{"from": "human", "value": f"Mood?\n{text}\n"}, {"from": "gpt", "value": label}]}


SHAPES = {
    "prompt and answer": (
        lambda text, label: {"context": f"{ASK}{text}\nAnswer: ", "target": label},
        ASK + "{{text}}\nAnswer: ",
        "",
    ),
    "blank before the answer": (
        lambda text, label: {"prompt": f"{ASK}{text}\nAnswer:", "completion": f" {label}"},
        ASK + "{{text}}\nAnswer:",
        " ",
    ),
    "all in one text": (whole, "{% raw %}" + ALL + "{% endraw %}{{text}}\n\n### Mood:\n", ""),
    "messages": (talk, 'Mood of "{{text}}"?', ""),
    "from and value": (turns, "Mood?\n{{text}}\n", ""),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_words_are_what_is_alike_in_all_rows(shape, tmp_path):
    """Every text begins with "The " and most end with a full stop: that is chance, and no part of the prompt."""
    make, text, delimiter = SHAPES[shape]
    made = prompt_of(rows(make), "rows")
    assert (made.prompt.text, made.prompt.delimiter, made.rendered, made.others) == (text, delimiter, 6, 0)
    assert made.prompt.labels == ["negative", "neutral", "positive"]
    assert made.prompt.answer("neutral") == ("Neutral" if "one text" in shape else "neutral")
    assert (made.prompt.system, made.prompt.chat) == (
        ("Be brief.", True) if shape == "messages" else (None, shape == "from and value")
    )
    file = tmp_path / "p.yaml"
    file.write_text(as_yaml(made.prompt, "about it"))
    assert read_prompt(str(file)) == made.prompt


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
)
@settings(max_examples=60)
def test_any_words_are_rendered_byte_for_byte_and_survive_the_file(before, behind):
    layout = [
        {"context": f"{before}\nText: {t}\n{behind}\nA:", "target": f" {a}"} for t, a in zip(TEXTS, LABELS, strict=True)
    ]
    try:
        made = prompt_of(layout, "rows")
    except BenchError:
        assert "{%" in before + behind  # braces that no template can hold, such as the end of a raw block
        return
    assert made.rendered == 6
    assert build(PromptFile, yaml.safe_load(as_yaml(made.prompt)), "p") == made.prompt


NAMED = "one of negative, neutral, positive"


@pytest.mark.slow
@given(
    st.sampled_from(["prompt", "context", "query", "text"]),
    st.sampled_from(["completion", "target", "output", "response", "answer", "label"]),
    st.sampled_from(["text", "sentence", "input", "headline", "content"]),
    st.sampled_from(["", f"Say {NAMED}.\n", f"### Mood ({NAMED})\n", "Is it positive?\n", "Text: "]),
    st.sampled_from(["", f"\nAnswer: {NAMED}?\n", f"\nChoose {NAMED}.\nMood: ", "\nneutral if unsure:", f" ({NAMED})"]),
    st.sampled_from(["", " "]),
)
@settings(max_examples=200)
def test_a_prompt_that_names_the_labels_is_kept_whole(prompt, answer, bare, before, behind, delimiter):
    """What is rendered is compared with the row's own columns: no check that cuts them first would notice."""
    if prompt == bare:
        return
    table = rows(lambda t, a: {prompt: f"{before}{t}{behind}", answer: delimiter + a, bare: t})
    if not before + behind:
        return  # two columns alike: nothing to find
    made = prompt_of(table, "rows").prompt
    assert made.text == f"{before}{{{{text}}}}{behind}"
    for text, row in zip(TEXTS, table, strict=True):
        rendered = made.text.replace("{{text}}", text) + made.delimiter + made.answer(row[answer].strip())
        assert rendered == row[prompt] + row[answer]


def test_what_varies_around_a_text_with_a_column_is_no_part_of_it():
    orders = ["negative or positive", "positive or negative"] * 3
    table = [
        {"prompt": f"{t}\nIs it {order}?\n", "completion": a, "sentence": t}
        for t, a, order in zip(TEXTS, LABELS, orders, strict=True)
    ]
    with pytest.raises(BenchError, match="are not rendered byte for byte"):
        prompt_of(table, "rows")


def test_parts_need_the_layout_that_the_training_had():
    parts = rows(lambda t, a: {"instruction": "Mood?", "input": t, "output": a})
    with pytest.raises(BenchError, match="not how they were put together"):
        prompt_of(parts, "rows")
    made = prompt_of(parts, "rows", "{instruction}\n{input}\nAnswer:")
    assert made.prompt.text == "Mood?\n{{text}}\nAnswer:"
    with pytest.raises(BenchError, match="the layout needs a column 'question'"):
        prompt_of(parts, "rows", "{question}")


def test_of_several_instructions_the_commonest_is_taken_and_the_rest_counted():
    mixed = rows(lambda t, a: {"context": f"Mood of this:\n{t}\n", "target": a})
    mixed += [{"context": f"Names in this:\n{t}\n", "target": "Acme is a firm"} for t in TEXTS[:3]]
    made = prompt_of(mixed, "rows")
    assert made.prompt.text == "Mood of this:\n{{text}}\n" and (made.rendered, made.others) == (6, 3)


def test_answers_of_all_kinds_are_no_labels():
    made = prompt_of([{"prompt": f"Names:\n{t}\n", "output": f"{t[4:9]} {n}"} for n, t in enumerate(TEXTS)], "rows")
    assert made.prompt.kind is None and made.prompt.labels == []
    assert prompt_of(rows(SHAPES["messages"][0]), "rows", kind="scores").prompt.labels == []


@pytest.mark.parametrize(
    ("given_rows", "said"),
    [
        ([{"context": "a", "target": "b"}], "two rows at least"),
        ([{"context": "a"}, {"context": "b"}], "no column with an answer"),
        ([{"target": "a"}, {"target": "b"}], "no column with a prompt"),
        ([{"context": "a", "target": "x"}, {"context": "a", "target": "y"}], "all rows have the same prompt"),
        ([{"messages": [{"role": "user", "content": "a"}]}] * 2, "no user or no assistant"),
        ([{"messages": [{"role": "user", "content": "a"}] * 2}] * 2, "one message each"),
        ([{"messages": ["a"]}] * 2, "one message each"),
    ],
)
def test_rows_that_hold_no_prompt_are_refused(given_rows, said):
    with pytest.raises(BenchError, match=said):
        prompt_of(given_rows, "rows")


def test_the_command_writes_the_file_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PHINGPT_BENCH_LANG", "en")
    source = tmp_path / "rows.jsonl"
    source.write_text("\n".join(map(json.dumps, rows(SHAPES["prompt and answer"][0]))))
    command = ["init", "prompt", str(tmp_path / "mine.yaml"), "--from", str(source)]
    assert main(command) == 0
    out = capsys.readouterr().out
    prompt = read_prompt(str(tmp_path / "mine.yaml"))
    assert prompt is not None and f"renders 6 rows byte for byte; digest in records: {prompt.digest} (" in out
    assert main(command) == 2 and "the file exists" in capsys.readouterr().err
    assert main(["init", "prompt", str(tmp_path / "x.txt"), "--from", str(source)]) == 2
    assert main(["init", "prompt"]) == 2


@pytest.mark.parametrize(
    ("words", "mapping"),
    [
        (("negative", "neutral", "positive"), None),  # those of tasks
        (("baja", "igual", "Sube"), 'answers: {"LABEL_1": "baja", "LABEL_2": "igual", "LABEL_3": "Sube"}'),
    ],
)
def test_labels_of_no_task_come_with_the_mapping_to_fill_in(words, mapping, tmp_path):
    source, file = tmp_path / "rows.jsonl", tmp_path / "mine.yaml"
    given = [{"prompt": f"News: text {n}\nMood: ", "completion": words[n % 3], "text": f"text {n}"} for n in range(12)]
    source.write_text("\n".join(map(json.dumps, given)))
    assert main(["init", "prompt", str(file), "--from", str(source)]) == 0
    comments = [line[2:] for line in file.read_text().splitlines() if line.startswith("# ")]
    assert [line for line in comments if line.startswith("answers: ")] == ([mapping] if mapping else [])
    if mapping:  # filled in and in force, it is what a task with those labels needs
        text = file.read_text().partition("\nlabels:")[0]
        rest = "\n".join(line for line in comments if line.startswith(("labels: ", "answers: ")))
        filled = f"{text}\n{rest}\ndelimiter: ''\n"
        for number, name in enumerate(("down", "flat", "up"), 1):
            filled = filled.replace(f"LABEL_{number}", name)
        file.write_text(filled)
        prompt = read_prompt(str(file))
        assert prompt is not None and prompt.misfit("t", "t", "labels", ["up", "down", "flat"], ["text"]) is None
        assert [prompt.answer(label) for label in ("down", "flat", "up")] == list(words)


# ---- the file itself


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("text: ''", "text is empty"),
        ("text: '{{text'", "text is not a Jinja template"),
        ("text: a\nanswers: {x: b, y: b}", "the same words for two labels"),
        ("text: a\nkind: spans\nanswers: {x: b}", "answers are for kind: labels"),
        ("text: a\nend: ''", "end is empty"),
        ("text: a\nwords: b", "unknown key 'words'"),
        ("kind: labels", "text"),
    ],
)
def test_a_file_is_read_strictly(tmp_path: Path, text, said):
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(BenchError, match=said):
        read_prompt(str(tmp_path / "p.yaml"))


def test_names_of_prompts():
    assert read_prompt("ours") is None and read_prompt("query").text == "{{query}}"
    with pytest.raises(BenchError, match="unknown prompt 'qeury'"):
        read_prompt("qeury")
    with pytest.raises(BenchError, match="no such file"):
        read_prompt("nothing.yaml")


def test_the_digest_is_of_what_is_asked_and_of_nothing_else():
    prompt = PromptFile(text="{{text}}")
    for other in ({"text": "{{text}} "}, {"delimiter": ""}, {"end": "x"}, {"system": "s"}, {"answers": {"a": "b"}}):
        assert PromptFile(**{"text": "{{text}}", **other}).digest != prompt.digest, other
    assert PromptFile(text="{{text}}", tasks=["phin_fpb"], labels=["a"]).digest == prompt.digest


def test_what_a_prompt_fits():
    prompt = PromptFile(text="{{text}} {{entity}}", labels=["Negative", "positive"], answers={"negative": "bad"})
    fits = ("t_gen", "t", "labels", ["negative", "positive"], ["text", "entity"])
    assert prompt.misfit(*fits) is None
    assert PromptFile(text="{{text}}", tasks=["t"]).misfit(*fits) is None
    assert PromptFile(text="{{text}}", tasks=["u"]).misfit(*fits) == "it is for other tasks"
    assert prompt.misfit("t", "t", "spans", ["PER"], ["text"]) == "it asks for labels, the task for spans"
    assert "it is for the labels Negative, positive" in prompt.misfit("t", "t", "labels", ["a", "b"], ["text"])
    assert (
        prompt.misfit("t", "t", "labels", ["negative", "positive"], ["text"])
        == "the task's rows have no field 'entity'"
    )
    assert "'c', which is not a label" in PromptFile(text="x", answers={"c": "d"}).misfit(*fits)
