"""What is posted, updated and removed in Slack."""
