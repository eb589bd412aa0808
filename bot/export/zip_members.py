"""Members of the zip files that are given out, each with the time of its document."""

from __future__ import annotations

import zipfile
from datetime import datetime

from bot.text.working_days import local_time


def dated_member(name: str, at: datetime) -> zipfile.ZipInfo:
    """A member to be compressed, dated `at`, an aware time: a zip file holds the local time, in which people read it.

    Python dates a member that it opens by name to 1980, and a text by the clock of the machine.
    """
    member = zipfile.ZipInfo(name, local_time(at).timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
