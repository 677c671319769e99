"""The protocols of servers, one module each: requests in its format, and its replies as plain values."""
