"""The command line, one module per verb. Heavy imports stay inside the functions that need them."""
