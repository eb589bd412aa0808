"""The outbox: deliveries, their queues, claims and rate limits, and the places of cards in Slack."""
