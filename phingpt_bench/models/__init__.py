"""Base, quantisation and adapters on one loaded model."""
