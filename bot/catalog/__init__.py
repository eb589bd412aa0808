"""E-services, officers and groups, as a municipality writes them in files."""

from bot.catalog.base import Text
from bot.catalog.fields import Choice, Condition, Field
from bot.catalog.loader import load
from bot.catalog.models import Catalog
from bot.catalog.municipality import Contact, FileLimits, Municipality, Source, WorkingHours
from bot.catalog.people import Access, Grant, Group, Officer
from bot.catalog.problems import CatalogError, Problem
from bot.catalog.services import AssignmentRule, EService, Notices, OpenEPlatform, Retention
from bot.catalog.statuses import Status
from bot.catalog.templates import TAGS, Template, fill, tags_in

__all__ = [
    "TAGS",
    "Access",
    "AssignmentRule",
    "Catalog",
    "CatalogError",
    "Choice",
    "Condition",
    "Contact",
    "EService",
    "Field",
    "FileLimits",
    "Grant",
    "Group",
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
    "WorkingHours",
    "fill",
    "load",
    "tags_in",
]
