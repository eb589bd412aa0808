"""Faults on purpose: what the network and Slack do on a bad day."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any, Literal

Kind = Literal["error", "status", "ratelimited", "cut_before", "cut_after", "slow", "duplicate", "lost"]
TO_SLACK = ("error", "status", "ratelimited", "cut_before", "cut_after", "slow")
TO_APP = ("duplicate", "lost", "slow")


@dataclass
class Injection:
    """`what` is a Web API method or, towards the app, a kind of envelope; `*` matches anything.

    It lets `skip` calls pass, then strikes `times`. `error` does the work and answers its code; `status` does
    nothing and answers an HTTP status; `seconds` is Retry-After or the delay.
    """

    what: str
    kind: Kind
    times: int = 1
    skip: int = 0
    code: str = "internal_error"
    status: int = 503
    seconds: float = 1.0
    struck: int = 0

    def strikes(self, name: str) -> bool:
        if not fnmatch(name, self.what) or self.struck >= self.times:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.struck += 1
        return True


@dataclass
class Faults:
    injections: list[Injection] = field(default_factory=list)

    def add(self, what: str, kind: Kind, **more: Any) -> Injection:
        if kind not in (*TO_SLACK, *TO_APP):
            raise ValueError(f"no such fault: {kind}")
        injection = Injection(what, kind, **more)
        self.injections.append(injection)
        return injection

    def next(self, name: str) -> Injection | None:
        """The fault that strikes this call, if any."""
        self.injections = [one for one in self.injections if one.struck < one.times]
        return next((one for one in self.injections if one.strikes(name)), None)


def cut(scope: Mapping[str, Any]) -> None:
    """Breaks the connection a request came over, without an answer."""
    transport = scope.get("transport")
    if isinstance(transport, asyncio.Transport):
        transport.abort()
