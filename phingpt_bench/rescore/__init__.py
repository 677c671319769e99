"""Floor 3: scores of answers that lie in a file, made here or elsewhere. No model is loaded, no torch, no lm_eval."""
