"""E-services, officers and groups, as a municipality writes them in files."""

from bot.catalog.answers.validation import Answer, FieldProblem, ValidationResult, validate_answers
from bot.catalog.answers.values import Address, FileRef, Value, from_stored, may_pass_through_slack, to_stored
from bot.catalog.base import Text
from bot.catalog.definition import Definition, create_definition
from bot.catalog.fields import Choice, Condition, Field
from bot.catalog.files.live import LiveCatalog
from bot.catalog.files.loader import load
from bot.catalog.files.problems import CatalogError, Problem
from bot.catalog.models import Catalog
from bot.catalog.municipality import Contact, FileLimits, Municipality, Source, WorkingHours
from bot.catalog.people import Access, Grant, Group, Officer
from bot.catalog.services import AssignmentRule, EService, Notices, OpenEPlatform, Retention
from bot.catalog.statuses import Status
from bot.catalog.templates import TAGS, Template, fill_tags, find_tags

__all__ = [
    "TAGS",
    "Access",
    "Address",
    "Answer",
    "AssignmentRule",
    "Catalog",
    "CatalogError",
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
    "LiveCatalog",
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
    "ValidationResult",
    "Value",
    "WorkingHours",
    "create_definition",
    "fill_tags",
    "find_tags",
    "from_stored",
    "load",
    "may_pass_through_slack",
    "to_stored",
    "validate_answers",
]
