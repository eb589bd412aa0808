"""People, conversations, messages, views and files, and how Slack writes them."""
