"""A suite without a file: one base and its adapters on some tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phingpt_bench.evaluate.plan import slug
from phingpt_bench.evaluate.suite import AdapterEntry, Suite, Variant
from phingpt_bench.models.load import BaseSpec, title
from phingpt_bench.served.spec import ServedSpec


def one_base(
    base: BaseSpec | ServedSpec,
    tasks: Sequence[str],
    *,
    adapters: Sequence[str | Path] = (),
    variant: Variant | None = None,
    floors: bool = True,
    checks: bool = False,
    trained_on: Sequence[str] | None = None,
    limit: int | None = None,
    batch_size: int = 16,
    results: Path | None = None,
) -> Suite:
    """The suite of one base, named after it, with records in results/local/NAME unless `results` names a folder.

    adapters: folders; those of a served base are in its spec. trained_on: what the base was trained on, None where that
    is unknown. BenchError as for a suite file.
    """
    name = slug(f"{base.title}-{base.engine}") if isinstance(base, ServedSpec) else slug(title(base))
    return Suite(
        name=name,
        tasks=list(tasks),
        bases=[base],
        variants=[variant or Variant()],
        adapters=[AdapterEntry(path=Path(folder)) for folder in adapters],
        floors=floors,
        checks=checks,
        trained_on={} if trained_on is None else {base.model: list(trained_on)},
        limit=limit,
        batch_size=batch_size,
        results=results or Path("results") / "local" / name,
    )
