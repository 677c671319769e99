"""Log-likelihoods of labels: one forward pass per document for all of its labels."""
