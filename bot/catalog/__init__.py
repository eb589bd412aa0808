"""E-services, officers and groups, as a municipality writes them in files."""

from bot.catalog.answers import Answer, Checked, FieldProblem, check
from bot.catalog.base import Text
from bot.catalog.definition import Definition, definition_of
from bot.catalog.fields import Choice, Condition, Field
from bot.catalog.holder import Live
from bot.catalog.loader import load
from bot.catalog.models import Catalog
from bot.catalog.municipality import Contact, FileLimits, Municipality, Source, WorkingHours
from bot.catalog.people import Access, Grant, Group, Officer
from bot.catalog.problems import CatalogError, Problem
from bot.catalog.services import AssignmentRule, EService, Notices, OpenEPlatform, Retention
from bot.catalog.statuses import Status
from bot.catalog.templates import TAGS, Template, fill, tags_in
from bot.catalog.values import Address, FileRef, Value, from_stored, may_pass_through_slack, to_stored

__all__ = [
    "TAGS",
    "Access",
    "Address",
    "Answer",
    "AssignmentRule",
    "Catalog",
    "CatalogError",
    "Checked",
    "Choice",
    "Condition",
    "Contact",
    "Definition",
    "EService",
    "Field",
    "FieldProblem",
    "FileLimits",
    "FileRef",
    "Grant",
    "Group",
    "Live",
    "Municipality",
    "Notices",
    "Officer",
    "OpenEPlatform",
    "Problem",
    "Retention",
    "Source",
    "Status",
    "Template",
    "Text",
    "Value",
    "WorkingHours",
    "check",
    "definition_of",
    "fill",
    "from_stored",
    "load",
    "may_pass_through_slack",
    "tags_in",
    "to_stored",
]
