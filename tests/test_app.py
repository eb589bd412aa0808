"""The program where it meets the network."""

from __future__ import annotations

import socket

from bot.app import listening


def test_an_answer_does_not_wait_for_the_other_side_to_say_that_it_has_its_head() -> None:
    """Head and body are two small writes: 40 ms lie between them unless the socket is told not to wait."""
    with listening("127.0.0.1", 0) as door, socket.create_connection(door.getsockname()):
        accepted, _ = door.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
