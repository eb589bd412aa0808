"""Queries of cases: pages, counts, worklists and search, on both databases."""
