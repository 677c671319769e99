"""Models on this machine: loading and quantising a base, attaching adapters to it, and probing them."""
