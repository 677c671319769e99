"""An adapter's part of a model card: the `model-index` metadata of the Hub, and a short table that hides nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from phingpt_bench import __version__
from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.passport import Passport
from phingpt_bench.render.measures import metric_name
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text.blocks import Block, Grid, Lines, Title, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import ENGLISH, count, speaking
from phingpt_bench.text.numbers import interval_text, p_text, score_text, signed, signed_interval
from phingpt_bench.text.write_markdown import markdown

KINDS = {"labels": "text-classification", "spans": "token-classification", "scores": "text-classification"}


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """A row of the board with its section, and that of its base where it has one."""

    section: Section
    row: Row
    base: Row | None


def results_of(board: Board, name: str | None) -> list[Result]:
    """The whole runs of one adapter (or model), by task. BenchError if the name fits none, or several fit.

    name: as the board shows an adapter or a model; None if the board has one adapter alone.
    """
    limited = {row.adapter or row.name for section in board.limited for row in section.rows}
    if limited and not any(row.kind in ("base", "tuned") for section in board.sections for row in section.rows):
        raise BenchError(
            "all runs here have --limit, and a model card is of whole runs",
            hint="run them again without --limit; --to csv writes them as they are",
        )
    rows = [(section, row) for section in board.sections for row in section.rows if row.kind in ("base", "tuned")]
    if name is None:
        adapters = sorted({row.adapter for _, row in rows if row.adapter})
        if len(adapters) != 1:
            raise BenchError(
                "{n} adapters have whole runs here",
                hint="--model NAME: {adapters}",
                n=len(adapters),
                adapters=", ".join(adapters) or "a base",
            )
        name = adapters[0]
    found = [(section, row) for section, row in rows if (row.adapter or row.name).casefold() == name.casefold()]
    if not found:
        if name.casefold() in {one.casefold() for one in limited}:
            raise BenchError(
                "the runs of '{name}' have --limit, and a model card is of whole runs",
                hint="run them again without --limit; --to csv writes them as they are",
                name=name,
            )
        raise unknown(sentence("model"), name, {row.adapter or row.name for _, row in rows})
    models = {row.identity[:8] for _, row in found}
    if len(models) > 1:
        raise BenchError(
            "{n} models are called '{name}'", hint="give the folder of one suite's results", n=len(models), name=name
        )
    return [Result(section, row, _base(section, row)) for section, row in found if row.score is not None]


def _base(section: Section, row: Row) -> Row | None:
    """The base that a row's difference is measured from."""
    if row.kind != "tuned" or row.against_base is None or row.against_base.value is None or row.score is None:
        return None
    bases = [one for one in section.rows if one.kind == "base" and one.base == row.base and one.score is not None]
    wanted = row.score - row.against_base.value
    return min(bases, key=lambda one: abs((one.score or 0.0) - wanted), default=None)


def model_card(results: Sequence[Result], passports: Mapping[str, Passport]) -> str:
    """YAML metadata between "---" lines, then the table and what must be known about it, as markdown.

    passports: by protocol id, for where the rows come from.
    """
    first = results[0].row
    # what is no fair score has its place in the table, with the reason, and none in what machines read
    with speaking(ENGLISH):  # it is published
        return f"---\n{_metadata(first.adapter or first.name, results, passports)}---\n\n{markdown(_blocks(results))}"


def _metadata(name: str, results: Sequence[Result], passports: Mapping[str, Passport]) -> str:
    import yaml
    from huggingface_hub import EvalResult
    from huggingface_hub.repocard_data import eval_results_to_model_index

    entries = []  # each with a config of its own: without it the Hub's form merges entries of one dataset
    for result in results:
        if result.row.exposed:
            continue
        section, row = result.section, result.row
        passport = passports.get(section.protocol)
        origin = None if passport is None else passport.origin
        kind = METRICS[section.metric].kind
        entries.append(
            EvalResult(
                task_type=KINDS[kind], task_name=section.task,
                dataset_type=(origin.hub if origin else None) or section.protocol, dataset_name=section.dataset,
                dataset_config=f"{section.protocol}, {section.task}, {row.variant}",
                dataset_split="test", dataset_revision=origin.revision if origin else None,
                dataset_args={"protocol": section.protocol, "rows": section.n, "prompt": row.variant},
                metric_type=_metric_type(section.metric),
                metric_name=str(METRICS[section.metric].title), metric_value=round(row.score or 0.0, 4),
            )
        )  # fmt: skip
    return yaml.safe_dump(
        {"model-index": eval_results_to_model_index(name, entries)}, sort_keys=False, allow_unicode=True
    )


def _metric_type(metric: str) -> str:
    """The name that the Hub knows, where it has one."""
    return "accuracy" if metric == "acc" else "f1" if "f1" in metric else metric


def _blocks(results: Sequence[Result]) -> list[Block]:
    rows = [
        [
            clean(result.section.task), count(result.section.n), metric_name(result.section.metric), result.row.variant,
            "-" if result.base is None else score_text(result.base.score), _score(result.row), *_difference(result),
        ]
        for result in results
    ]  # fmt: skip
    heads = folding("task", "rows", "metric", "prompt", "base", "this model", "difference", "p", right=(1,))
    return [
        Title("Evaluation", level=1),
        Grid(heads, rows),
        Lines(_notes(results), mark="- "),
    ]


def _score(row: Row) -> str:
    inside = "" if row.interval is None else f" {interval_text(row.interval.low, row.interval.high)}"
    return f"{score_text(row.score)}{inside}"


def _difference(result: Result) -> tuple[str, str]:
    test = result.row.against_base
    if test is None:
        return "-", "-"
    if test.reason is not None:
        return "no test", str(test.reason)
    mark = "*" if result.row.starred else ""
    p = test.p if test.p_holm is None else test.p_holm
    return f"{signed(test.value, mark)} {signed_interval(test.low, test.high)}", p_text(p, test.at_most)


def _notes(results: Sequence[Result]) -> list[str]:
    """What a reader needs to judge the numbers: of the model, then what holds for some tasks, with their names."""
    first = results[0].row
    numbers = ", ".join(filter(None, (first.quantisation or "not quantised", first.served_by or first.compute_dtype)))
    found: dict[str, list[str]] = {}
    for result in results:
        for text in _of_task(result):
            found.setdefault(text, []).append(clean(result.section.task))
    return [
        f"Base: {clean(first.base or first.name)} ({numbers}), asked with the same prompts.",
        "Intervals are at 95 %. * p < 0.05, paired test on the same rows, p after Holm's correction over tasks.",
        *(f"{text}: {', '.join(dict.fromkeys(tasks))}." for text, tasks in found.items()),
        *(["What the base was trained on is not known, so test rows in it were not looked for."] * first.base_unknown),
        f"Written by phingpt-bench {__version__}; the protocols name rows and splits exactly.",
    ]


def _of_task(result: Result) -> Iterator[str]:
    row = result.row
    if row.exposure is None:
        yield "Test rows were not looked for in its training"
    elif seen := sum(row.exposure.values()):
        unfair = ", which is too many for a fair score" if row.exposed else ""
        yield f"{count(seen)} of {count(row.n)} test rows have a copy in its training{unfair}"
    if row.beats_floor is False:
        yield f"Not significantly better than {clean(result.section.floor or 'a cheap classical model')}"
    if row.invalid_share:
        yield f"{100 * row.invalid_share:.1f} % of the answers ({row.variant}) could not be read, and count as wrong"
    yield from (clean(note.text) for note in row.notes if note.text.startswith("imported"))
