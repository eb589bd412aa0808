"""The log: events in a hash chain, readings, and the seal of the key."""
