"""Floor 2: base, quantisation and adapters on one loaded object."""
