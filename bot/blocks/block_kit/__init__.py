"""Elements of Slack's Block Kit, within its limits."""
