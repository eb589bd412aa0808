"""The fields of the forms of actions on many cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["text", "radio", "menu", "check", "day", "time", "assignees", "template", "files"]


@dataclass(frozen=True, slots=True)
class FieldOption:
    """A value that can be chosen; `help` says more about it, `mark` names its colour."""

    value: str
    label: str
    help: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form. `max_length` is in characters, 0 where nothing is typed; a check has the value "1".

    `initial` is the option that is chosen, or the text that is in it, at first; None where one must choose.
    """

    name: str
    kind: FieldKind
    label: str
    help: str = ""
    is_required: bool = False
    max_length: int = 0
    options: tuple[FieldOption, ...] = ()
    initial: str | None = None
    is_free_text: bool = False
    """Whether an officer may write anything in it, and so about the people in a case."""

    @property
    def can_be_left_out(self) -> bool:
        """Whether it is called optional: what always has a choice, as a menu with one preset, is not left out."""
        return not self.is_required and self.kind not in ("menu", "radio")


def free_text(name: str, label: str, most: int, help: str = "") -> FormField:
    """A field in which an officer may write anything, of `most` characters."""
    return FormField(name, "text", label, help, max_length=most, is_free_text=True)
