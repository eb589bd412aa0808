"""A case in Slack: its card, thread and modal."""
