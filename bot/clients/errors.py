"""How a call to an external system can fail."""

from __future__ import annotations

from collections.abc import Mapping


class PermanentFailure(Exception):
    """Trying again does not help. `trouble` is a short key such as `not_in_channel`, never data of a case."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class TemporaryFailure(Exception):
    """The same call may succeed later.

    `retry_after` is in seconds, where the other system gave it; `may_have_succeeded` means that the call may have had
    its effect; `is_outage` that the whole system does not respond, so that other calls to it will fail as well.
    `method` is the one that was rate limited.
    """

    def __init__(
        self,
        trouble: str,
        *,
        retry_after: float | None = None,
        may_have_succeeded: bool = False,
        is_outage: bool = False,
        method: str = "",
    ) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.retry_after = retry_after
        self.may_have_succeeded = may_have_succeeded
        self.is_outage = is_outage
        self.method = method


def retry_after(headers: Mapping[str, str] | None) -> float:
    """The seconds in the Retry-After header; 1 where there is none."""
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after" and value.isdigit():
            return max(1.0, float(value))
    return 1.0
