"""A suite without a file: one base and its adapters on some tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from phingpt_bench.data.prompt_file import OURS
from phingpt_bench.evaluate.named_bases import completed
from phingpt_bench.evaluate.steps import slug
from phingpt_bench.evaluate.suite import AdapterEntry, Suite
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models.base_spec import BaseSpec, title
from phingpt_bench.served.spec import ServedSpec


def one_base(  # noqa: PLR0913  each is an option of the verb
    base: BaseSpec | ServedSpec | None,
    tasks: Sequence[str],
    *,
    spec: BaseSpec | None = None,
    adapters: Sequence[AdapterEntry] = (),
    variant: Variant | None = None,
    prompts: Sequence[str] = (),
    paraphrases: bool = False,
    floors: bool = True,
    checks: bool = False,
    trained_on: Sequence[str] | None = None,
    limit: int | None = None,
    skip_long: bool = False,
    batch_size: int | None = None,
    results: Path | None = None,
    tags: Sequence[str] = (),
) -> Suite:
    """The suite of one base, named after it, with records in results/local/NAME unless `results` names a folder.

    base: None takes the bases that the adapters name, loaded as `spec` says; the model of `spec` is then ignored.
    adapters: those of a served base are in its spec. trained_on: what the base was trained on, None if that is
    unknown. prompts: names or files, by default the task's own.
    BenchError as for a suite file, and for an adapter that cannot be found.
    """
    suite = Suite(
        name="evaluate",
        tasks=list(tasks),
        bases=[] if base is None else [base],
        variants=[variant or Variant()],
        prompts=list(prompts) or [OURS],
        adapters=list(adapters),
        paraphrases=paraphrases,
        floors=floors,
        checks=checks,
        limit=limit,
        skip_long=skip_long,
        batch_size=batch_size,
        tags=list(tags),
    )
    suite = completed(suite, spec)
    first = suite.bases[0]
    name = slug(f"{first.title}-{first.engine}" if isinstance(first, ServedSpec) else title(first))
    known = {} if trained_on is None else {first.model: list(trained_on)}
    return replace(suite, name=name, trained_on=known, results=results or Path("results") / "local" / name)
