"""Copies of training texts among test texts: equal, equal once folded, near, contained, translated."""
