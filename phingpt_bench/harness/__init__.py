"""Floor 2: the plug-in of lm-evaluation-harness: task hooks, task manager, LM class, floor models."""
