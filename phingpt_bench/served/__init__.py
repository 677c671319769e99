"""Models behind a server or an API, over HTTP; labels are compared with the best method that the engine offers."""
