"""The exact, fast language-model class for lm-evaluation-harness: label scores and written answers."""
