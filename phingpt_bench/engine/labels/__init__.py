"""Log-likelihoods of labels: each document is forwarded once for all of its labels."""
