"""What the pages, the API and the endpoint for Slack have in common on the web."""
