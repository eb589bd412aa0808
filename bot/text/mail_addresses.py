"""Mail addresses: which are accepted, and which of them lead to the same mailbox."""

from __future__ import annotations

import re
import string
import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

_COPIED = re.compile(r"(?:(?P<name>[^<>]*)<)? ?(?:mailto:)?(?P<address>[^<>]*)>?", re.IGNORECASE)
_SURROUNDING = " ,;.'\"\u2018\u2019\u201c\u201d\u201e"
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class NotAnAddress(ValueError):
    """The text is not a mail address."""


class LookAlike(NotAnAddress):
    """A character before the @ is a compatibility form of another (ſ of s): the address is not what it looks like."""

    def __init__(self, sign: str) -> None:
        super().__init__(f"{sign} is not the letter that it looks like")
        self.sign = sign


def read_address(written: str) -> str:
    """The address in NFC, with its domain in letters (U-labels). Raises NotAnAddress, and LookAlike, which is one."""
    try:
        address = validate_email(written, check_deliverability=False).normalized
    except EmailNotValidError as wrong:
        raise NotAnAddress(str(wrong)) from None
    local, _, _ = address.rpartition("@")
    for sign in local:
        if unicodedata.normalize("NFKC", sign) != sign:
            raise LookAlike(sign)
    return address


def copied_address(typed: str) -> str:
    """The address without what is often copied along with it: `Eva Ek <eva@exempel.se>`, `mailto:`, quotes, full stops.

    With two addresses in it, the text is returned as it was typed.
    """
    found = _COPIED.fullmatch(typed.strip(" ,;"))
    if found is None:
        return typed
    address = found["address"].strip(_SURROUNDING)
    name = (found["name"] or "").strip(_SURROUNDING)
    return typed if "@" in name and name != address else address


def mailbox_of(address: str) -> str:
    """A key for the mailbox: equal for two addresses only where the mail system delivers them to the same mailbox.

    It is the local part with A to Z in lower case, since mail servers ignore their case, and the domain as in
    `envelope`. Other characters that Unicode folds (ſ and s, ß and ss) lead to different mailboxes.
    """
    local, _, domain = address.strip().rpartition("@")
    try:
        domain = ascii_domain(domain)
    except ValueError:  # not a domain, so no mail goes there
        domain = domain.translate(_LOWER)
    return f"{local.translate(_LOWER)}@{domain}"


def envelope(address: str) -> str:
    """The address as the mail system writes it: the local part as it is, the domain in ASCII. Raises NotAnAddress."""
    local, _, domain = address.strip().rpartition("@")
    if not (local and domain) or any(sign in address for sign in "\r\n<>"):
        raise NotAnAddress("lacks a part, or has a sign that ends an address")
    return f"{local}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """The domain in A-labels (IDNA 2008, RFC 5891), lower case. Raises NotAnAddress where it has none."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise NotAnAddress("has no such domain") from None
