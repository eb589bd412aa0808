"""Requests to the app, and the effects of its acknowledgements."""
