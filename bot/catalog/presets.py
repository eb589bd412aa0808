"""Presets: messages that open filled in, with the status that is to follow them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field as Given

from bot.catalog.base import Key, Model

PresetName = Literal["completion", "decision", "delay", "refusal"]
"""Begär komplettering, Avsluta med beslut, Underrätta om försening and Avslå begäran; each is its message's kind."""

DAYS_TO_COMPLETE = 15


class DecisionPreset(Model):
    """What the message with a decision is filled in with. What is left out, the e-service finds by its kind."""

    status: Key | None = None
    """The key of the status that follows."""
    template: Key | None = None
    """The key of the template."""


class CompletionPreset(DecisionPreset):
    """What the request for completion is filled in with, and its working days to answer."""

    working_days: int = Given(default=DAYS_TO_COMPLETE, ge=1, le=250)
    """Working days that the applicant has to answer."""


class DelayPreset(Model):
    """What the message about a delay is filled in with; no status follows it."""

    template: Key | None = Given(default=None, examples=["drojsmal"])
    """The key of the template."""

    @property
    def status(self) -> None:
        return None


class RefusalPreset(DelayPreset):
    """What the refusal of a request for a decision is filled in with; no status follows it."""

    template: Key | None = Given(default=None, examples=["avslag_begaran"])
    """The key of the template."""


class Presets(Model):
    """What the two commonest messages are filled in with."""

    completion: CompletionPreset = CompletionPreset()
    """*Begär komplettering*."""
    decision: DecisionPreset = DecisionPreset()
    """*Avsluta med beslut*."""
    delay: DelayPreset = DelayPreset()
    """*Skriv om dröjsmål*."""
    refusal: RefusalPreset = RefusalPreset()
    """*Avslå begäran*, where the applicant has asked for a decision."""

    def get(self, name: PresetName) -> DecisionPreset | DelayPreset:
        by_name: dict[PresetName, DecisionPreset | DelayPreset] = {
            "completion": self.completion,
            "decision": self.decision,
            "delay": self.delay,
            "refusal": self.refusal,
        }
        return by_name[name]
