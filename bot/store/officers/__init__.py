"""Data of an officer's own: flags, preferences, drafts, and the Slack account."""
