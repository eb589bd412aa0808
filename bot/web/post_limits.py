"""Limits on the size and frequency of POST requests, declared with the route so that none lacks them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, Literal

from fastapi import Depends
from starlette.requests import Request

RateLimitedBy = Literal["address", "session", "token", "signature"]
"""What senders are limited by: the frequency from one network address or in one session; or that nothing is accepted
without a token or a signature, whose holders may send as often as they like."""


class PostLimits(ABC):
    """The limits of a route, as its dependency: checked before any of the body is read."""

    @property
    @abstractmethod
    def rate_limited_by(self) -> RateLimitedBy:
        """What senders are limited by."""

    @abstractmethod
    def max_bytes(self, request: Request) -> int:
        """The largest body that the request may have."""

    @abstractmethod
    async def __call__(self, request: Request) -> None:
        """Refuse the request where there are too many, or where its Content-Length is too large."""


def limited_by(limits: PostLimits) -> list[Any]:
    """The limits as a route's `dependencies`, which FastAPI calls before anything else."""
    return [Depends(limits)]


def client_network(request: Request) -> str:
    """Where a request comes from: its IPv4 address, or the IPv6 network that one household or server has."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return host
    return str(address.ipv4_mapped or ip_network((int(address), 64), strict=False))
