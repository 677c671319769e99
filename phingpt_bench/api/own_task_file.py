"""The task file of a user's own data: its prompt, in the language of the rows."""

from __future__ import annotations

import json

import yaml

from phingpt_bench.data.passport import Passport
from phingpt_bench.scoring.polarity import polarity


def task_text(name: str, passport: Passport, shared: str) -> str:
    """The task file: the prompt in the language of the rows, over the shared file of its kind."""
    question, prefix = _prompt(passport)
    lines = [
        f"# Run with: phingpt-bench evaluate --base MODEL --tasks {name}",
        "# The prompt may be changed as long as no run has been made; afterwards raise the version with it.",
        f"task: {name}",
        f"include: {shared}",
        "dataset_kwargs:",
        f"  dataset: {name}",
        f"doc_to_text: {json.dumps(question, ensure_ascii=False)}",
    ]
    if passport.kind == "labels":
        flow = yaml.safe_dump(list(passport.labels), default_flow_style=True, width=10_000, allow_unicode=True).strip()
        lines.append(f"doc_to_choice: {flow}")
    if prefix:
        lines.append(f"gen_prefix: {json.dumps(prefix, ensure_ascii=False)}")
    return "\n".join([*lines, "metadata:", "  version: 1.0"]) + "\n"


def _prompt(passport: Passport) -> tuple[str, str | None]:
    spanish, labels = passport.language == "es", passport.labels
    if passport.kind == "labels":
        *some, last = labels
        if spanish:
            before = "u" if last.lower().startswith(("o", "ho")) else "o"
            text = f"Texto: {{{{text}}}}\n¿Qué es: {', '.join(some)} {before} {last}?\n"
            return text, "Sentimiento:" if polarity(labels) else "Etiqueta:"
        text = f"Text: {{{{text}}}}\nWhich one is it: {', '.join(some)} or {last}?\n"
        return text, "Sentiment:" if polarity(labels) else "Label:"
    if passport.kind == "spans":
        form = "; ".join(f"{name}: {'nombre' if spanish else 'name'}" for name in labels[:4])
        if spanish:
            return f'Texto: {{{{text}}}}\nEntidades, como "{form}", o "none".\n', "Entidades:"
        return f'Text: {{{{text}}}}\nNamed entities, as "{form}", or "none".\n', None
    if spanish:
        return "Texto: {{text}}\n¿Cómo de positivo es, de -1 (muy negativo) a 1 (muy positivo)?\n", None
    return "Text: {{text}}\nHow positive is this, from -1 (very negative) to 1 (very positive)?\n", None
