"""The names that options of a board accept. Imports nothing, so that --help answers at once."""

TEXTS = ("terminal", "markdown", "latex", "latex-tables", "csv", "json")
FIGURES = ("svg", "pdf", "png")
FORMATS = (*TEXTS, "html", *FIGURES)
WIDTHS = ("column", "page")  # of a table or figure in a paper
COLUMNS = (
    "rank", "model", "setting", "kind", "size", "score", "interval", "difference", "p", "flips", "ece", "unreadable",
    "exposure", "training_usd", "training", "usd", "time", "evaluation", "evaluation_usd", "seed", "date", "tags",
    "run",
)  # fmt: skip
SORTS = ("score", "cost", "name", "size", "date")
KINDS = ("tuned", "base", "floor", "check", "published")
