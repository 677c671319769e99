"""How each kind of server is spoken to: requests in its words, and its replies as plain values."""
