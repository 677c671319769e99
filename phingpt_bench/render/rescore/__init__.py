"""The report on rescored answers as terminal text, Markdown, JSON and CSV."""
