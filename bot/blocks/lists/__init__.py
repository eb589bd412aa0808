"""Lists of cases in Slack: App Home, command responses, search results."""
