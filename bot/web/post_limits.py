"""What a POST may bring and how often: declared with its address, so that no address is without."""

from __future__ import annotations

from abc import ABC, abstractmethod
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, Literal

from fastapi import Depends
from starlette.requests import Request

RateLimitedBy = Literal["address", "session", "token", "signature"]
"""What those who send are held back by: how often they send from one network address or in one session; or their token
or signature, without which nothing they send is taken, so that those who have one may send as often as they like."""


class PostLimits(ABC):
    """The limits of an address, as a dependency of its route: judged before anything of the body is read."""

    @property
    @abstractmethod
    def rate_limited_by(self) -> RateLimitedBy:
        """What those who send are held back by."""

    @abstractmethod
    def max_bytes(self, request: Request) -> int:
        """How large the request's body may be."""

    @abstractmethod
    async def __call__(self, request: Request) -> None:
        """Refuse the request where it comes too often, or says itself that it is too large."""


def limited_by(limits: PostLimits) -> list[Any]:
    """The limits as a route's `dependencies`, which are asked before anything else of it."""
    return [Depends(limits)]


def client_network(request: Request) -> str:
    """Where a request comes from: its address, or of IPv6 the network that one household or server has to itself."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return host
    return str(address.ipv4_mapped or ip_network((int(address), 64), strict=False))
