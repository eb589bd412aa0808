"""How a call to an outside system can fail."""

from __future__ import annotations

from collections.abc import Mapping


class Permanent(Exception):
    """It cannot succeed as things are. `trouble` is a short key such as `not_in_channel`, never a value."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class Temporary(Exception):
    """It may succeed later.

    `retry_after` is in seconds, where the other side said; `uncertain` means that the call may have had its effect;
    `wide` that the other side as a whole does not answer, so that others sent there will fail as well.
    `method` is the call that was too fast for the other side's pace.
    """

    def __init__(
        self,
        trouble: str,
        *,
        retry_after: float | None = None,
        uncertain: bool = False,
        wide: bool = False,
        method: str = "",
    ) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.wide = wide
        self.method = method


def retry_after(headers: Mapping[str, str] | None) -> float:
    """How many seconds the other side asks us to wait; one where it does not say."""
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after" and value.isdigit():
            return max(1.0, float(value))
    return 1.0
