"""The forms of actions on many cases, which Slack and the web draw each in its own way."""
