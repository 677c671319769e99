"""Models behind a server or an API: asked over HTTP, each at the best rung of what its engine can do."""
