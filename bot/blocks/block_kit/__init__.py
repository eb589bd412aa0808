"""Parts of Slack's Block Kit, within its limits."""
