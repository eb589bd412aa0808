"""Cases: their state, what is written in them, and the queries that read them."""
