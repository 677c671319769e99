"""Published results as terminal text, Markdown, CSV and JSON."""
