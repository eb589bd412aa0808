"""Rendering for Slack: pure functions from state to Block Kit dicts."""
