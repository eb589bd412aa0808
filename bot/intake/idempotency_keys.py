"""Idempotency keys of what other systems send; those of cases by their external ids are made by `OpenCaseRequest`."""

from __future__ import annotations


def make_api_key(source: str, header: str) -> str:
    """The key of opening a case by a source's request with that Idempotency-Key."""
    return f"external:{source}#{header}"


def make_clash_key(external: str, content_hash: str) -> str:
    """The key of logging in a case that another document with that content came for it."""
    return f"external:{external}!{content_hash}"
