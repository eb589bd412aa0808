"""What is wrong with a setting, and what the setting is to look like, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.text import Words, words

EXAMPLES = {
    "slack_api_url": "https://slack.com/api/",
    "files_s3_bucket": "arendebot-filer",
    "files_s3_endpoint": "https://s3.kommunen.se",
    "files_s3_region": "eu-north-1",
    "files_s3_prefix": "arendebot/",
    "public_url": "https://arenden.kommunen.se",
    "host": "127.0.0.1",
    "port": "8000",
    "low_disk_mb": "1024",
    "backup_time": "03:45",
    "backup_daily": "7",
    "backup_weekly": "5",
    "backup_monthly": "3",
}
"""What settings look like that look the same in every language; the others' examples are worded."""

ERROR_KEYS = {
    "missing": "setting.missing",
    "too_short": "setting.short",
    "string_too_short": "setting.missing",
    "int_parsing": "setting.no_number",
    "greater_than_equal": "setting.small",
    "less_than_equal": "setting.large",
    "time_parsing": "setting.no_time",
}
"""The texts for pydantic's types of error, whose own messages are written for programmers."""


@dataclass(frozen=True)
class SettingFault:
    """What is wrong with a setting (none is named where it is with several together): a text's key and its facts."""

    key: str
    name: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, say: Words) -> str:
        """A sentence, with what the setting is to look like."""
        text = say(self.key, **self.facts)
        if not self.name:
            return text
        return say(
            "setting.wrong", setting=self.name.upper(), what=text, example=setting_example(self.name, say)
        )


class InvalidSettings(Exception):
    """Settings are missing or invalid. The text names each, and what it should look like."""

    def __init__(self, *faults: SettingFault) -> None:
        super().__init__(*faults)
        self.faults = faults

    def in_words(self, say: Words) -> str:
        """A line for each fault."""
        return "\n".join(fault.in_words(say) for fault in self.faults)

    def __str__(self) -> str:
        return self.in_words(words("en"))


def setting_example(name: str, say: Words) -> str:
    """What the setting looks like."""
    return EXAMPLES.get(name) or say(f"setting.example.{name}")


@contextmanager
def as_fault(key: str) -> Iterator[None]:
    """Raise a ValueError with the text's key for what a parser says of the value."""
    try:
        yield
    except ValueError:
        raise ValueError(key) from None


def fault_of(problem: Any) -> SettingFault:
    """The fault for one of pydantic's errors: its own text, or that of a validator, which raises the text's key."""
    own = str(problem["msg"]).removeprefix("Value error, ") if problem["type"] == "value_error" else ""
    name = str(problem["loc"][0]).lower() if problem["loc"] else ""  # none: of several settings together
    return SettingFault(own or ERROR_KEYS.get(problem["type"], "setting.unfit"), name)
