"""A prompt of the user: the words in which a task is put to a model instead of ours, in a YAML file read strictly.

So an adapter can be asked as it was taught. The words are the user's: none of another project are shipped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.outcomes import Kind
from phingpt_bench.core.paths import expanded
from phingpt_bench.core.protocol import AskedPrompt
from phingpt_bench.core.sentences import Sentence, sentence

OURS = "ours"  # the prompt of the task file
QUERY = "query"  # FLARE's own, which its rows bring with them


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFrom:
    """The rows that a file was made from and checked against, byte for byte."""

    rows: int
    """How many."""
    digest: str
    """Digest of their rendered texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """How a task is put to a model.

    text: the prompt as a Jinja template over the fields of a row ({{text}}, for given entities {{entity}}, ...).
    answers: how each label is written, where that is not the label itself.
    delimiter: what is between prompt and answer. end: what ends a written answer, apart from the end of the text.
    system: the system message; None for none. chat: whether `text` is what a user says, so that it needs the chat
        template.
    kind: of the answers. labels: it fits tasks with exactly these labels, case aside; empty: with any.
    tasks: it fits only these tasks, and their other forms.
    made_from: what `init prompt` made it from; null where it was written by hand.
    """

    text: str
    kind: Kind | None = "labels"
    labels: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    delimiter: str = " "
    end: str = "\n"
    system: str | None = None
    chat: bool = False
    tasks: list[str] = field(default_factory=list)
    made_from: MadeFrom | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise BenchError("text is empty")
        if not self.end:
            raise BenchError("end is empty", hint="leave it out: a line break ends an answer")
        if self.answers and self.kind != "labels":
            raise BenchError("answers are for kind: labels")
        if len(set(self.answers.values())) < len(self.answers):
            raise BenchError("answers has the same words for two labels")
        _fields(self.text)

    @property
    def fields(self) -> set[str]:
        """The fields of a row that it needs."""
        return _fields(self.text)

    @property
    def digest(self) -> str:
        """The digest of all that shapes prompt and answer, but not of its origin, nor of the tasks that it fits."""
        told = ("text", "answers", "delimiter", "end", "system", "chat")
        return digest({name: getattr(self, name) for name in told})

    def answer(self, label: str) -> str:
        """How a label is written: its answer, whatever the case of the names; the label itself where there is none."""
        return {name.casefold(): answer for name, answer in self.answers.items()}.get(label.casefold(), label)

    def misfit(
        self, task: str, base: str, kind: str, labels: Collection[str], fields: Collection[str]
    ) -> Sentence | None:
        """Why it does not fit a task, in words, or None. base: the task of which that one is another form."""
        if self.tasks and not {task, base} & set(self.tasks):
            return sentence("it is for other tasks")
        if self.kind is not None and self.kind != kind:
            return sentence("it asks for {kind}, the task for {other}", kind=self.kind, other=kind)
        if self.labels and {one.casefold() for one in self.labels} != {one.casefold() for one in labels}:
            return sentence(
                "it is for the labels {own}; if these are its words for the task's, "
                "write 'labels: [{labels}]' and below it 'answers: {{{answers}}}', each with its word",
                own=", ".join(self.labels),
                labels=", ".join(labels),
                answers=", ".join(f"{label}: {self.answer(label) if self.answers else '...'}" for label in labels),
            )
        if unknown := {name.casefold() for name in self.answers} - {one.casefold() for one in labels}:
            return sentence(
                "it has an answer for '{label}', which is not a label of the task: {labels}",
                label=min(unknown),
                labels=", ".join(labels),
            )
        if missing := self.fields - set(fields):
            return sentence("the task's rows have no field '{field}'", field=min(missing))
        return None


def _fields(text: str) -> set[str]:
    import jinja2
    import jinja2.meta

    try:
        return set(jinja2.meta.find_undeclared_variables(jinja2.Environment(autoescape=False).parse(text)))
    except jinja2.TemplateSyntaxError as err:
        raise BenchError(
            "text is not a Jinja template ({reason})",
            hint=sentence("put braces that are part of the text between {% raw %} and {% endraw %}"),
            reason=err.message,
        ) from None


FLARE = PromptFile(text="{{query}}", kind=None)
BETWEEN = "\n\n"  # FLARE's entities are one per line


def read_prompt(name: str) -> PromptFile | None:
    """The prompt of a name or a file; None for "ours". BenchError for an unknown name, and for a bad file."""
    if name == OURS:
        return None
    if name == QUERY:
        return FLARE
    path = expanded(name)
    if path.suffix not in (".yaml", ".yml") and not path.is_file():
        raise BenchError(
            "unknown prompt '{name}'", hint="'ours', 'query' (FLARE's own), or the path of a prompt file", name=name
        )
    return config.load(path, PromptFile)


def shown(name: str) -> str:
    """How a prompt is called: its name, of a file without folder and ending."""
    return name if name in (OURS, QUERY) else Path(name).stem


def as_asked(name: str, prompt: PromptFile) -> AskedPrompt:
    """What a record says about it."""
    system = prompt.system is not None
    return AskedPrompt(name=shown(name), digest=prompt.digest, system=system, answers=dict(prompt.answers))


def as_yaml(prompt: PromptFile, about: str = "") -> str:
    """The file of a prompt; what has its default value is left out, the text is a block where it has lines."""
    import yaml

    defaults = {f.name: f.default for f in dataclasses.fields(PromptFile)}
    values = dataclasses.asdict(prompt)
    kept = {name: value for name, value in values.items() if value not in (defaults.get(name), [], {}, None)}

    class Dumper(yaml.SafeDumper):
        """Quotes what has line breaks or blanks at an end, so that it is read back byte for byte."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = '"' if "\n" in value or value != value.strip() else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    body = yaml.dump(kept, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return "".join(f"# {line}\n" for line in about.splitlines()) + body


def overrides(prompt: PromptFile, keys: Mapping[str, object], kind: str, labels: Collection[str]) -> dict[str, object]:
    """The keys of a task file that put its rows under this prompt. keys: those that it has; kind: of its answers."""
    answers = [prompt.answer(label) for label in labels]
    chosen = keys.get("output_type") == "multiple_choice"
    changed: dict[str, object] = {
        "doc_to_text": prompt.text, "gen_prefix": None, "description": "", "target_delimiter": prompt.delimiter,
    }  # fmt: skip
    if chosen:
        changed |= {"doc_to_choice": answers, "doc_to_target": "gold"}
    else:
        given = keys.get("generation_kwargs")
        settings = dict(given) if isinstance(given, Mapping) else {}
        end = BETWEEN if prompt is FLARE and kind == "spans" else prompt.end
        changed["generation_kwargs"] = {**settings, "until": [end]}
        if labels and prompt.answers:
            changed["doc_to_target"] = "{{answers[gold]}}"
            options = keys.get("dataset_kwargs")
            changed["dataset_kwargs"] = {**(dict(options) if isinstance(options, Mapping) else {}), "answers": answers}
    return changed
