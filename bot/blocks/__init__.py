"""Slack's pictures: state in, plain dicts out."""
