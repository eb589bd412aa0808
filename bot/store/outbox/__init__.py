"""The outbox: what must be delivered, its queues, claims and rate limits, and where cards are in Slack."""
