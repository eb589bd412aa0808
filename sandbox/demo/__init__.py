"""The demo: a made-up municipality in the sandbox, and the real bot beside it."""
