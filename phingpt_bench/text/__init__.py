"""Text for people: the language in force, numbers and money in words, and how they are laid out."""
