"""Speed, memory and exactness compared with what a user would run instead.

A module that can be run has its command in the first line; the others are libraries of these and say of which. Not part
of the installed package: run from the root of a checkout.
"""
