"""How a call to an outside system can fail."""

from __future__ import annotations

from collections.abc import Mapping


class PermanentFailure(Exception):
    """It cannot succeed as things are. `trouble` is a short key such as `not_in_channel`, never a value."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class TemporaryFailure(Exception):
    """It may succeed later.

    `retry_after` is in seconds, where the other side said; `may_have_succeeded` means that the call may have had its
    effect; `is_outage` that the other side as a whole does not answer, so that others sent there will fail as well.
    `method` is the call that was too fast for the other side's pace.
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
    """How many seconds the other side asks us to wait; one where it does not say."""
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after" and value.isdigit():
            return max(1.0, float(value))
    return 1.0
