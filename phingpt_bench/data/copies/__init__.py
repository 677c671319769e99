"""The gate against copies of training texts among test texts: equal, folded, near, contained, translated."""
