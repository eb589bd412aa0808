"""The program where it meets the network."""

from __future__ import annotations

import socket

import httpx
import pytest
from fastapi import FastAPI, Request

from bot.serving import Server, open_listener


def test_an_answer_does_not_wait_for_the_other_side_to_say_that_it_has_its_head() -> None:
    """Head and body are two small writes: 40 ms lie between them unless the socket is told not to wait."""
    with open_listener("127.0.0.1", 0) as door, socket.create_connection(door.getsockname()):
        accepted, _ = door.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("peer", "seen"),
    [("127.0.0.1", "192.0.2.9"), ("10.1.2.3", "192.0.2.9"), ("198.51.100.4", "198.51.100.4")],
)
async def test_only_a_trusted_proxy_says_where_someone_comes_from(peer: str, seen: str) -> None:
    """Forms and codes are counted by address: whoever could choose theirs would not be counted."""
    web = FastAPI()

    @web.get("/")
    async def where(request: Request) -> str:
        return request.client.host if request.client else ""

    config = Server(web, "127.0.0.1,10.0.0.0/8").config
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://hall") as client:
        result = await client.get("/", headers={"x-forwarded-for": "203.0.113.66, 192.0.2.9"})
    assert result.json() == seen
