"""Values of buttons and menu options: typed, and encoded and decoded only here. They hold ids only.

A value is encoded as `v2/KIND/FIELD/…`. It remains in Slack as long as its message does, so all earlier encodings are
still decoded. A value of version 1 does not say its kind, which followed from its action:

| kind         | version 2                    | version 1                                                       |
|--------------|------------------------------|-----------------------------------------------------------------|
| `CaseRef`    | `v2/case/ID/SEQ`             | `ID:SEQ` on cards and in modals, `ID` in notices and answers    |
| `CaseInList` | `v2/listed/ID/LIST/PLACE/OF` | `ID@LIST:PLACE:OF` in lists                                     |
| `MenuChoice` | `v2/menu/ACTION/ID/SEQ`      | `ACTION:ID:SEQ` in menus and questions; SEQ 0 in reminders      |
| `PageNumber` | `v2/page/NUMBER`             | `NUMBER` on buttons that turn pages                             |
| `DraftRef`   | `v2/draft/ID`                | `ID` on buttons that go on with what was written                |
| `NoteRef`    | `v2/note/ID`                 | `ID` on the button to a note's versions                         |
| `NoteAsSeen` | `v2/noteseen/ID/SEQ`         | never written                                                   |
| `BatchRef`   | `v2/batch/ID`                | never written                                                   |
| `ListRef`    | `v2/list/NAME/ID`            | never written                                                   |
| `ViewRef`    | `v2/view/ID`                 | never written                                                   |

Values of form fields (a status, a colour, `officer:KEY`) belong to their form and are not decoded here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any, TypeVar

from bot.domain.case import Case
from bot.domain.views import ListPosition

EACH_BLOCK = "each:"
"""The prefix of the block_id of a row whose question remains for the other rows to be pressed too."""

VERSION = "v2"
_SEPARATOR = "/"
_WORD = re.compile(r"[A-Za-z0-9_-]{0,64}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


class InvalidValue(ValueError):
    """The value is in no known encoding, or not of the kind that its action expects. The text does not hold it."""


@dataclass(frozen=True, slots=True)
class _Value:
    def __post_init__(self) -> None:
        """Raise InvalidValue for what could not be decoded. Ids hold letters, digits, _ and -; numbers, nine digits."""
        for one in fields(self):
            content = getattr(self, one.name)
            pattern = _NUMBER if isinstance(content, int) else _WORD
            if not pattern.fullmatch(str(content)) or (content == "" and one.name not in _OPTIONAL_FIELDS):
                raise InvalidValue(f"no {one.name}")


@dataclass(frozen=True, slots=True)
class CaseRef(_Value):
    """A case, and the version of it that the button was rendered from; 0 where that does not matter."""

    case_id: str
    seq: int = 0


@dataclass(frozen=True, slots=True)
class CaseInList(_Value):
    """A case of a list, and its place in the list; see `ListPosition`."""

    case_id: str
    list_name: str
    place: int = 0
    list_id: str = ""

    @classmethod
    def at(cls, case_id: str, position: ListPosition) -> CaseInList:
        return cls(case_id, position.name, position.place, position.id)

    @property
    def seq(self) -> int:
        """0, as for a `CaseRef` without version: lists do not hold versions."""
        return 0

    @property
    def position(self) -> ListPosition:
        return ListPosition(self.list_name, self.place, self.list_id)


@dataclass(frozen=True, slots=True)
class MenuChoice(_Value):
    """An action on a case, or a value to set in it: a menu or a question has one action_id for all its options."""

    action: str
    case_id: str
    seq: int = 0


@dataclass(frozen=True, slots=True)
class PageNumber(_Value):
    """The number of a page, from 0."""

    number: int


@dataclass(frozen=True, slots=True)
class DraftRef(_Value):
    """An officer's draft."""

    draft_id: str


@dataclass(frozen=True, slots=True)
class NoteRef(_Value):
    """A note of a case."""

    note_id: str


@dataclass(frozen=True, slots=True)
class NoteAsSeen(_Value):
    """A note of a case, and the version of the case that the person saw it in."""

    note_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class BatchRef(_Value):
    """An officer's batch."""

    batch_id: str


@dataclass(frozen=True, slots=True)
class ListRef(_Value):
    """A list that an officer is shown: one that every officer has, or the open list with that id."""

    list_name: str
    list_id: str = ""


@dataclass(frozen=True, slots=True)
class ViewRef(_Value):
    """An officer's saved view."""

    view_id: str


_OPTIONAL_FIELDS = frozenset({"list_id"})
_KINDS: Mapping[str, type[_Value]] = {
    "case": CaseRef,
    "listed": CaseInList,
    "menu": MenuChoice,
    "page": PageNumber,
    "draft": DraftRef,
    "note": NoteRef,
    "noteseen": NoteAsSeen,
    "batch": BatchRef,
    "list": ListRef,
    "view": ViewRef,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}

V = TypeVar("V", bound=_Value)


def case_value(case: Case) -> str:
    """The encoded case with its version."""
    return encode(CaseRef(case.id, case.seq))


def encode(value: _Value) -> str:
    """The encoded value; at most 150 characters, which is Slack's limit for an option."""
    return _SEPARATOR.join((VERSION, _NAMES[type(value)], *(str(one) for one in astuple(value))))


def decode(text: str, kind: type[V]) -> V:
    """The value of that kind, from any version of the encoding. Raises InvalidValue."""
    if not _is_version_2(text):
        if kind not in _VERSION_1:
            raise InvalidValue("of another kind")
        return kind(*_VERSION_1[kind](text))
    _, name, *parts = text.split(_SEPARATOR)
    if name != _NAMES[kind] or len(parts) != len(fields(kind)):
        raise InvalidValue("of another kind")
    return kind(*(_parse(part, one.type) for part, one in zip(parts, fields(kind), strict=True)))


def decode_case(text: str) -> CaseRef | CaseInList | MenuChoice:
    """The case of a button, as any of the three kinds that name one. Raises InvalidValue."""
    if _is_version_2(text):
        name = text.split(_SEPARATOR)[1]
    elif "@" in text:
        name = "listed"
    else:
        name = "menu" if text.count(":") == 2 else "case"
    if name == "listed":
        return decode(text, CaseInList)
    return decode(text, MenuChoice) if name == "menu" else decode(text, CaseRef)


def _is_version_2(text: str) -> bool:
    return text.startswith(f"{VERSION}{_SEPARATOR}")


def _parse(part: str, annotation: Any) -> str | int:
    return _number(part) if annotation in (int, "int") else part


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidValue("no number")
    return int(text)


def _parse_case_1(text: str) -> tuple[Any, ...]:
    case_id, colon, seq = text.partition(":")
    return case_id, _number(seq) if colon else 0


def _parse_listed_1(text: str) -> tuple[Any, ...]:
    case_id, _, rest = text.partition("@")
    name, place, list_id = (*rest.split(":", 2), "0", "")[:3]
    return case_id, name, _number(place or "0"), list_id


def _parse_menu_1(text: str) -> tuple[Any, ...]:
    action, _, rest = text.partition(":")
    return action, *_parse_case_1(rest)


_VERSION_1: Mapping[type[_Value], Callable[[str], tuple[Any, ...]]] = {
    CaseRef: _parse_case_1,
    CaseInList: _parse_listed_1,
    MenuChoice: _parse_menu_1,
    PageNumber: lambda text: (_number(text),),
    DraftRef: lambda text: (text,),
    NoteRef: lambda text: (text,),
}
