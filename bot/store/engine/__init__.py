"""The database: transactions, writers, keys, locks, migrations, idempotency keys and leases of jobs."""
