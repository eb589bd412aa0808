"""Injected faults of the network and of Slack."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import count
from typing import Any

Json = dict[str, Any]

TO_SLACK = {
    "error": "does the work, and answers `code` with HTTP 200",
    "refused": "does nothing, and answers `code` with HTTP 200",
    "status": "does nothing, and answers HTTP `status`",
    "status_after": "does the work, and answers HTTP `status`",
    "ratelimited": "does nothing, and answers 429 with `seconds` as Retry-After",
    "cut_before": "breaks the connection before the work is done",
    "cut_after": "does the work, and breaks the connection before the answer",
    "slow": "waits `seconds`, then does the work",
    "lost_ephemeral": "answers that the ephemeral is sent, and shows it to nobody",
}
"""Kinds of faults in calls of the Web API, and in posts to a response_url."""

TO_FILES = {"redirect": "leads whoever fetches a file `to` another address"}
"""Further kinds of faults in downloads of files."""

TO_MAIL = {
    "status": "takes no mail, and answers 451",
    "status_after": "takes the mail, and answers 451",
    "cut_before": "breaks the connection before the mail is taken",
    "cut_after": "takes the mail, and breaks the connection before the answer",
    "slow": "waits `seconds`, then takes the mail",
}
"""Kinds of faults in mail."""

TO_APP = {
    "duplicate": "the app hears it twice",
    "lost": "the app never hears it",
    "ack_lost": "the app hears it, and Slack never hears the acknowledgement",
    "slow": "the app hears it `seconds` later",
    "late": "an event comes `seconds` later, after others that happened after it",
    "dropped_socket": "the connection breaks when it has been sent; Socket Mode only",
}
"""Kinds of faults in requests to the app."""

EVERY_KIND = tuple(dict.fromkeys((*TO_SLACK, *TO_FILES, *TO_APP)))
ENVELOPES = ("interactive", "slash_commands", "options", "events_api")
RESPONSE_URL = "response_url"
DOWNLOAD, UPLOAD = "files.download", "files.upload"
MAIL = "mail"
"""The pattern for mail, which `*` (all of Slack) does not include."""

NOWHERE = "http://127.0.0.1:9/"


BOUNDS = (("share", 0, 1), ("skip", 0, 1_000_000), ("status", 400, 599), ("seconds", 0, 3_600))


class NoSuchFault(ValueError):
    """There is no such fault."""


@dataclass(frozen=True)
class Strike:
    """One occurrence of a fault, at one call or envelope."""

    kind: str
    code: str
    status: int
    seconds: float
    to: str


@dataclass
class Injection:
    """An active fault.

    `what` is a method, an envelope's kind, "response_url", "files.download" or "files.upload"; `*` matches anything,
    several are separated by spaces, and one that starts with `!` is spared. It lets `skip` of them pass, then strikes
    `share` of the rest, chosen by `seed`, `times` times (None: until it is switched off), each time by one of `kinds`.
    `seconds` is the delay, or Retry-After.
    """

    what: str
    kinds: tuple[str, ...]
    times: int | None = 1
    skip: int = 0
    share: float = 1.0
    seed: int = 0
    code: str = "internal_error"
    status: int = 503
    seconds: float = 1.0
    to: str = NOWHERE
    number: int = 0
    struck: int = 0
    by: Counter[str] = field(default_factory=Counter)
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.kinds) - set(EVERY_KIND))
        if unknown or not self.kinds:
            raise NoSuchFault(f"no such fault: {', '.join(unknown) or 'none given'}")
        for name, least, most in BOUNDS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise NoSuchFault(f"{name} is a number from {least} to {most}")
        if self.times is not None and (not isinstance(self.times, int) or self.times < 1):
            raise NoSuchFault("times is a whole number, or null for all until it is switched off")
        self._dice = random.Random(self.seed)

    @property
    def is_spent(self) -> bool:
        return self.times is not None and self.struck >= self.times

    def strike(self, name: str, able: Collection[str]) -> Strike | None:
        """The occurrence at a call or envelope of that name, of one of the kinds in `able`; None for none."""
        kinds = [kind for kind in dict.fromkeys(self.kinds) if kind in able]
        if not kinds or self.is_spent or not self._means(name):
            return None
        if self.skip > 0:
            self.skip -= 1
            return None
        if self.share < 1 and self._dice.random() >= self.share:
            return None
        kind = self._dice.choice(kinds)
        self.struck += 1
        self.by[f"{name}:{kind}"] += 1
        return Strike(kind, self.code, self.status, self.seconds, self.to)

    def _means(self, name: str) -> bool:
        patterns = self.what.split()
        spared = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
        included = [pattern for pattern in patterns if not pattern.startswith("!")] or ["*"]
        if name == MAIL:
            return MAIL in included
        return any(fnmatch(name, one) for one in included) and not any(fnmatch(name, one) for one in spared)

    def to_json(self) -> Json:
        return {
            "number": self.number,
            "what": self.what,
            "kinds": list(self.kinds),
            "times": self.times,
            "skip": self.skip,
            "share": self.share,
            "seed": self.seed,
            "code": self.code,
            "status": self.status,
            "seconds": self.seconds,
            "to": self.to,
            "struck": self.struck,
            "by": dict(self.by),
        }


class Faults:
    """The active faults, and how often each kind has occurred since the start."""

    def __init__(self) -> None:
        self.injections: list[Injection] = []
        self.struck: Counter[str] = Counter()
        self._numbers = count(1)

    def make(self, what: str, kinds: str | Sequence[str], **more: Any) -> Injection:
        """Create a fault without activating it. Raises NoSuchFault."""
        several = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        try:
            return Injection(what, several, **more, number=next(self._numbers))
        except TypeError as error:
            raise NoSuchFault(str(error)) from None

    def add(self, what: str, kinds: str | Sequence[str], **more: Any) -> Injection:
        """Activate a fault. Raises NoSuchFault."""
        self.injections.append(self.make(what, kinds, **more))
        return self.injections[-1]

    def off(self, numbers: Collection[int] | None = None) -> None:
        """Deactivate the faults with these numbers, or all."""
        self.injections = [
            one for one in self.injections if numbers is not None and one.number not in numbers
        ]

    def next(self, name: str, able: Collection[str]) -> Strike | None:
        """The occurrence of a fault at this call or envelope, if any; `able` are the possible kinds."""
        for injection in self.injections:
            strike = injection.strike(name, able)
            if strike is not None:
                self.injections = [one for one in self.injections if not one.is_spent]
                self.struck[f"{name}:{strike.kind}"] += 1
                return strike
        return None

    def to_json(self) -> Json:
        """GET /_faults: the possible faults, the active ones, and the counts of occurrences."""
        return {
            "to_slack": TO_SLACK,
            "to_files": TO_FILES,
            "to_app": TO_APP,
            "to_mail": TO_MAIL,
            "envelopes": list(ENVELOPES),
            "on": [injection.to_json() for injection in self.injections],
            "struck": dict(self.struck),
        }


def cut(scope: Mapping[str, Any]) -> None:
    """Close the request's connection without a response."""
    transport = scope.get("transport")
    if isinstance(transport, asyncio.Transport):
        transport.abort()
