"""phingpt-bench: base versus QLoRA on financial sentiment and NER, a plug-in of lm-evaluation-harness."""

__version__ = "0.1.0"
