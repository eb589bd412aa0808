"""How the program listens, and what it writes down."""

from __future__ import annotations

import logging
import socket
from typing import TextIO

import structlog
import uvicorn
from fastapi import FastAPI


class PortTaken(Exception):
    """Something else listens where the program is to listen."""


def served(web: FastAPI, trusted_proxies: str) -> uvicorn.Config:
    """How the web is served. Whoever comes through a trusted proxy comes from where the proxy says, nobody else."""
    return uvicorn.Config(
        web,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        forwarded_allow_ips=trusted_proxies,
    )


def listening(host: str, port: int) -> socket.socket:
    """Where the web server listens. PortTaken."""
    try:
        listener = socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise PortTaken(f"Port {port} on {host} cannot be used: {error.strerror}.") from None
    # asyncio does this only for sockets that name their protocol; without it an answer can wait 40 ms for its body.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def log_to(stream: TextIO) -> None:
    """One line of JSON an event. Tracebacks carry no local values."""
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(message)s")
    # Bolt's warnings are of what it was sent; what matters of that has lines of our own.
    slack = logging.getLogger("slack_bolt")
    slack.setLevel(logging.ERROR)
    slack.addFilter(_only_where)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(stream),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def _only_where(line: logging.LogRecord) -> bool:
    """Where it was written stays. What it says may quote a person, or hold the ticket of a connection's address."""
    line.msg, line.args = f"slack_library {line.levelname.lower()} {line.module}:{line.lineno}", ()
    line.exc_info = line.exc_text = line.stack_info = None
    return True
