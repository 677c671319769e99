"""Text for people: the current language, numbers and money in words, the blocks of a page, and its writers."""
