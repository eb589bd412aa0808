"""Cases: their state, their texts, and the queries that read them."""
