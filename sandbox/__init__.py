"""A stand-in for Slack and for a mail server, to try the bot against."""
