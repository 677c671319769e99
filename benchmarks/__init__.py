"""Speed and memory beside what a user would run instead. Each module's first line is the command that runs it.

Not part of the installed package: run from the root of a checkout.
"""
