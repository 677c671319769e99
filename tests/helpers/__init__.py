"""What several tests need: made-up runs and boards, tiny models, a browser, paths."""
