"""The model class `phin` for lm-evaluation-harness: exact label scores and written answers in fewer forward passes."""
