"""One summary of each run for an experiment tracker: who was asked what, its scores and its cost. No rows, no answers.

Each tracker writes where it does by default or where its own variables say: TensorBoard, MLflow and Trackio into files
on this machine, Weights & Biases to its server unless WANDB_MODE is offline. `core.trackers.ready` has named the
project of those that have a variable for it, as trainings need it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.trackers import PROJECT, event_folder
from phingpt_bench.cost.ledger import total_seconds
from phingpt_bench.evaluate.steps import slug

Facts = Mapping[str, str | int]
Numbers = Mapping[str, float]


def report(names: Sequence[str], records: Sequence[RunRecord]) -> None:
    """Report each run to each tracker, as a run of its own. names: as `core.trackers.ready` gave them."""
    for record in records:
        for name in names:
            SENT[name](title(record), facts(record), numbers(record))


def title(record: RunRecord) -> str:
    """The name of a run: model, adapter, variant and task."""
    model = record.model
    who = model.name if model.adapter is None else f"{model.name} + {model.adapter}"
    return ", ".join([who, *([] if model.kind == "floor" else [record.protocol.variant]), record.task])


def facts(record: RunRecord) -> dict[str, str | int]:
    """What was run; what is not known is left out."""
    model, protocol = record.model, record.protocol
    found: dict[str, str | int | None] = {
        "run_id": record.run_id, "created": record.created, "suite": record.suite, "tags": " ".join(record.tags),
        "task": record.task, "protocol": protocol.id, "rows": protocol.n, "limit": record.limit, "seed": record.seed,
        "kind": model.kind, "model": model.name, "base": model.base, "adapter": model.adapter,
        "quantisation": model.quantisation, "engine": model.engine, "variant": protocol.variant,
        "metric": protocol.metric,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, "")}


def numbers(record: RunRecord) -> dict[str, float]:
    """Scores by metric, seconds and USD; what has no value is left out."""
    spent = record.evaluation
    found = {**record.scores, "evaluation_seconds": total_seconds(spent), "evaluation_usd": spent.usd}
    return {name: float(value) for name, value in found.items() if value is not None}


def _tensorboard(name: str, known: Facts, values: Numbers) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(
        event_folder(f"{slug(name)}/{slug(str(known['created'])[:19], str(known['run_id']))}")
    ) as writer:
        writer.add_text("run", "\n".join(f"- {key}: {value}" for key, value in known.items()))
        for key, value in values.items():
            writer.add_scalar(key, value, 0)


def _mlflow(name: str, known: Facts, values: Numbers) -> None:
    import mlflow

    with mlflow.start_run(run_name=name):
        mlflow.log_params(known)
        mlflow.log_metrics(values)


def _wandb(name: str, known: Facts, values: Numbers) -> None:
    import wandb

    with wandb.init(name=name, config=dict(known), reinit="finish_previous") as run:
        run.log(dict(values))


def _trackio(name: str, known: Facts, values: Numbers) -> None:
    import trackio

    trackio.init(project=PROJECT, name=name, config=dict(known))
    trackio.log(dict(values))
    trackio.finish()


SENT: dict[str, Callable[[str, Facts, Numbers], None]] = {
    "tensorboard": _tensorboard, "mlflow": _mlflow, "wandb": _wandb, "trackio": _trackio,
}  # fmt: skip
