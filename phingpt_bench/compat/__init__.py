"""Parts of other packages that their makers may change without notice: each use of one is a function of this room.

Every function says which package it leans on, the version it was last seen with, what breaks when the part moves, and
what the package offers instead. No other room may name a private part of another package
(tests/repository/test_compat.py checks that, and that each part still exists in the installed versions). Nothing is
imported before a function is called.
"""
