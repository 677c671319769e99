"""A board drawn: the words, and one file a form."""
