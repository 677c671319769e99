"""Everything that knows lm-evaluation-harness: task files, task hooks, task manager, checks of tasks."""
