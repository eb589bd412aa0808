"""The log: events in a chain, readings, and whose key seals them."""
