"""The names that options of a board accept. Imports nothing, so that --help answers at once."""

FORMATS = ("terminal", "markdown", "latex", "latex-tables", "csv", "json", "html")
COLUMNS = (
    "rank", "model", "setting", "kind", "size", "score", "interval", "difference", "p", "flips", "ece", "unreadable",
    "exposure", "training_usd", "training", "usd", "time", "evaluation", "evaluation_usd", "seed", "date", "run",
)  # fmt: skip
SORTS = ("score", "cost", "name", "size", "date")
KINDS = ("tuned", "base", "floor", "check", "published")
