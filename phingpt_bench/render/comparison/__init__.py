"""A comparison of two runs as terminal text, Markdown and JSON."""
