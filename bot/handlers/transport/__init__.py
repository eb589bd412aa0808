"""Receiving requests from Slack, over HTTP and Socket Mode, and validating them."""
