"""What was measured of a case and a press, and what is assumed of a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured, on the machine that docs/operations/growing.md names.

    Bytes are of the store of 10,000 cases that `bench million` fills, with all indices. CPU seconds are of the whole
    process, with what is sent and drawn after each press.
    """

    event_bytes: float
    """Of the log."""
    reading_bytes: float
    """Of a recorded reading."""
    case_bytes: float
    """Of all else: the case's rows, texts, what it is found by, its card."""
    press_seconds: float = 0.0203
    """CPU of a press, with its card and thread. A case that comes is counted as one, with its mails."""


COSTS: dict[Kind, Costs] = {
    "sqlite": Costs(event_bytes=706, reading_bytes=428, case_bytes=3_260),
    "postgresql": Costs(event_bytes=725, reading_bytes=454, case_bytes=3_820),
}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nobody has measured: a municipality that knows better says so on the command line."""

    cases_per_inhabitant: float = 0.3
    """Cases a year in e-services that come to Slack."""
    presses_per_case: float = 6.0
    """What officers do with a case, each of which draws its card anew."""
    posts_per_press: float = 0.5
    """The share of them that is posted in the case's thread."""
    batch_cases: float = 300.0
    """Cases that are changed at once on the last working day of each month at half past eight, if there are so many."""
    events_per_case: float = 8.0
    readings_per_case: float = 4.0
    mails_per_case: float = 4.0
    """Receipt, codes, messages."""
    files_per_case: float = 0.6
    file_bytes: float = 1_500_000


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to run out of."""

    disk_bytes: float = 500e9
    """For databases and files of all municipalities that share the machine."""
    cores: float = 2.0
    busy_share: float = 0.7
    """The share of the CPU over an hour beyond which presses begin to wait."""
    mails_a_minute: float = 300.0
    """What the mail server takes."""
    late_seconds: float = 600.0
    """What comes to Slack later than this is late."""
