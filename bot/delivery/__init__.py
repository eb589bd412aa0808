"""Delivery of the outbox: the worker, and a module for each destination."""

from bot.delivery.destinations import Clients
from bot.delivery.worker import Worker

__all__ = ["Clients", "Worker"]
