"""Which internal e-services an employee fills in in Slack, and which on the web."""

from __future__ import annotations

from bot.catalog.fields import Field
from bot.catalog.services import EService
from bot.domain.stepwise_editing import KINDS, MAX_CHOICES

MAX_QUESTIONS = 10
"""Questions of a form that is filled in in a dialog; larger ones are easier to survey on the page."""


def fits_slack(service: EService) -> bool:
    """Whether the e-service is an internal one whose whole form may be answered in one dialog in Slack."""
    questions = [one for one in service.fields if one.kind != "info"]
    return (
        service.audience == "internal"
        and service.is_published
        and not service.strict
        and 0 < len(questions) <= MAX_QUESTIONS
        and all(map(_is_for_slack, questions))
    )


def _is_for_slack(field: Field) -> bool:
    return field.in_slack and field.kind in KINDS and len(field.choices) <= MAX_CHOICES
