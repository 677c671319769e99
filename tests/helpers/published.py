"""Made-up published rows, and names that try to break a page."""

from __future__ import annotations

from phingpt_bench.board.published.rows import Comparison, PublishedCost, PublishedRow, PublishedValue, Source

HEBREW = "\u05de\u05d5\u05d3\u05dc"  # a right-to-left name


HOSTILE = [
    "[bold]Model[/bold] [link=x]", "A" * 120, f"{HEBREW} 7", "pipe | pipe", "line\nbreak \x1b[31mred", "</td><b>",
    "<script>alert(1)</script>", r"\input{x} $y_1^2$ 5%#&~", "{name} {0} %s",
]  # fmt: skip


def published() -> dict[str, tuple[PublishedRow, ...]]:
    """Made-up published rows: one comparable with a cost, one without, one by another metric, one of an API."""
    source = Source(
        key="made-up", title="Made-up paper", arxiv="0000.00000", table="Table 1", repository="made-up/repo",
        path="README.md", commit="0" * 40,
    )  # fmt: skip
    cost = PublishedCost(
        key="c", gpu="Made-up GPU", gpu_count=2, hours=3.5, usd=7.0, usd_per_gpu_hour=1.0, scope="three tasks",
        evidence="printed", doubtful=True, note="doubtful: made up",
    )  # fmt: skip
    same = Comparison(key="same", same_rows=True, same_metric=True, note="same rows and metric; other prompts")
    other = Comparison(key="other", same_rows=True, same_metric=False, note="another metric")

    def row(model, value, comparison, cost=None, note=None, method="made-up tuning", zero_shot=None):
        return PublishedRow(
            model=model, size_b=7, base=None, method=method, zero_shot=zero_shot, shots=None, evidence="primary",
            note=note, comparison=comparison, cost=cost,
            metrics={"f1_weighted": PublishedValue(value=value, printed=str(value), source=source)},
        )  # fmt: skip

    noted = row("Model X", 0.7, same, None, "made-up note")
    hosted = row("Model H", 0.6, same, method="zero-shot", zero_shot="direct")
    rows = (row("Model Y", 0.91, other), noted, row("Model Z", 0.8125, same, cost), hosted)
    return {"phin_made_up_sentiment/made-up/v1": rows}
