"""Lists of cases in Slack: App Home, command answers, search results."""
