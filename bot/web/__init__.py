"""What the pages, the API and Slack's door have in common on the web."""
