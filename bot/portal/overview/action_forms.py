"""The forms of actions on many cases on the web: their addresses, and how they are filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.lists.batches import ActionKind
from bot.portal.forms.posted_form import FieldValues
from bot.portal.forms.retained_uploads import RetainedFile


@dataclass
class FilledAction:
    """A filled-in form of an action with its files, and what is wrong with it by field."""

    values: FieldValues = field(default_factory=FieldValues)
    retained: Sequence[RetainedFile] = ()
    problems: dict[str, str] = field(default_factory=dict)
    alert: str = ""


KIND_OF_PATH: Mapping[str, ActionKind] = {
    "ta": "take",
    "lamna": "release",
    "status": "status",
    "handlaggare": "assign",
    "farg": "colour",
    "flagga": "flag",
    "utskick": "mailing",
    "exportera": "export",
    "akter": "casefiles",
}
"""The kind of action, by the last part of its address."""

PATH_OF_KIND: Mapping[ActionKind, str] = {kind: path for path, kind in KIND_OF_PATH.items()}
